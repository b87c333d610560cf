import numpy as np
import pytest

from pngnat.audio.config import AudioConfig
from pngnat.audio.pitch import f0

CONFIG = AudioConfig()


def buzz(hertz: np.ndarray) -> np.ndarray:
    """A voice-like sound whose fundamental is hertz (S,): twenty harmonics falling off."""
    phase = 2 * np.pi * np.cumsum(hertz) / CONFIG.sample_rate
    return sum(np.sin(k * phase) / k for k in range(1, 21)) * 0.2


@pytest.mark.parametrize("hertz", [80.0, 150.0, 320.0])
def test_a_steady_tone(hertz):
    track = f0(buzz(np.full(CONFIG.sample_rate, hertz)), CONFIG)
    assert track.shape == (80,) and track.dtype == np.float32
    np.testing.assert_allclose(track[8:-8], hertz, rtol=0.01)


def test_frames_are_centred_as_the_mel_s_are():
    # On a glide of 200 Hz a second a shift of one frame is 2.5 Hz: half a frame's error would show.
    glide = 120.0 + 200.0 * np.arange(CONFIG.sample_rate) / CONFIG.sample_rate
    track = f0(buzz(glide), CONFIG)
    centres = (np.arange(80) + 0.5) * CONFIG.hop_length
    assert abs(np.mean(track[15:-15] - glide[centres.astype(int)][15:-15])) < 0.4


def test_noise_and_silence_are_unvoiced():
    assert not f0(np.zeros(CONFIG.sample_rate), CONFIG).any()
    noise = np.random.default_rng(0).normal(size=CONFIG.sample_rate) * 0.1
    assert np.mean(f0(noise, CONFIG) > 0) < 0.3


@pytest.mark.parametrize("samples", [300, 599, 600, 7211, 24001])
def test_one_value_a_frame(samples):
    assert f0(buzz(np.full(samples, 150.0)), CONFIG).shape == (samples // CONFIG.hop_length,)


def test_less_than_a_frame():
    with pytest.raises(ValueError, match="299"):
        f0(np.zeros(299), CONFIG)
