import io
import os

import numpy as np
import pytest
import soundfile

from pngnat.audio.formats import FORMATS
from pngnat.audio.sound_writer import sound_stream, sound_writer
from pngnat.errors import PngnatError


def test_blocks_add_up(tmp_path):
    blocks = [np.full(size, value, np.float32) for size, value in ((100, 0.1), (0, 0), (200_000, -0.2), (1, 0.5))]
    with sound_writer(tmp_path / "a.wav", 16000) as append:
        for block in blocks:
            append(block)
        assert not (tmp_path / "a.wav").exists()
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == 16000 and np.allclose(samples, np.concatenate(blocks), atol=1e-4)


def test_loud_samples_are_clipped(tmp_path):
    with sound_writer(tmp_path / "a.wav", 16000) as append:
        append(np.array([2.0, -2.0], np.float32))
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert np.allclose(samples, [1, -1], atol=1e-4)


def test_error_keeps_the_existing_file(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), sound_writer(tmp_path / "a.wav", 16000) as append:
        append(np.zeros(1000, np.float32))
        raise KeyboardInterrupt
    assert (tmp_path / "a.wav").read_bytes() == b"before" and os.listdir(tmp_path) == ["a.wav"]


def test_error_inside_the_block_is_not_replaced(tmp_path):
    with pytest.raises(BrokenPipeError), sound_writer(tmp_path / "a.ogg", 16000):
        raise BrokenPipeError
    assert os.listdir(tmp_path) == []


def test_unknown_ending(tmp_path):
    with pytest.raises(PngnatError, match="mp3"), sound_writer(tmp_path / "a.aac", 16000):
        pass


def test_a_rate_that_the_format_does_not_know(tmp_path):
    with pytest.raises(PngnatError, match="and the sound has 22050"), sound_writer(tmp_path / "a.opus", 22050):
        pass
    assert os.listdir(tmp_path) == []


def tone(seconds: float) -> np.ndarray:
    return 0.5 * np.sin(np.arange(int(24000 * seconds)) * 0.1).astype(np.float32)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_stream_is_a_file_that_is_handed_over_as_it_is_made(ending):
    parts: list[bytes] = []
    with sound_stream(parts.append, ending, 24000, {"comment": "data, synthetic"}) as append:
        for start in range(0, 240_000, 24_000):
            append(tone(10)[start : start + 24_000])
        before_the_end = len(b"".join(parts))
    data = b"".join(parts)
    assert before_the_end > len(data) / 2
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert file.comment == "data, synthetic" and file.samplerate == 24000
        assert ending == ".flac" or 0 <= file.frames - 240_000 < 2400
        samples = file.read(239_000, dtype="float32")
    expected = tone(10)[:239_000]
    if ending == ".mp3":  # without the last word of its header, nobody knows what the encoder put before the sound
        start = int(np.argmax(samples > 0.1))
        samples, expected = abs(np.fft.rfft(samples[start:][:200_000])), abs(np.fft.rfft(expected[:200_000]))
        assert (
            start < 2400
            and samples.argmax() == expected.argmax()
            and samples.max() == pytest.approx(expected.max(), rel=0.05)
        )
    else:
        np.testing.assert_allclose(samples, expected, atol=1e-4 if ending in (".wav", ".flac") else 0.05)


def test_a_wav_stream_says_in_its_header_that_it_goes_on_to_the_end():
    parts: list[bytes] = []
    with sound_stream(parts.append, ".wav", 24000) as append:
        append(tone(1))
    data = b"".join(parts)
    place = data.index(b"data")
    assert data[4:8] == data[place + 4 : place + 8] == b"\xff" * 4 and len(data) == place + 8 + 2 * 24000


@pytest.mark.parametrize("ending", FORMATS)
def test_whoever_reads_a_stream_may_leave(ending, capfd):
    def gone(_: bytes) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError), sound_stream(gone, ending, 24000) as append:
        append(tone(10))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("ending", "kilobits"), [(".mp3", 64), (".opus", 48)])
def test_bit_rates(ending, kilobits):
    parts: list[bytes] = []
    noise = np.random.default_rng(0).normal(0, 0.1, 240_000)
    with sound_stream(parts.append, ending, 24000) as append:
        append(noise)
    assert len(b"".join(parts)) * 8 / 10 / 1000 == pytest.approx(kilobits, rel=0.1)
