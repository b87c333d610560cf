import numpy as np
import pytest

from pngnat.evaluation.prosody import prosody

RANDOM = np.random.default_rng(0)
MEL = RANDOM.normal(-5, 2, (128, 40))
F0 = np.where(np.arange(40) % 4 == 0, 0.0, RANDOM.uniform(100, 200, 40))


def test_a_copy_is_perfect():
    assert prosody(MEL, MEL, F0, F0) == {"mel L1": 0, "energy r": pytest.approx(1), "F0 r": pytest.approx(1)}


def test_loudness_and_key_do_not_matter_to_correlations():
    figures = prosody(MEL, MEL + 0.5, F0, F0 * 1.2)
    assert figures["mel L1"] == pytest.approx(0.5)
    assert figures["energy r"] == pytest.approx(1)
    assert figures["F0 r"] == pytest.approx(1)


def test_a_turned_melody_correlates_negatively_and_unvoiced_frames_are_left_out():
    turned = np.where(F0 > 0, 150**2 / np.maximum(F0, 1), 0)
    assert prosody(MEL, MEL, F0, turned)["F0 r"] == pytest.approx(-1)
    assert np.isnan(prosody(MEL, MEL, F0, np.zeros(40))["F0 r"])
