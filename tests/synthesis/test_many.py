"""Many texts at once: what comes out is what each text alone would be, in order, whatever is read together."""

from itertools import count, islice

import numpy as np
import pytest

import pngnat
from pngnat.synthesis.batch import EncodedBatch
from pngnat.synthesis.planning import plan_text
from pngnat.synthesis.synthesize import each_result
from pngnat.text.frontend import Frontend

TEXTS = [
    "Hello there, my friend. How are you?",
    "Yes.",
    "A third, [pace:0.7] slower one. [pause:0.5] It goes on [pitch:2] and on, until it ends, a good deal later than "
    "the others.",
    "No 🙂. And here, [mark:here] a place.",
    "Zyxgrop " * 12,
    "One. Two. Three.\n\nFour.",
]


def alike(one: pngnat.Speech, other: pngnat.Speech, tolerance: float = 0.0) -> bool:
    return (
        one.words == other.words
        and one.phonemes == other.phonemes
        and (one.marks, one.skipped, one.speaker, one.normalized_text)
        == (other.marks, other.skipped, other.speaker, other.normalized_text)
        and len(one.samples) == len(other.samples)
        and np.abs(one.samples - other.samples).max() <= tolerance
    )


@pytest.mark.parametrize("batch_size", [1, 3, 16])
@pytest.mark.parametrize(
    "options", [{}, {"speaker": "bob", "seed": 3, "pace": 1.2}, {"blend": pngnat.Blend("pro", 0.4)}]
)
def test_each_text_sounds_as_it_does_alone(voice, batch_size, options):
    together = list(pngnat.synthesize_many(TEXTS, voice, batch_size=batch_size, **options))
    assert len(together) == len(TEXTS)
    for text, speech in zip(TEXTS, together, strict=True):
        assert alike(
            speech,
            pngnat.synthesize(text, voice, **options),
            1e-3 if batch_size > 1 and voice.engine == "torch" else 0.0,
        )


def test_mels_that_are_made_together(voice):
    plans = [plan for text in TEXTS for plan in plan_text(text, Frontend(), voice.tokenizer, None)]
    rate, model = voice.card.audio.frame_rate, voice.acoustic
    together = EncodedBatch([plan.tokens for plan in plans], rate)
    alone = [EncodedBatch([plan.tokens], rate) for plan in plans]
    seconds = []
    for index, other in enumerate(alone):
        predicted = together.predict_durations(model, 0, index)
        assert np.allclose(predicted, other.predict_durations(model, 0, 0), atol=1e-6)
        seconds.append(np.maximum(np.round(predicted * rate), 1) / rate)
    for mel, other, own in zip(together.generate_mels(model, 0, seconds), alone, seconds, strict=True):
        (expected,) = other.generate_mels(model, 0, [own])
        assert mel.shape == expected.shape and np.abs(mel - expected).max() < 1e-4


def test_more_texts_than_one_sorting_window(voice, monkeypatch):
    monkeypatch.setattr("pngnat.synthesis.synthesize._WINDOW", 2)
    for text, speech in zip(TEXTS, pngnat.synthesize_many(TEXTS, voice), strict=True):
        assert alike(speech, pngnat.synthesize(text, voice))


def test_sentences_are_encoded_together(voice, monkeypatch):
    sizes = []
    encode = type(voice.acoustic).encode
    monkeypatch.setattr(
        type(voice.acoustic), "encode", lambda self, tokens: sizes.append(len(tokens)) or encode(self, tokens)
    )
    list(pngnat.synthesize_many(["Hello.", "Good day. How are you?", "Yes."], voice, batch_size=3))
    assert sizes == [3, 1]


def test_few_long_sentences_are_encoded_at_a_time(voice, monkeypatch):
    monkeypatch.setattr("pngnat.synthesis.batch._MOST_TOKENS", 1)
    sizes = []
    encode = type(voice.acoustic).encode
    monkeypatch.setattr(
        type(voice.acoustic), "encode", lambda self, tokens: sizes.append(len(tokens)) or encode(self, tokens)
    )
    list(pngnat.synthesize_many(["Hello.", "Yes."], voice, batch_size=2))
    assert sizes == [1, 1]


def test_a_text_that_cannot_be_spoken_is_named(voice):
    results = pngnat.synthesize_many(["Hello.", "🙂", "Yes."], voice)
    assert next(results).words[0].text == "Hello"
    with pytest.raises(pngnat.PngnatError, match="text 1: nothing in the text can be spoken"):
        next(results)


@pytest.mark.parametrize("wrong", ["🙂", "", "Hello [pitch:12] there.", "Yes. [pause:20] No. [pause:20] Good."])
def test_one_failing_text_does_not_affect_the_others(voice, wrong):
    first, error, last = each_result(["Hello. You.", wrong, "Yes. No."], voice, pitch=1, max_pause=30)
    assert alike(first, pngnat.synthesize("Hello. You.", voice, pitch=1)) and alike(
        last, pngnat.synthesize("Yes. No.", voice, pitch=1)
    )
    with pytest.raises(pngnat.PngnatError) as alone:
        pngnat.synthesize(wrong, voice, pitch=1, max_pause=30)
    assert str(error) == str(alone.value)


def test_there_may_be_any_number_of_texts(voice):
    assert len(list(islice(pngnat.synthesize_many((f"Number {number}." for number in count(1)), voice), 3))) == 3
    assert list(pngnat.synthesize_many([], voice)) == []


def test_a_lexicon_is_read_once(voice, tmp_path, monkeypatch):
    (tmp_path / "words.txt").write_text("hello  B AY1\n")
    made = []
    monkeypatch.setattr(
        Frontend, "__init__", lambda self, *rest, start=Frontend.__init__: made.append(rest) or start(self, *rest)
    )
    (one, _) = pngnat.synthesize_many(["Hello.", "Yes."], voice, lexicon=tmp_path / "words.txt")
    assert [phoneme.symbol for phoneme in one.phonemes][1:3] == ["B", "AY1"]
    assert len(made) == 1 and made[0][0]["hello"] == ("B", "AY1")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"durations": [1.0]}, "durations"),
        ({"f0": [1.0]}, "f0"),
        ({"word_pace": {0: 1.0}}, "word_pace"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_options_of_one_text(wrong, named):
    with pytest.raises(pngnat.PngnatError, match=named):
        pngnat.synthesize_many(["Hello."], "no voice", **wrong)


def test_one_text_is_no_list_of_texts():
    with pytest.raises(pngnat.PngnatError, match="one text"):
        pngnat.synthesize_many("Hello.")


def test_a_lexicon_that_was_changed_is_read_again(voice, tmp_path):
    words = tmp_path / "words.txt"
    for phonemes in ("B AY1", "G UH1 D"):
        words.write_text(f"hello  {phonemes}\n")
        speech = pngnat.synthesize("Hello.", voice, lexicon=words)
        assert [phoneme.symbol for phoneme in speech.phonemes][1:-1] == phonemes.split()
