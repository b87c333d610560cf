import numpy as np
import pytest

from pngnat.audio.config import AudioConfig
from pngnat.evaluation.copies import warped_distortion

AUDIO = AudioConfig()


def hums(*hertz_and_seconds: tuple[float, float]) -> np.ndarray:
    """Tones with harmonics, one after the other."""
    parts = []
    for hertz, seconds in hertz_and_seconds:
        time = np.arange(round(seconds * AUDIO.sample_rate)) / AUDIO.sample_rate
        parts.append(sum(0.1 / n * np.sin(2 * np.pi * n * hertz * time) for n in range(1, 9)))
    return np.concatenate(parts).astype(np.float32)


def test_the_same_sounds_at_another_pace_are_near():
    sound = hums((120, 0.4), (300, 0.2), (700, 0.4))
    slow = hums((120, 0.8), (300, 0.4), (700, 0.8))
    other = hums((700, 0.4), (120, 0.2), (300, 0.4))
    assert warped_distortion(sound, sound, AUDIO) == pytest.approx(0.0, abs=1e-6)
    assert warped_distortion(sound, slow, AUDIO) < 0.25 * warped_distortion(sound, other, AUDIO)


def test_loudness_is_not_measured():
    sound = hums((120, 0.4), (300, 0.2))
    sound += 0.01 * np.random.default_rng(0).standard_normal(len(sound)).astype(
        np.float32
    )  # fills what would lie on the mel's floor
    assert warped_distortion(sound, 0.5 * sound, AUDIO) < 0.2
