import numpy as np
import pytest

from pngnat.errors import PngnatError
from pngnat.studio.shaping import Shape, Shaper, split_text

TEXT = "How are you today?"


@pytest.fixture
def shaper() -> Shaper:
    return Shaper()


def test_a_longer_phoneme_makes_the_sentence_longer(shaper, voice):
    plain = shaper.synthesize(Shape(TEXT), voice)
    longer = plain.durations
    place = next(index for index, phoneme in enumerate(plain.phonemes) if phoneme.word is not None)
    longer[place] += 0.08
    shaped = shaper.synthesize(Shape(TEXT, durations=tuple(longer)), voice)
    assert shaped.duration - plain.duration == pytest.approx(0.08, abs=1 / 80)
    np.testing.assert_allclose(shaped.durations[place], longer[place], atol=1e-3)


def test_an_unchanged_shape_is_not_synthesized_again(shaper, voice):
    assert shaper.synthesize(Shape(TEXT), voice) is shaper.synthesize(Shape(TEXT), voice)
    assert shaper.synthesize(Shape(TEXT, "bob"), voice) is not shaper.synthesize(Shape(TEXT), voice)


def test_only_a_bend_that_is_not_zero_changes_the_sound(shaper, voice):
    plain = shaper.synthesize(Shape(TEXT), voice)
    count = len(plain.phonemes)
    flat = shaper.synthesize(Shape(TEXT, bends=(0.0,) * count), voice)
    np.testing.assert_allclose(flat.samples, plain.samples, atol=1e-4)
    bent = shaper.synthesize(Shape(TEXT, bends=(4.0,) * count), voice)
    assert bent.duration == plain.duration and np.abs(bent.samples - plain.samples).max() > 1e-3


@pytest.mark.parametrize("bends", [(1.0,), (1.0,) * 500, (99.0,)])
def test_bends_that_do_not_fit_are_refused(shaper, voice, bends):
    with pytest.raises(PngnatError):
        shaper.synthesize(Shape(TEXT, bends=bends), voice)


def test_a_borrowed_rhythm_lies_between_the_two(shaper, voice):
    own, theirs, half = (
        shaper.synthesize(Shape(TEXT, professional="pro", weight=weight), voice).duration for weight in (0.0, 1.0, 0.5)
    )
    assert min(own, theirs) < half < max(own, theirs)


def test_sentences_are_joined_with_silence(shaper, voice):
    shapes = [Shape("Hello."), Shape(TEXT)]
    alone = [shaper.synthesize(shape, voice) for shape in shapes]
    joined = shaper.synthesize_all(shapes, voice, pause=0.5)
    assert joined.duration == pytest.approx(sum(one.duration for one in alone) + 0.5, abs=1e-4)
    assert joined.durations.sum() == pytest.approx(joined.duration, abs=1e-4)
    assert [word.text for word in joined.words] == ["Hello", "How", "are", "you", "today"]


def test_a_text_is_split_into_sentences():
    assert split_text("Hello, Dr. Lee.  How are you?\n\nFine.") == ["Hello, Dr. Lee.", "How are you?", "Fine."]
    with pytest.raises(PngnatError, match="empty"):
        split_text(" \n")


def test_a_pace_applies_to_later_sentences(shaper, voice):
    parts = split_text("[pace:0.5] Hello. How are you?\n\nFine. [pace:1] [pitch:2] Thanks. Good night.")
    assert parts == [
        "[pace:0.5] Hello.",
        "[pace:0.5] How are you?",
        "[pace:0.5] Fine.",
        "[pace:1] [pitch:2] Thanks.",
        "[pace:1] [pitch:2] Good night.",
    ]
    slow, plain = shaper.synthesize(Shape(parts[1]), voice), shaper.synthesize(Shape("How are you?"), voice)
    assert slow.duration == pytest.approx(2 * plain.duration, rel=0.05)
