import numpy as np
import pytest

from pngnat.data.measures import measure


def test_levels_of_a_known_sound():
    rate = 16000
    tone = 0.5 * np.sin(2 * np.pi * 200 * np.arange(rate) / rate)
    noise = np.random.default_rng(0).normal(size=rate) * 1e-3
    found = measure(np.concatenate([noise, tone])[:, None], rate, 1.0, 0.0)
    assert found["peak"] == pytest.approx(-6.02, abs=0.1)
    assert found["level"] == pytest.approx(-9.03, abs=0.2)
    assert found["noise"] == pytest.approx(-60, abs=1)
    assert found["seconds"] == 2 and found["clipped"] == 0 and found["leading"] == 1.0 and found["channels"] == 1


def test_clipping_is_flat_tops_and_not_loudness():
    wave = np.sin(2 * np.pi * 200 * np.arange(16000) / 16000 + 0.1)
    assert measure(wave[:, None] * 0.999, 16000, 0, 0)["clipped"] < 0.05
    clipped = measure(np.clip(2 * wave, -1, 1)[:, None], 16000, 0, 0)["clipped"]
    assert clipped == pytest.approx(2 / 3, abs=0.02), "a sine is above half its height two thirds of the time"


def test_silence_and_a_few_samples():
    assert measure(np.zeros((5, 2)), 16000, 0, 0) == measure(np.zeros((5, 2)), 16000, 0, 0)
    assert measure(np.zeros((5, 2)), 16000, 0, 0)["level"] == -100
