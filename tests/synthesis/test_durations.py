import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pngnat
from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.synthesis.controls import GivenDurations, GivenWeights, WordDurations
from pngnat.synthesis.durations import (
    apply_pace,
    check_seconds,
    fit_words,
    lay_out,
    requested_paces,
)
from pngnat.synthesis.pauses import fit_pauses
from pngnat.synthesis.timings import TimedPhoneme, TimedWord, Timings
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Boundary, Utterance, Word

AUDIO = AudioConfig()
SYMBOLS = ("[CLS]", "AY1", " ", "AE1", "M", ".")
WORDS = ("I", "am")


def tokens() -> PngTokens:
    index = np.array([-1, 0, -1, 1, 1, -1])
    return PngTokens(np.zeros(6, int), np.zeros(6, int), np.zeros(6, int), 6, index, SYMBOLS)


def test_plain_durations_are_handed_out_in_turn():
    durations = GivenDurations(np.arange(12) / 10)
    assert durations.take(tokens(), WORDS).tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert durations.take(tokens(), WORDS)[0] == 0.6
    durations.finish()


def test_too_few_and_too_many():
    with pytest.raises(PngnatError, match="there are 5, and it has at least 6"):
        GivenDurations(np.ones(5)).take(tokens(), WORDS)
    durations = GivenDurations(np.ones(8))
    durations.take(tokens(), WORDS)
    with pytest.raises(PngnatError, match="2 of 8 are left over"):
        durations.finish()


def test_a_list_for_words():
    durations = GivenDurations(WordDurations([0.5, 0.25, 0.75, 1.0]))
    assert durations.of_words and durations.take(tokens(), WORDS).tolist() == [0.5, 0.25]
    assert durations.take(tokens(), WORDS).tolist() == [0.75, 1.0]
    durations.finish()
    with pytest.raises(PngnatError, match="there are 1, and it has at least 2 words"):
        GivenDurations(WordDurations([0.5])).take(tokens(), WORDS)


def test_words_last_as_long_as_the_list_says(stub_voice):
    seconds = [0.4, 0.6]
    speech = pngnat.synthesize("Hello there.", stub_voice, durations=WordDurations(seconds))
    assert [word.end - word.start for word in speech.words] == pytest.approx(seconds, abs=1e-3)


@pytest.mark.parametrize("values", [[0.1, -0.1], [float("nan")], [float("inf")], [[0.1]], 0.5])
def test_impossible_durations(values):
    with pytest.raises(PngnatError, match="durations must be"):
        GivenDurations(values)


def write_timings(path, seconds, symbols=SYMBOLS) -> None:
    borders = np.concatenate([[0], np.cumsum(seconds)])
    rows = zip(symbols, borders[:-1].tolist(), borders[1:].tolist(), strict=True)
    Timings(
        [TimedWord("I", 0.1, 0.4), TimedWord("am", 0.4, 0.9)],
        [TimedPhoneme(*row) for row in rows],
        duration=sum(seconds),
    ).write(path)


@pytest.mark.parametrize("ending", ["json", "TextGrid"])
def test_durations_of_a_file(tmp_path, ending):
    seconds = [0.1, 0.3, 0.0, 0.2, 0.25, 0.15]
    write_timings(tmp_path / f"a.{ending}", seconds)
    durations = GivenDurations(tmp_path / f"a.{ending}")
    assert np.allclose(durations.take(tokens(), WORDS), seconds, atol=1e-5)
    durations.finish()


@pytest.mark.parametrize("ending", ["json", "TextGrid"])
def test_a_file_of_another_text(tmp_path, ending):
    write_timings(tmp_path / f"a.{ending}", [0.1] * 6, ("[CLS]", "AY1", " ", "IH1", "Z", "."))
    with pytest.raises(PngnatError, match="it has 'AE1' where they have 'IH1'"):
        GivenDurations(tmp_path / f"a.{ending}").take(tokens(), WORDS)


def test_durations_of_words(tmp_path):
    timings = Timings([TimedWord("I", 0.0, 0.5), TimedWord("am", 0.6, 1.0)], duration=1.0)
    timings.write(tmp_path / "a.TextGrid")
    durations = GivenDurations(tmp_path / "a.TextGrid")
    assert durations.of_words
    words = durations.take(tokens(), WORDS)
    fitted = fit_words(np.array([0.1, 0.2, 0.05, 0.1, 0.3, 0.1]), tokens(), words)
    assert np.allclose(fitted, [0.1, 0.5, 0.05, 0.1, 0.3, 0.1])


def test_words_without_predicted_duration_get_equal_fractions():
    assert np.allclose(fit_words(np.zeros(6), tokens(), np.array([0.4, 0.6]))[[1, 3, 4]], [0.4, 0.3, 0.3])


def test_weights():
    assert GivenWeights(0.3).take(4).tolist() == [0.3] * 4
    weights = GivenWeights([0.1, 0.2, 0.3])
    assert weights.take(2).tolist() == [0.1, 0.2]
    with pytest.raises(PngnatError, match="only 2"):
        weights.finish()
    with pytest.raises(PngnatError, match="at least 4"):
        weights.take(2)


def test_pace_divides_and_words_have_their_own():
    paced = apply_pace(np.full(6, 0.2), tokens(), 2.0, {11: 0.5}, first_word=10)
    assert np.allclose(paced, [0.1, 0.1, 0.1, 0.2, 0.2, 0.1])


def asked(*paces: float | None) -> Utterance:
    return Utterance((Word("I", ("AY1",)), Word("am", ("AE1", "M"))), tuple(Boundary(pace=pace) for pace in paces))


def test_requested_paces_hold_until_the_next_one():
    for paces, expected, after in (
        ((None, None, None), [3, 3, 3, 3, 3, 3], 3),
        ((2, None, None), [2, 2, 2, 2, 2, 2], 2),
        ((None, 2, None), [3, 3, 3, 2, 2, 2], 2),
        ((2, 4, 1), [2, 2, 2, 4, 4, 4], 1),
        ((None, None, 2), [3, 3, 3, 3, 3, 3], 2),
    ):
        found, left = requested_paces(asked(*paces), tokens(), 3.0)
        assert found.tolist() == expected and left == after


def test_phonemes_of_more_than_ten_seconds_are_refused():
    check_seconds(np.array([600.0, 10, 0, 1, 1, 600.0]), tokens())
    with pytest.raises(PngnatError, match="'AE1' would last 11 seconds"):
        check_seconds(np.array([0.1, 1, 0, 11.0, 1, 0.1]), tokens())
    with pytest.raises(PngnatError):
        check_seconds(np.array([0.1, float("nan"), 0, 1, 1, 0.1]), tokens())


SECONDS = st.lists(st.floats(0, 2.0), min_size=6, max_size=6).map(np.array)


@given(SECONDS)
@example(np.array([0.0, 0.0, 1e-7, 0.0, 1.0, 0.0]))
def test_layout_has_integer_frames_and_every_phoneme(seconds):
    timeline = lay_out(seconds, tokens(), {}, AUDIO)
    frames = timeline.spoken.sum() * AUDIO.frame_rate
    # A thousandth of a frame too much is none, where the last silence has nothing to give.
    assert abs(frames - round(frames)) < 1.1e-3
    assert timeline.borders[0] == 0 and timeline.borders[-1] == round(frames) * AUDIO.hop_length
    assert np.array_equal(timeline.audible, np.diff(timeline.borders)) and np.all(timeline.audible >= 0)
    assert np.all(timeline.spoken[[1, 3, 4]] >= 1 / AUDIO.frame_rate)
    kept = np.maximum(seconds, [0, 1 / 80, 0, 1 / 80, 1 / 80, 0])
    assert np.allclose(timeline.spoken[:-1], kept[:-1])
    assert -1e-4 < timeline.spoken[-1] - kept[-1] < 0.1


@given(SECONDS, st.dictionaries(st.sampled_from([0, 2, 5]), st.floats(0, 3.0)))
def test_requested_pauses_are_exact_to_the_sample(seconds, exact):
    timeline = lay_out(seconds, tokens(), exact, AUDIO)
    heard = fitted(np.ones(timeline.borders[-1], np.float32), timeline)
    assert len(heard) == timeline.audible.sum()
    for token, wanted in exact.items():
        assert timeline.audible[token] == round(wanted * AUDIO.sample_rate)
    assert timeline.seconds(AUDIO.sample_rate)[-1] == pytest.approx(len(heard) / AUDIO.sample_rate)


def fitted(samples, timeline, *places):
    """The samples, spoken in blocks that end at these places."""
    return np.concatenate(list(fit_pauses(np.split(samples, places), timeline, AUDIO.sample_rate)))


@given(
    st.lists(st.integers(0, 20_000), max_size=6),
    st.sampled_from([{}, {0: 0.0}, {0: 2.0, 2: 0.0}, {2: 1.0, 5: 0.02}, {5: 0.0}]),
)
def test_pauses_do_not_depend_on_how_the_sound_is_divided(places, exact):
    timeline = lay_out(np.array([0.1, 0.2, 0.1, 0.2, 0.2, 0.0]), tokens(), exact, AUDIO)
    samples = np.random.default_rng(0).standard_normal(timeline.borders[-1]).astype(np.float32)
    assert np.array_equal(fitted(samples, timeline, *sorted(places)), fitted(samples, timeline))


def test_a_filled_pause_is_silent_and_nothing_clicks():
    seconds = np.array([0.1, 0.2, 0.1, 0.2, 0.2, 0.1])
    timeline = lay_out(seconds, tokens(), {2: 1.0, 5: 0.02}, AUDIO)
    heard = fitted(np.ones(timeline.borders[-1], np.float32), timeline)
    start = timeline.audible[:2].sum()
    middle = heard[start + round(0.051 * 24000) : start + round(0.949 * 24000)]
    assert not middle.any()
    assert np.abs(np.diff(heard, prepend=0, append=0)).max() < 0.02
    assert np.all(heard[round(0.105 * 24000) : start] == 1)
