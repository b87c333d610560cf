"""A server with the stub voice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pngnat

sys.path.insert(0, str(Path(__file__).parent))
for _needed in ("fastapi", "uvicorn", "wyoming"):
    pytest.importorskip(_needed)


@pytest.fixture(scope="module")
def voice(stub_voice):
    """The stub voice, with a server's default engine."""
    from pngnat.engine.loading import load_voice

    return load_voice(stub_voice)


@pytest.fixture(scope="session")
def server(stub_voice, loopback):
    """A server for all tests that do not change it."""
    if not loopback:
        pytest.skip("no loopback")
    from serving import running

    with running(voices=(str(stub_voice),)) as one:
        yield one


def played(log: str) -> int:
    """Return the number of samples that speech-dispatcher has received from the module, from its log."""
    return sum(int(line.rsplit(" ", 1)[1]) for line in log.splitlines() if "Got audio parameter num_samples" in line)


@pytest.fixture
def speech_dispatcher_itself(stub_voice, tmp_path):
    """speech-dispatcher with the module and without sound: the environment for its clients, and a function that counts
    the played samples."""
    from serving import eventually

    if not (shutil.which("speech-dispatcher") and shutil.which("spd-say")):
        pytest.skip("speech-dispatcher is not installed")
    for folder in ("modules", "log", "home"):
        (tmp_path / folder).mkdir()
    (tmp_path / "home/.libao").write_text("default_driver=null\n")
    (tmp_path / "modules/pngnat.conf").write_text(f'PngnatVoice "{stub_voice}"\n')
    program = tmp_path / "sd_pngnat"
    code = "import sys; from pngnat.cli.speech_dispatcher import module_main; sys.exit(module_main())"
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={Path(pngnat.__file__).parents[1]} exec {sys.executable} -c '{code}' \"$@\"\n"
    )
    program.chmod(0o755)
    lines = ["LogLevel 5", f'LogDir "{tmp_path}/log"', 'AudioOutputMethod "libao"', "DefaultModule pngnat"]
    lines.append(f'AddModule "pngnat" "{program}" "pngnat.conf" "pngnat.log"')
    (tmp_path / "speechd.conf").write_text("\n".join(lines) + "\n")
    socket_path = tmp_path / "socket"
    environment = os.environ | {"HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path / "home")}
    places = ["-C", tmp_path, "-P", tmp_path / "pid", "-L", tmp_path / "log", "-S", socket_path]
    command = ["speech-dispatcher", "-s", "-c", "unix_socket", "-t", "0", *map(str, places)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        assert eventually(socket_path.exists, 60)
        log = tmp_path / "log/speech-dispatcher.log"
        yield (
            environment | {"SPEECHD_ADDRESS": f"unix_socket:{socket_path}"},
            lambda: played(log.read_text(errors="replace")),
        )
        server.send_signal(signal.SIGTERM)
        server.wait(20)
