"""What tests share: a stub voice, and what it says."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the processors: threads of their own would only wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Times on a machine that is busy with a training say nothing about the code.
settings.register_profile("explore", deadline=None)
# The same examples each time: whether a change may come in does not hang on what another one did not look at.
settings.register_profile("pngnat", settings.get_profile("explore"), derandomize=True)
settings.load_profile("pngnat")

sys.path.insert(0, str(Path(__file__).parent / "support"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skip", action="store_true", help="fail where a test would be skipped")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Turn a skip into a failure under `--no-skip`, for the job that installs all that the tests need."""
    report = (yield).get_result()
    if report.skipped and item.config.getoption("--no-skip"):
        report.outcome = "failed"
        report.longrepr = f"skipped under --no-skip: {report.longrepr[2] if isinstance(report.longrepr, tuple) else ''}"


def pytest_terminal_summary(terminalreporter) -> None:
    """Count the skipped tests by reason, so that a missing program does not pass for a green test."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {count}: {reason}")


@pytest.fixture(scope="session")
def stub_voice(tmp_path_factory) -> Path:
    """The folder of a voice with tiny random weights: speakers ada (default) and bob, and a professional, pro."""
    from stub_voice import make_stub_voice

    return make_stub_voice(tmp_path_factory.mktemp("voices") / "stub", professional=True)


@pytest.fixture(scope="session")
def exported_voice(stub_voice, tmp_path_factory) -> Path:
    """The stub voice with its ONNX graphs, which speak exactly as PyTorch does."""
    from pngnat.voice.graphs.export import export_graphs

    folder = shutil.copytree(stub_voice, tmp_path_factory.mktemp("exported") / "stub")
    export_graphs(folder, int8=False)
    return folder


@pytest.fixture(scope="module", params=["torch", "onnx"])
def voice(stub_voice, exported_voice, request):
    """The stub voice, loaded by either engine."""
    from pngnat.engine.loading import load_voice

    return load_voice(exported_voice, engine=request.param)


@pytest.fixture(scope="module")
def speech(voice):
    """What it says of `speaking.TEXT`."""
    from speaking import TEXT

    import pngnat

    return pngnat.synthesize(TEXT, voice)


@pytest.fixture(scope="session")
def loopback() -> bool:
    """Whether processes of this machine can talk to each other; a sandbox with no network at all may not have even
    that."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        try:
            socket.create_connection(server.getsockname(), timeout=5).close()
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def toy_corpus(tmp_path_factory):
    """Recordings of beeps, aligned (a `toy_corpus.ToyCorpus`)."""
    from toy_corpus import make_toy_corpus

    return make_toy_corpus(tmp_path_factory.mktemp("toy"))
