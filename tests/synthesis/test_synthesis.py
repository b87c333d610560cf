"""Text to sound: what is said, what is refused, streams, pitch."""

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from speaking import LONG, TEXT, says

import pngnat
from pngnat.audio.watermark import THRESHOLD, find_watermark
from pngnat.errors import PngnatError
from pngnat.synthesis.planning import pieces
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesize import sentences
from pngnat.text.utterance import Boundary, Utterance, Word
from pngnat.voice.card import Blend


def test_the_sound_and_its_times(speech):
    assert speech.samples.dtype == np.float32 and speech.samples.ndim == 1 and speech.sample_rate == 24000
    assert np.isfinite(speech.samples).all() and speech.samples.std() > 0
    assert speech.normalized_text == TEXT and says(speech, TEXT)
    assert speech.phonemes[0].start == 0 and speech.phonemes[-1].end == pytest.approx(speech.duration)
    for first, second in zip(speech.phonemes[:-1], speech.phonemes[1:], strict=True):
        assert first.end == pytest.approx(second.start)
    for index, word in enumerate(speech.words):
        inside = [p for p in speech.phonemes if p.word == index]
        assert (word.start, word.end) == (inside[0].start, inside[-1].end) and all(p.duration > 0 for p in inside)
    assert speech.voice == "stub" and speech.speaker == "ada" and speech.skipped == []


def test_the_same_seed_is_the_same_sound(voice, speech):
    assert np.array_equal(pngnat.synthesize(TEXT, voice).samples, speech.samples)
    assert not np.array_equal(pngnat.synthesize(TEXT, voice, seed=1).samples, speech.samples)


def test_speakers_differ(voice, speech):
    assert not np.array_equal(
        pngnat.synthesize("Hello.", voice, speaker="bob").samples, pngnat.synthesize("Hello.", voice).samples
    )
    with pytest.raises(PngnatError, match="no speaker 'zoe'; it has: ada, bob"):
        pngnat.stream("Hello.", voice, speaker="zoe")


def test_joined_stream_equals_the_complete_speech(voice, speech):
    parts = list(pngnat.stream(TEXT, voice))
    assert [part.normalized_text for part in parts] == ["Hello there, my friend.", "How are you?"]
    assert np.array_equal(np.concatenate([part.samples for part in parts]), speech.samples)


def test_a_stream_is_lazy(voice):
    assert next(pngnat.stream("One. " * 100_000, voice)).normalized_text == "One."


def test_a_watermark(voice, speech):
    pytest.importorskip("perth")
    marked = pngnat.synthesize(TEXT, voice, watermark=True)
    assert len(marked.samples) == len(speech.samples) and marked.words == speech.words
    assert find_watermark(speech.samples, 24000)[0] < THRESHOLD <= find_watermark(marked.samples, 24000)[0]
    joined = np.concatenate(list(pngnat.stream_samples(TEXT, voice, watermark=True)))
    np.testing.assert_allclose(joined, marked.samples, atol=1e-4)


def test_joined_blocks_equal_the_complete_speech(voice):
    text = f"[pause:0.5] {LONG} Wait. [pause:1.5] {LONG}"
    blocks = list(pngnat.stream_samples(text, voice))
    whole = pngnat.synthesize(text, voice).samples
    assert len(blocks) > 4 and np.concatenate(blocks).dtype == np.float32
    assert np.abs(np.concatenate(blocks) - whole).max() < 1e-4


def test_the_first_block_of_a_long_sentence_comes_before_the_rest_is_made(voice):
    first = next(pngnat.stream_samples(LONG, voice))
    whole = pngnat.synthesize(LONG, voice).samples
    assert len(first) < len(whole) / 3
    assert np.abs(first - whole[: len(first)]).max() < 1e-4


def test_blocks_of_samples_refuse_as_a_stream_does(voice):
    with pytest.raises(PngnatError, match="empty"):
        pngnat.stream_samples(" ", voice)
    with pytest.raises(PngnatError, match="nothing in the text"):
        next(pngnat.stream_samples("🙂", voice))


def test_a_sentence_is_encoded_once(voice, monkeypatch):
    calls = []
    encode = type(voice.acoustic).encode
    monkeypatch.setattr(
        type(voice.acoustic), "encode", lambda model, texts: calls.append(model) or encode(model, texts)
    )
    pngnat.synthesize("Hello there.", voice)
    assert calls == [voice.acoustic]
    pngnat.synthesize("Hello there.", voice, blend=Blend("pro"))
    assert calls[1:].count(voice.acoustic) == calls[1:].count(voice.professional) == 1


def test_one_word(voice):
    speech = pngnat.synthesize("No", voice)
    assert says(speech, "No") and speech.duration > 0.1


def test_ends_and_joins_do_not_click(speech):
    assert np.abs(speech.samples[[0, -1]]).max() < 0.02 * np.abs(speech.samples).max()


@pytest.mark.parametrize("text", ["", "  \n\t", "🙂", "...", "\x00\x01", "؟"])
def test_nothing_to_say(voice, text):
    with pytest.raises(PngnatError):
        pngnat.synthesize(text, voice)


def test_half_characters(voice):
    with pytest.raises(PngnatError, match="not valid Unicode"):
        pngnat.stream("a\ud800b", voice)


def test_skipped_characters_are_reported_with_their_sentence(voice):
    parts = list(pngnat.stream("Hello. Fine 🙂. Good.", voice))
    assert [len(part.skipped) for part in parts].count(1) == 1 and "🙂" in Speech.join(parts).skipped[0]
    assert "🙂" in pngnat.synthesize("Good 🙂", voice).skipped[0]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(max_size=40))
@example("مرحبا hello")
@example("a\u0301\u0301\u0301 \u202e x")
@example("[pause:")
@example("{AA1}")
@example("1e999 $-0.00 II")
def test_any_text_is_spoken_or_refused(voice, text):
    try:
        speech = pngnat.synthesize(text, voice)
    except PngnatError as error:
        assert "\n" not in str(error)
    else:
        assert len(speech.words) > 0 and np.isfinite(speech.samples).all()


@pytest.mark.slow
def test_ten_thousand_letters_without_a_space(voice):
    speech = pngnat.synthesize("abcdefghij" * 1000, voice)
    assert "".join(word.text for word in speech.words) == "abcdefghij" * 1000


def test_pieces_of_a_giant_word_join_to_the_word():
    word = Word("abcdefg", tuple(f"P{n}" for n in range(1001)))
    parts = list(pieces(Utterance((word,), (Boundary('"', 0.1), Boundary(".", 0.2)), True), most=400))
    assert len(parts) == 3 and all(len(part.words[0].phonemes) <= 400 for part in parts)
    assert sum((part.words[0].phonemes for part in parts), ()) == word.phonemes
    assert "".join(part.words[0].text for part in parts) == word.text
    assert [part.ends_paragraph for part in parts] == [False, False, True]
    assert parts[0].boundaries == (Boundary('"', 0.1), Boundary()) and parts[2].boundaries[1] == Boundary(".", 0.2)


@pytest.mark.slow
def test_five_thousand_words_are_all_spoken(voice):
    words = [
        word
        for number in range(500)
        for word in f"This is the story of a dog called spot {'and' * (number % 2)}".split()
    ]
    text = " ".join(word + ("." if index % 12 == 11 else "") for index, word in enumerate(words))
    spoken = [word.text for part in pngnat.stream(text, voice, pace=5.0) for word in part.words]
    assert spoken == words and len(spoken) > 4500


@pytest.mark.slow
def test_200_calls_do_not_grow(voice):
    for _ in range(20):
        pngnat.synthesize("Hello there.", voice)
    before = resident_kilobytes()
    for _ in range(200):
        pngnat.synthesize("Hello there.", voice)
    assert resident_kilobytes() - before < 10_000


def resident_kilobytes() -> int:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("the memory of a process is read from /proc")
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.parametrize(
    "options", [{"pace": 0}, {"pace": -1}, {"pace": float("nan")}, {"pace": 100}, {"pause": -1}, {"seed": -1}]
)
def test_options_out_of_range(voice, options):
    with pytest.raises(PngnatError, match=next(iter(options))):
        pngnat.stream("Hello.", voice, **options)


def test_unknown_options(voice):
    with pytest.raises(TypeError):
        pngnat.stream("Hello.", voice, tempo=2)


def test_pitch_in_semitones_reaches_the_vocoder_and_changes_no_duration(voice, speech):
    raised = pngnat.synthesize(TEXT, voice, pitch=3)
    assert np.array_equal(raised.durations, speech.durations) and not np.allclose(raised.samples, speech.samples)
    assert [(one.pitch.f0, one.pitch.semitones) for one in sentences(TEXT, voice, pitch=3)] == [(None, 3), (None, 3)]
    blocks = np.concatenate(list(pngnat.stream_samples(TEXT, voice, pitch=3)))
    assert np.abs(blocks - raised.samples).max() < 1e-4


@pytest.mark.parametrize("pitch", [12.5, -13, float("nan")])
def test_pitch_out_of_range(voice, pitch):
    with pytest.raises(PngnatError, match="between -12 and 12 semitones"):
        pngnat.stream("Hello.", voice, pitch=pitch)


def test_given_contour_is_aligned_with_its_sound(voice, speech):
    frames = len(speech.samples) // 300
    contour = np.arange(frames, dtype=np.float32) / 10
    first, second = (sentence.pitch.f0 for sentence in sentences(TEXT, voice, f0=contour, durations=speech.durations))
    assert np.all(np.diff(first) >= 0) and np.all(np.diff(second) >= 0) and second[0] >= first[-1]
    # A word's middle is heard where the contour says so, pauses before it or not.
    start = speech.words[4].start * 80
    assert np.abs(second - start / 10).min() < 0.2 and np.abs(first - speech.words[1].start * 8).min() < 0.2


def test_contours_that_do_not_fit(voice, speech):
    frames = len(speech.samples) // 300
    for wrong, message in (
        ([100.0] * (frames - 5), "longer"),
        ([100.0] * (frames + 5), f"has {frames + 5} frames of 12.5 ms"),
    ):
        with pytest.raises(PngnatError, match=message):
            pngnat.synthesize(TEXT, voice, f0=wrong)
    for wrong in ([-1.0], [float("nan")], 100.0, [[100.0]], [30_000.0]):
        with pytest.raises(PngnatError, match="frequencies in Hz"):
            pngnat.stream(TEXT, voice, f0=wrong)


def test_a_lexicon_wins(voice, tmp_path):
    (tmp_path / "words.txt").write_text("hello  G UH1 D\n")
    for lexicon in ({"hello": ("G", "UH1", "D")}, tmp_path / "words.txt"):
        speech = pngnat.synthesize("Hello.", voice, lexicon=lexicon)
        assert [p.symbol for p in speech.phonemes] == ["[CLS]", "G", "UH1", "D", "."]


def test_a_voice_says_its_own_words_unless_the_caller_says_otherwise(voice):
    own = replace(voice, card=replace(voice.card, lexicon={"hello": ("G", "UH1", "D"), "you": ("B", "IY1")}))
    for lexicon, said in ((None, ["G", "UH1", "D", "B", "IY1"]), ({"Hello": ("AA1",)}, ["AA1", "B", "IY1"])):
        speech = pngnat.synthesize("Hello you.", own, lexicon=lexicon)
        assert [p.symbol for p in speech.phonemes if p.symbol.strip("012").isalpha() and p.symbol != " "] == said
