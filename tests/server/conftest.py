"""A server with the stub voice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
for _needed in ("fastapi", "uvicorn", "wyoming"):
    pytest.importorskip(_needed)


@pytest.fixture(scope="module")
def voice(stub_voice):
    """The stub voice, with the engine that a server takes by itself."""
    from pngnat.engine.loading import load_voice

    return load_voice(stub_voice)


@pytest.fixture(scope="session")
def server(stub_voice, loopback):
    """One that all tests may use that leave it as it was."""
    if not loopback:
        pytest.skip("no loopback")
    from serving import running

    with running(voices=(str(stub_voice),)) as one:
        yield one
