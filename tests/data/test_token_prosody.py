import numpy as np
import pytest

from pngnat.data.prosody import hertz, token_prosody

RATE = 80.0


def test_pitch_is_the_mean_of_voiced_frames_and_a_line_where_there_are_none():
    f0 = np.array([0, 0, 100, 100, 0, 0, 0, 0, 200, 200], np.float32)
    mel = np.zeros((10, 128), np.float32)
    values = token_prosody(f0, mel, np.array([2, 2, 4, 2], np.float32) / RATE, RATE)
    # The first token has nothing before it; the third lies in time between the middles of the second (3) and the fourth
    # (9), at 6.
    np.testing.assert_allclose(hertz(values[:, 0]), [100, 100, np.sqrt(100 * 200), 200], rtol=1e-5)


def test_loudness_follows_the_level_whatever_the_pitch():
    mel = np.repeat(np.array([-3.0, -1.0], np.float32), 4)[:, None] * np.ones((1, 128), np.float32)
    values = token_prosody(np.zeros(8, np.float32), mel, np.array([4, 4], np.float32) / RATE, RATE)
    # Two nats louder, in a unit of 2.5 nats.
    assert values[1, 1] - values[0, 1] == pytest.approx(2 / 2.5, abs=1e-5)
    np.testing.assert_allclose(hertz(values[:, 0]), 160, rtol=1e-5)


def test_a_token_without_a_frame_is_between_its_neighbours():
    f0, mel = np.array([100, 100, 200, 200], np.float32), np.zeros((4, 128), np.float32)
    values = token_prosody(f0, mel, np.array([2, 0, 2], np.float32) / RATE, RATE)
    assert np.isfinite(values).all()
    assert 100 < hertz(values[1, 0]) < 200
