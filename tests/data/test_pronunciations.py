import pytest

from pngnat.data.pronunciations import alternatives


def choices(spelling: str, *variants: str) -> list[str]:
    split = [tuple(variant.split()) for variant in variants]
    return [" ".join(found) for found in alternatives(spelling, split[0], split)]


@pytest.mark.parametrize("variants", [
    ("read", "R IY1 D", "R EH1 D"),
    ("use", "Y UW1 S", "Y UW1 Z"),
    ("record", "R AH0 K AO1 R D", "R EH1 K ER0 D"),
    ("advocate", "AE1 D V AH0 K AH0 T", "AE1 D V AH0 K EY2 T"),
    ("either", "IY1 DH ER0", "AY1 DH ER0"),
    ("the", "DH AH0", "DH IY0"),
    ("a", "AH0", "EY1"),
])  # fmt: skip
def test_other_words_to_the_ear(variants):
    assert choices(*variants) == list(variants[1:])


@pytest.mark.parametrize("variants", [
    ("to", "T UW1", "T AH0", "T IH0"),
    ("and", "AH0 N D", "AE1 N D"),
    ("ticket", "T IH1 K AH0 T", "T IH1 K IH0 T"),
    ("next", "N EH1 K S T", "N EH1 K S"),
    ("every", "EH1 V ER0 IY0", "EH1 V R IY0"),
    ("when", "W EH1 N", "HH W EH1 N"),
])  # fmt: skip
def test_the_same_word_more_or_less_clearly_said(variants):

    assert len(choices(*variants)) == 1
