import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import pngnat
from pngnat.errors import PngnatError
from pngnat.evaluation.tracks import professional_tracks
from pngnat.synthesis.blending import FLOOR, blend_durations
from pngnat.text.frontend import Frontend
from pngnat.voice.card import Blend

SECONDS = st.one_of(st.just(0.0), st.floats(1e-6, 5.0))
PAIRS = st.integers(1, 20).flatmap(
    lambda n: st.tuples(arrays(np.float64, n, elements=SECONDS), arrays(np.float64, n, elements=SECONDS))
)
LONG = st.integers(1, 20).flatmap(
    lambda n: st.tuples(*[arrays(np.float64, n, elements=st.floats(FLOOR * 10, 5.0)) for _ in range(2)])
)


@given(PAIRS)
def test_the_limits_are_exact(pair):
    target, professional = pair
    assert np.array_equal(blend_durations(target, professional, 0.0), target)
    assert np.array_equal(blend_durations(target, professional, 1.0), professional)


@given(LONG)
def test_half_is_the_geometric_mean(pair):
    target, professional = pair
    assert np.allclose(blend_durations(target, professional, 0.5), np.sqrt(target * professional))


@given(LONG, st.floats(0, 1), st.floats(0.2, 5.0))
def test_scaling_both_scales_the_result(pair, weight, scale):
    target, professional = pair
    assert np.allclose(
        blend_durations(scale * target, scale * professional, weight),
        scale * blend_durations(target, professional, weight),
    )


@given(PAIRS, st.floats(0, 1))
def test_lies_between_the_two(pair, weight):
    target, professional = pair
    blended = blend_durations(target, professional, weight)
    assert np.all(blended <= np.maximum(target, professional) * (1 + 1e-9))
    assert np.all(blended >= np.minimum(target, professional) * (1 - 1e-9))


@given(LONG, st.floats(0, 1))
def test_swapping_the_speakers_swaps_the_weight(pair, weight):
    target, professional = pair
    assert np.allclose(blend_durations(target, professional, weight), blend_durations(professional, target, 1 - weight))


def test_matches_the_formula():
    target, professional, weight = np.array([0.4, 0.08, 0.0]), np.array([0.0, 0.12, 0.2]), np.array([0.5, 0.3, 0.9])
    floor = 0.002
    expected = np.exp(
        (1 - weight) * np.log(np.maximum(target, floor)) + weight * np.log(np.maximum(professional, floor))
    )
    assert np.allclose(blend_durations(target, professional, weight, floor), expected)


def test_a_pause_of_one_side_alone_shrinks_and_stays():
    blended = blend_durations(np.array([0.8]), np.array([0.0]), 0.5)
    assert 0.01 < blended[0] < 0.05


def test_no_pause_on_either_side_stays_none():
    assert blend_durations(np.zeros(3), np.zeros(3), 0.5).tolist() == [0.0, 0.0, 0.0]


def test_weights_of_single_tokens():
    blended = blend_durations(np.array([0.1, 0.1, 0.1]), np.array([0.4, 0.4, 0.4]), np.array([0.0, 0.5, 1.0]))
    assert blended[0] == 0.1 and np.isclose(blended[1], 0.2) and blended[2] == 0.4


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan"), [0.5, 2.0], [[0.5]]])
def test_impossible_weights_are_named(weight):
    with pytest.raises(PngnatError, match="blend weight"):
        Blend("someone", weight)


def test_different_lengths_are_an_error():
    with pytest.raises(ValueError):
        blend_durations(np.ones(2), np.ones(3), 0.5)


def test_the_limits_of_a_voice_s_blend(stub_voice):
    text, voice = "The quick fox jumps over you.", pngnat.load_voice(stub_voice)
    own, same, theirs = (
        pngnat.synthesize(text, voice, blend=blend) for blend in (None, Blend("pro", 0.0), Blend("pro", 1.0))
    )
    assert np.array_equal(own.samples, same.samples) and np.array_equal(own.durations, same.durations)
    predicted = professional_tracks(voice, ["pro"], Frontend().utterances(text))[0].durations
    # In the sound, a phoneme lasts a frame at least, borders lie on samples, and the last silence fills the last frame.
    inner = slice(0, -1)
    spoken = np.maximum(predicted, np.where([phoneme.word is None for phoneme in theirs.phonemes], 0.0, 1 / 80))
    assert np.allclose(theirs.durations[inner], spoken[inner], atol=2e-3)
    assert not np.allclose(own.durations[inner], theirs.durations[inner], atol=2e-3)
