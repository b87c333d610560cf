import os

import numpy as np
import pytest
import soundfile

from pngnat.audio import wav
from pngnat.audio.formats import FORMATS
from pngnat.errors import PngnatError

RATE = 24000


def tone(rate: int, seconds: float = 0.5, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize("source_rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_any_rate_becomes_the_wanted_one(tmp_path, source_rate):
    soundfile.write(tmp_path / "a.wav", tone(source_rate), source_rate)
    samples = wav.read(tmp_path / "a.wav", RATE)
    assert samples.dtype == np.float32 and samples.shape == (RATE // 2,)
    inner = slice(1000, -1000)  # the filter rings where the tone is cut off
    np.testing.assert_allclose(samples[inner], tone(RATE)[inner], atol=2e-3)


@pytest.mark.parametrize(("name", "subtype", "tolerance"), [
    ("a.wav", "PCM_U8", 1 / 128), ("a.wav", "PCM_24", 1e-6), ("a.wav", "FLOAT", 0),
    ("a.flac", "PCM_16", 1e-4), ("a.ogg", "VORBIS", 0.05),
])  # fmt: skip
def test_formats_and_depths(tmp_path, name, subtype, tolerance):
    soundfile.write(tmp_path / name, tone(RATE), RATE, subtype=subtype)
    np.testing.assert_allclose(wav.read(tmp_path / name, RATE), tone(RATE), atol=tolerance)


def test_opus_is_read(tmp_path):
    if "OPUS" not in soundfile.available_subtypes("OGG"):
        pytest.skip("this libsndfile has no Opus")
    soundfile.write(tmp_path / "a.ogg", tone(RATE), RATE, format="OGG", subtype="OPUS")
    samples = wav.read(tmp_path / "a.ogg", RATE)
    inner = slice(2000, 10000)
    assert np.corrcoef(samples[inner], tone(RATE)[inner])[0, 1] > 0.99


def test_stereo_is_averaged(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([tone(RATE), np.zeros(RATE // 2)], axis=1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(wav.read(tmp_path / "a.wav", RATE), tone(RATE) / 2, atol=1e-6)


def test_broken_files_are_named(tmp_path):
    (tmp_path / "text.wav").write_text("I am no sound")
    (tmp_path / "zero.wav").write_bytes(b"")
    (tmp_path / "folder.wav").mkdir()
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), RATE, subtype="FLOAT")
    for name in ("text", "zero", "folder", "empty", "nan", "missing"):
        with pytest.raises(PngnatError, match=f"{name}.wav"):
            wav.read(tmp_path / f"{name}.wav", RATE)


def test_truncated_file_gives_its_remaining_samples(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(RATE), RATE)
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[: len(whole) // 2])
    assert 0 < len(wav.read(tmp_path / "a.wav", RATE)) <= RATE // 4


@pytest.mark.parametrize("suffix", FORMATS)
def test_write_then_read(tmp_path, suffix):
    long = tone(RATE, seconds=30)
    wav.write(tmp_path / f"a{suffix}", long, RATE, {"software": "pngnat", "comment": "synthetic speech"})
    again = wav.read(tmp_path / f"a{suffix}", RATE)
    assert again.shape == long.shape
    inner = slice(0, -240)  # Opus rings where a tone is cut off
    np.testing.assert_allclose(again[inner], long[inner], atol=1e-4 if suffix in (".wav", ".flac") else 0.05)
    with soundfile.SoundFile(tmp_path / f"a{suffix}") as file:
        assert file.comment == "synthetic speech"
    assert os.listdir(tmp_path) == [f"a{suffix}"], "nothing is left beside the file"


def test_loud_samples_are_clipped_and_do_not_wrap(tmp_path):
    wav.write(tmp_path / "a.wav", np.array([2.0, -2.0, 0.0]), RATE)
    np.testing.assert_allclose(wav.read(tmp_path / "a.wav", RATE), [1.0, -1.0, 0.0], atol=1e-4)


def test_write_errors_name_the_cause(tmp_path):
    with pytest.raises(PngnatError, match=r".flac"):
        wav.write(tmp_path / "a.xyz", tone(RATE), RATE)
    with pytest.raises(PngnatError, match="cannot be written"):
        wav.write(tmp_path / "nowhere" / "a.wav", tone(RATE), RATE)
    with pytest.raises(PngnatError, match="colour"):
        wav.write(tmp_path / "a.wav", tone(RATE), RATE, {"colour": "blue"})
    assert os.listdir(tmp_path) == []


def test_duration_reads_the_header(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(16000, seconds=1.25), 16000)
    assert wav.duration(tmp_path / "a.wav") == 1.25
    (tmp_path / "b.wav").write_text("no")
    for name in ("b.wav", "c.wav"):
        with pytest.raises(PngnatError, match=name):
            wav.duration(tmp_path / name)
