import os

import numpy as np
import pytest
import soundfile

from pngnat.audio.sound_writer import sound_writer
from pngnat.errors import PngnatError


def test_blocks_add_up(tmp_path):
    blocks = [np.full(size, value, np.float32) for size, value in ((100, 0.1), (0, 0), (200_000, -0.2), (1, 0.5))]
    with sound_writer(tmp_path / "a.wav", 16000) as append:
        for block in blocks:
            append(block)
        assert not (tmp_path / "a.wav").exists()
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == 16000 and np.allclose(samples, np.concatenate(blocks), atol=1e-4)


def test_what_is_too_loud_is_clipped(tmp_path):
    with sound_writer(tmp_path / "a.wav", 16000) as append:
        append(np.array([2.0, -2.0], np.float32))
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert np.allclose(samples, [1, -1], atol=1e-4)


def test_an_error_leaves_what_was_there(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), sound_writer(tmp_path / "a.wav", 16000) as append:
        append(np.zeros(1000, np.float32))
        raise KeyboardInterrupt
    assert (tmp_path / "a.wav").read_bytes() == b"before" and os.listdir(tmp_path) == ["a.wav"]


def test_an_error_of_the_block_stays_what_it_is(tmp_path):
    with pytest.raises(BrokenPipeError), sound_writer(tmp_path / "a.ogg", 16000):
        raise BrokenPipeError
    assert os.listdir(tmp_path) == []


def test_unknown_ending(tmp_path):
    with pytest.raises(PngnatError, match="mp3"), sound_writer(tmp_path / "a.mp3", 16000):
        pass
