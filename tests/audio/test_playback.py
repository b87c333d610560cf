import os
import sys

import numpy as np
import pytest

from pngnat.audio import playback
from pngnat.errors import PngnatError


@pytest.fixture
def no_device(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)


def program(folder, monkeypatch, body: str) -> None:
    """Puts a player, `aplay`, where programs are looked for; nothing else is there."""
    script = folder / "aplay"
    script.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_sixteen_bits():
    assert np.frombuffer(playback.to_pcm(np.array([0.0, 1.0, -1.0, 2.0, 0.5])), "<i2").tolist() == [
        0,
        32767,
        -32767,
        32767,
        16384,
    ]


def test_a_program_hears_all(no_device, tmp_path, monkeypatch):
    program(
        tmp_path,
        monkeypatch,
        f"open({str(tmp_path / 'heard')!r}, 'wb').write(sys.stdin.buffer.read()); print(sys.argv, file=sys.stderr)",
    )
    with playback.player(24000) as append:
        append(np.zeros(100, np.float32))
        append(np.ones(50, np.float32))
    assert (tmp_path / "heard").read_bytes() == b"\0" * 200 + b"\xff\x7f" * 50


def test_no_player_is_one_clear_error(no_device, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PngnatError, match=r"sounddevice.*aplay.*-o FILE"), playback.player(24000):
        pass


def test_a_player_that_fails(no_device, tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "sys.exit(3)")
    with pytest.raises(PngnatError, match="aplay"), playback.player(24000) as append:
        for _ in range(100):
            append(np.zeros(100_000, np.float32))


def test_an_error_ends_the_player(no_device, tmp_path, monkeypatch):
    program(
        tmp_path,
        monkeypatch,
        f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)",
    )
    with pytest.raises(KeyboardInterrupt), playback.player(24000):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            pass
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
