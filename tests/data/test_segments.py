import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.data.segments import Phone, refine_silences, token_segments, trim, word_spans
from pngnat.text.phonemes import PHONEMES
from pngnat.text.utterance import Boundary, Utterance, Word

RATE = 24000
frames = st.integers(0, 60)


@st.composite
def aligned(draw):
    """An utterance and phones in steps of 10 ms with random pauses between its words."""
    sounds = st.lists(st.sampled_from(PHONEMES), min_size=1, max_size=5)
    words = [Word("x", tuple(phonemes)) for phonemes in draw(st.lists(sounds, min_size=1, max_size=6))]
    marks = [
        Boundary(mark)
        for mark in draw(
            st.lists(st.sampled_from(["", ", ", "; ", '." ']), min_size=len(words) + 1, max_size=len(words) + 1)
        )
    ]
    phones, at = [], 0
    for index, word in enumerate(words):
        at += draw(frames)
        for phoneme in word.phonemes:
            length = draw(st.integers(3, 30))
            phones.append(Phone(index, phoneme, at * 0.01, (at + length) * 0.01, -1.0))
            at += length
    return Utterance(tuple(words), tuple(marks)), phones, (at + draw(frames)) * 0.01


@given(aligned())
def test_tokens_fill_the_recording_in_the_tokenizer_s_layout(case):
    utterance, phones, seconds = case
    segments = token_segments(utterance, phones, seconds)
    assert len(segments) == 1 + sum(len(word.phonemes) for word in utterance.words) + len(utterance.words)
    assert segments[0].symbol == "[CLS]" and segments[0].duration == pytest.approx(phones[0].start)
    ends = np.array([segment.start + segment.duration for segment in segments])
    np.testing.assert_allclose(ends[:-1], [segment.start for segment in segments[1:]], atol=1e-9)
    assert ends[-1] == pytest.approx(seconds) and all(segment.duration >= 0 for segment in segments)
    at = 1
    for index, word in enumerate(utterance.words):
        assert tuple(segment.symbol for segment in segments[at : at + len(word.phonemes)]) == word.phonemes
        own = [phone for phone in phones if phone.word == index]
        after = min((phone.start for phone in phones if phone.word == index + 1), default=seconds)
        assert segments[at + len(word.phonemes)].duration == pytest.approx(after - own[-1].end, abs=1e-9)
        at += len(word.phonemes) + 1


@given(aligned(), st.floats(0, 0.3), st.sampled_from([16000, 22050, 24000, 44100]))
def test_trimmed_tokens_are_whole_samples_that_add_up(case, silence, rate):
    utterance, phones, seconds = case
    segments = token_segments(utterance, phones, seconds)
    first, count, kept = trim(segments, silence, rate)
    samples = np.array([segment.duration for segment in kept]) * rate
    np.testing.assert_allclose(samples, np.rint(samples), atol=1e-6)
    assert round(samples.sum()) == count and 0 <= first and first + count <= round(seconds * rate) + 1
    assert kept[0].duration <= silence + 1.01 / rate and kept[-1].duration <= silence + 1.01 / rate
    for before, after in zip(segments[1:-1], kept[1:-1], strict=True):
        assert abs(before.duration - after.duration) <= 1.01 / rate
    seen = np.array([segment.duration for segment in kept], dtype=np.float32)
    assert round(float(seen.sum(dtype=np.float64)) * rate) == count, "single precision still tells the samples apart"


@given(aligned())
def test_words_span_their_phonemes(case):
    utterance, phones, seconds = case
    spans = word_spans(utterance, token_segments(utterance, phones, seconds), [-1.0] * len(utterance.words))
    for index, span in enumerate(spans):
        own = [phone for phone in phones if phone.word == index]
        assert span.start == pytest.approx(own[0].start) and span.start + span.duration == pytest.approx(own[-1].end)


def test_phones_that_are_not_the_utterance_s_are_refused():
    utterance = Utterance((Word("a", ("AH0",)),), (Boundary(), Boundary(".")))
    with pytest.raises(ValueError, match="do not spell"):
        token_segments(utterance, [Phone(0, "B", 0, 0.1)], 1.0)
    with pytest.raises(ValueError, match="backwards"):
        token_segments(utterance, [Phone(0, "AH0", 0.5, 0.1)], 1.0)


def sound(*parts: tuple[float, float]) -> np.ndarray:
    """Noise of given (seconds, amplitude) after each other."""
    random = np.random.default_rng(0)
    return np.concatenate([amplitude * random.normal(size=round(seconds * RATE)) for seconds, amplitude in parts])


@pytest.mark.parametrize("error", [-0.03, -0.01, 0.0, 0.02, 0.035])
def test_edges_of_a_silence_move_to_where_the_sound_is(error):
    samples = sound((0.3, 1e-4), (0.4, 0.1), (0.3, 1e-4), (0.4, 0.1), (0.3, 1e-4))
    phones = [Phone(0, "AA1", 0.3 + error, 0.7 + error), Phone(1, "S", 1.0 + error, 1.4 + error)]
    first, second = refine_silences(phones, samples, RATE)
    np.testing.assert_allclose([first.start, first.end, second.start, second.end], [0.3, 0.7, 1.0, 1.4], atol=0.004)


def test_the_closure_of_a_stop_stays_the_stop_s():
    samples = sound((0.3, 0.1), (0.3, 1e-4), (0.3, 0.1))
    phones = [Phone(0, "AA1", 0.0, 0.3), Phone(1, "T", 0.57, 0.9)]
    assert refine_silences(phones, samples, RATE)[1].start == 0.57


def test_where_nothing_is_silent_nothing_moves():
    phones = [Phone(0, "AA1", 0.1, 0.4), Phone(1, "S", 0.6, 0.9)]
    assert refine_silences(phones, sound((1.0, 0.1)), RATE) == phones


@given(aligned())
def test_refined_phones_stay_in_order(case):
    utterance, phones, seconds = case
    samples = np.random.default_rng(1).normal(size=round((seconds + 0.1) * 8000)) * np.random.default_rng(2).choice(
        [1e-4, 0.1]
    )
    token_segments(utterance, refine_silences(phones, samples, 8000), seconds + 0.1)
