import pytest

from pngnat.data.misaki import differing_words, same_sounds
from pngnat.text.utterance import Boundary, Utterance, Word


@pytest.mark.parametrize(
    ("arpabet", "misaki"),
    [
        ("HH AH0 L OW1", "həlˈO"),
        ("B EH1 T ER0", "bˈɛTəɹ"),
        ("W ER1 D", "wˈɜɹd"),
        ("P IY1 P AH0 L", "pˈipᵊl"),
        ("T UW1", "tə"),
        ("F AO1 R", "fɔɹ"),
        ("HH IY1 R", "hˈɪɹ"),
        ("CH IH1 L D R AH0 N", "ʧˈɪldɹᵊn"),
        ("AA1 N", "ˌɔn"),
    ],
)
def test_the_same_sounds_in_two_alphabets(arpabet, misaki):
    assert same_sounds(arpabet.split(), misaki)


@pytest.mark.parametrize(
    ("arpabet", "misaki"),
    [
        ("R IY1 D", "ɹˈɛd"),
        ("CH EY1 S", "ʧˈAsɪz"),
        ("AY1 DH ER0", "ˈiðəɹ"),
        ("P UH1 T IH0 NG", "pˈʌTɪŋ"),
        ("T UW1", "ðə"),
    ],
)
def test_other_sounds(arpabet, misaki):
    assert not same_sounds(arpabet.split(), misaki)


def test_words_are_compared_one_by_one():
    words = (Word("I", ("AY1",)), Word("read", ("R", "IY1", "D")), Word("it", ("IH1", "T")))
    utterance = Utterance(words, (Boundary(), Boundary(), Boundary(), Boundary(".")))
    assert differing_words(utterance, "ˌI ɹˈid ɪt.") == []
    assert differing_words(utterance, "ˌI ɹˈɛd ɪt.") == ["read"]
    assert differing_words(utterance, "ˌI ɹˈɛd ɪt.", lambda word: [("R", "EH1", "D")] if word == "read" else []) == []
    assert differing_words(utterance, "ɹˈɛd ɪt.") is None
