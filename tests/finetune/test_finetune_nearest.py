from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pngnat.audio.wav import resample, write
from pngnat.data.corpus import Recording
from pngnat.engine.loading import load_voice
from pngnat.finetune import nearest
from pngnat.finetune.nearest import SpectrumTimbre, installed_timbre, likenesses
from pngnat.text.utterance import Boundary, Utterance

RATE = 24000


def hum(pitch: float, tilt: float, seconds: float = 0.5) -> np.ndarray:
    """Harmonics that fall by `tilt` dB an octave."""
    time = np.arange(round(RATE * seconds)) / RATE
    harmonics = np.arange(1, int(8000 / pitch))
    sound = sum(10 ** (-tilt * np.log2(n) / 20) * np.sin(2 * np.pi * n * pitch * time) for n in harmonics)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


def recording(folder: Path, speaker: str, pitch: float, tilt: float) -> Recording:
    path = folder / f"{speaker}.wav"
    write(path, hum(pitch, tilt), RATE)
    return Recording(speaker, speaker, "train", path, Utterance((), (Boundary(),)), np.array([0.5], np.float32))


class Loudness:
    """Embeds a sound as its level."""

    name = "loudness"

    def embed(self, samples, sample_rate):
        return np.array([np.abs(samples).max()])

    def likeness(self, one, other):
        return -abs(float(np.mean(one) - np.mean(other)))


def test_the_nearest_comes_first(stub_voice, tmp_path):
    voice = load_voice(stub_voice)
    others = [recording(tmp_path, "ada", 200, 6), recording(tmp_path, "bob", 100, 6)]
    target = replace(recording(tmp_path, "target", 110, 7), speaker="new")
    found = likenesses([target], voice, others, SpectrumTimbre())
    assert list(found) == ["bob", "ada"] and found["bob"] > found["ada"]


def test_professionals_without_recordings_speak_with_the_voice(stub_voice, tmp_path):
    found = likenesses([recording(tmp_path, "target", 110, 7)], load_voice(stub_voice), [], Loudness())
    assert set(found) == {"ada", "bob"} and all(np.isfinite(value) for value in found.values())


def test_a_voice_is_most_like_itself():
    timbre = SpectrumTimbre()
    low, high, dark = (timbre.embed(hum(*sound), RATE) for sound in ((100, 6), (200, 6), (100, 18)))
    assert timbre.likeness([low], [low]) == 0.0
    assert timbre.likeness([low], [high]) < -9, "an octave is twelve semitones"
    assert timbre.likeness([low], [dark]) < -3


def test_the_line_does_not_say_who_speaks():
    timbre, whole = SpectrumTimbre(), hum(200, 6)
    over_a_line = resample(resample(whole, RATE, 8000), 8000, RATE)
    other = timbre.embed(hum(150, 6), RATE)
    assert timbre.likeness([timbre.embed(over_a_line, RATE)], [timbre.embed(whole, RATE)]) > -1
    assert timbre.likeness([timbre.embed(over_a_line, RATE)], [other]) < -4


def test_the_speaker_encoder_is_used_where_it_is_installed(monkeypatch):
    monkeypatch.setattr("pngnat.evaluation.speaker_encoder.find_spec", lambda name: None)
    assert isinstance(installed_timbre(), SpectrumTimbre)

    class Installed:
        def __init__(self):
            self.embed = None

    monkeypatch.setattr(nearest, "SpeakerEncoder", Installed)
    assert installed_timbre().name == pytest.approx(nearest.NAME)
