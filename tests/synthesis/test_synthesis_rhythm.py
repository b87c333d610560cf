"""When each sound is spoken: given durations, paces, pauses, and the rhythm of a professional."""

import json
import shutil

import numpy as np
import pytest
from speaking import TEXT, gap

import pngnat
from pngnat.errors import PngnatError
from pngnat.synthesis.blending import blend_durations
from pngnat.voice.card import Blend


def test_durations_out_are_durations_in(voice):
    one = pngnat.synthesize("Hello there, my friend.", voice)
    again = pngnat.synthesize("Hello there, my friend.", voice, durations=one.durations)
    assert np.allclose(again.durations, one.durations, atol=1e-4) and len(again.samples) == len(one.samples)


def test_durations_of_several_sentences(voice, speech):
    again = pngnat.synthesize(TEXT, voice, durations=speech.durations)
    assert np.allclose(again.durations, speech.durations, atol=1e-4)


@pytest.mark.parametrize("ending", ["json", "TextGrid"])
def test_edited_timings(voice, speech, tmp_path, ending):
    speech.save_timings(tmp_path / f"a.{ending}")
    again = pngnat.synthesize(TEXT, voice, durations=tmp_path / f"a.{ending}")
    assert np.allclose(again.durations, speech.durations, atol=1e-4)
    if ending == "json":
        data = json.loads((tmp_path / "a.json").read_text())
        data["phonemes"][4]["end"] += 0.5
        (tmp_path / "a.json").write_text(json.dumps(data))
        longer = pngnat.synthesize(TEXT, voice, durations=tmp_path / "a.json")
        assert longer.phonemes[4].duration == pytest.approx(speech.phonemes[4].duration + 0.5, abs=1e-3)
        assert longer.duration == pytest.approx(speech.duration + 0.5, abs=0.02)


def test_durations_that_do_not_match(voice, speech, tmp_path):
    with pytest.raises(PngnatError, match="durations do not match"):
        pngnat.synthesize(TEXT + " Fine.", voice, durations=speech.durations)
    with pytest.raises(PngnatError, match="are left over"):
        pngnat.synthesize("Hello there, my friend.", voice, durations=speech.durations)
    speech.save_timings(tmp_path / "a.json")
    with pytest.raises(PngnatError, match="durations do not match"):
        pngnat.synthesize("Good bye.", voice, durations=tmp_path / "a.json")


def test_durations_of_words(voice, speech, tmp_path):
    data = {"words": [{"text": word.text, "start": 0, "end": 0.5} for word in speech.words]}
    (tmp_path / "a.json").write_text(json.dumps(data))
    slow = pngnat.synthesize(TEXT, voice, durations=tmp_path / "a.json")
    assert [word.end - word.start for word in slow.words] == pytest.approx([0.5] * len(slow.words), abs=1e-3)


def test_a_long_given_pause_is_kept(voice):
    speech = pngnat.synthesize("Hello there.", voice)
    durations = speech.durations
    durations[0] = 3.0
    again = pngnat.synthesize("Hello there.", voice, durations=durations)
    assert again.phonemes[0].duration == pytest.approx(3.0) and not again.samples[24000:48000].any()


def test_pace_divides(voice, speech):
    text = "Hello there, my friend."
    normal, fast = pngnat.synthesize(text, voice), pngnat.synthesize(text, voice, pace=2.0)
    assert np.allclose(fast.durations[:-1], normal.durations[:-1] / 2, atol=1e-4)


def test_one_word_can_be_slowed_alone(voice, speech):
    slow = pngnat.synthesize(TEXT, voice, word_pace={5: 0.5})
    for index, (word, before) in enumerate(zip(slow.words, speech.words, strict=True)):
        factor = 2 if index == 5 else 1
        assert word.end - word.start == pytest.approx(factor * (before.end - before.start), abs=1e-3)
    with pytest.raises(PngnatError, match="word 99"):
        pngnat.synthesize(TEXT, voice, word_pace={99: 0.5})


def test_a_pace_in_the_text_holds_for_words_and_silences_through_sentences(voice):
    plain, pace = (
        "One two, three. Four!\n\nFive six, seven.",
        "[pace:2]One two, [pace:0.5] three. Four!\n\nFive six, [pace:1] seven.",
    )
    usual, asked = (
        pngnat.synthesize(plain, voice, pause=0, paragraph_pause=0),
        pngnat.synthesize(pace, voice, pause=0, paragraph_pause=0),
    )
    assert asked.normalized_text == usual.normalized_text
    word, factors = -1, []
    for phoneme in usual.phonemes:
        word = word if phoneme.word is None else phoneme.word
        factors.append((0.5, 0.5, 2, 2, 2, 2, 1)[max(word, 0)])
    # The silences at the ends of sentences fill up a frame, or begin the next sentence.
    inner = [
        place
        for place, phoneme in enumerate(usual.phonemes)
        if phoneme.symbol not in ".!" and phoneme.symbol != "[CLS]"
    ]
    assert {usual.phonemes[place].symbol for place in inner} > {" ", ","}
    assert np.allclose(asked.durations[inner], (usual.durations * factors)[inner], atol=1e-3)


def test_paces_multiply(voice):
    usual = pngnat.synthesize("Hello there, my friend.", voice)
    asked = pngnat.synthesize("Hello [pace:0.5] there, my friend.", voice, pace=0.8, word_pace={1: 0.7, 0: 2})
    for word, before, pace in zip(asked.words, usual.words, (1.6, 0.28, 0.4, 0.4), strict=True):
        assert word.end - word.start == pytest.approx((before.end - before.start) / pace, abs=1e-3)


def test_given_durations_stand_for_the_paces_in_the_text(voice):
    text = "Hello [pace:0.5] there, my friend."
    asked = pngnat.synthesize(text, voice)
    again = pngnat.synthesize(text, voice, durations=asked.durations)
    assert np.allclose(again.durations, asked.durations, atol=1e-4)
    words = pngnat.synthesize(text, voice, durations=pngnat.WordDurations([0.3, 0.4, 0.5, 0.6]))
    assert [word.end - word.start for word in words.words] == pytest.approx([0.3, 0.4, 0.5, 0.6], abs=1e-3)
    assert gap(words, 1) == pytest.approx(gap(asked, 1), abs=1e-3)


def test_requested_pauses_ignore_a_pace_in_the_text(voice):
    assert gap(pngnat.synthesize("[pace:2] Hello [pause:0.5] there.", voice), 0) == pytest.approx(0.5, abs=1e-4)


def test_pauses_between_sentences_and_paragraphs(voice):
    text = "One. Two.\n\nThree."
    none = pngnat.synthesize(text, voice, pause=0, paragraph_pause=0)
    some = pngnat.synthesize(text, voice, pause=0.5, paragraph_pause=1.0)
    assert gap(some, 0) - gap(none, 0) == pytest.approx(0.5, abs=1e-3)
    assert gap(some, 1) - gap(none, 1) == pytest.approx(1.0, abs=1e-3)
    usual = pngnat.synthesize(text, voice)
    assert gap(usual, 0) - gap(none, 0) == pytest.approx(voice.card.pauses.sentence, abs=1e-3)
    assert gap(usual, 1) - gap(none, 1) == pytest.approx(voice.card.pauses.paragraph, abs=1e-3)


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.5, 2.0])
@pytest.mark.parametrize(
    "text",
    ["Hello [pause:{}] there.", "Hello, [pause:{}] there.", "Hello. [pause:{}] There.", "Hello.\n\n[pause:{}] There."],
)
def test_requested_pauses_are_exact(voice, text, pause):
    speech = pngnat.synthesize(text.format(pause), voice)
    assert len(speech.words) == 2 and gap(speech, 0) == pytest.approx(pause, abs=1e-4)
    if pause >= 0.5:
        middle = slice(round((speech.words[0].end + 0.21) * 24000), round((speech.words[1].start - 0.11) * 24000))
        assert not speech.samples[middle].any()


def test_pauses_at_the_ends(voice):
    speech = pngnat.synthesize("[pause:0.7] Hello. [pause:1.1]", voice)
    assert speech.words[0].start == pytest.approx(0.7, abs=1e-4)
    assert speech.duration - speech.words[0].end == pytest.approx(1.1, abs=1e-4)


def test_requested_pauses_ignore_the_pace(voice):
    speech = pngnat.synthesize("Hello [pause:0.5] there.", voice, pace=2.0)
    assert gap(speech, 0) == pytest.approx(0.5, abs=1e-4)


def test_blending_is_the_geometric_mean_of_two_predictions(voice):
    text = "Hello there, my friend."
    own, half, other = (
        pngnat.synthesize(text, voice, blend=Blend("pro", weight)).durations[:-1] for weight in (0.0, 0.5, 1.0)
    )
    assert np.allclose(own, pngnat.synthesize(text, voice).durations[:-1])
    assert not np.allclose(own, other, atol=0.01)
    assert np.allclose(half, blend_durations(own, other, 0.5), atol=1e-3)


def test_weights_of_single_tokens(voice):
    own, other = (pngnat.synthesize("Hello.", voice, blend=Blend("pro", weight)).durations for weight in (0.0, 1.0))
    weights = np.zeros(len(own))
    weights[2] = 1.0
    mixed = pngnat.synthesize("Hello.", voice, blend=Blend("pro", weights)).durations
    assert mixed[2] == pytest.approx(other[2], abs=1e-4) and np.allclose(
        np.delete(mixed, 2)[:-1], np.delete(own, 2)[:-1], atol=1e-4
    )
    with pytest.raises(PngnatError, match="blend weights"):
        pngnat.synthesize("Hello there.", voice, blend=Blend("pro", weights))
    with pytest.raises(PngnatError, match="blend weights"):
        pngnat.synthesize("No.", voice, blend=Blend("pro", weights))


def test_a_voice_may_bring_its_own_blend(voice, stub_voice, tmp_path):
    blended = shutil.copytree(stub_voice, tmp_path / "blended")
    card = json.loads((blended / "voice.json").read_text()) | {"blend": {"professional": "pro", "weight": 1.0}}
    (blended / "voice.json").write_text(json.dumps(card))
    text = "Hello there."
    professional = pngnat.synthesize(text, voice, blend=Blend("pro", 1.0)).durations
    assert np.allclose(pngnat.synthesize(text, blended).durations, professional)
    assert not np.allclose(pngnat.synthesize(text, blended, blend=Blend("pro", 0.0)).durations, professional, atol=0.01)


def test_unknown_professionals(voice):
    with pytest.raises(PngnatError, match="'zoe'; it has: pro, ada, bob"):
        pngnat.stream("Hello.", voice, blend=Blend("zoe"))
