"""Comparison of misaki's pronunciations, from which Kokoro's voices speak, with the front end's.

Where the two dictionaries disagree, a recording teaches wrong sounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pngnat.text.phonemes import VOWELS
from pngnat.text.utterance import Utterance

_CONSONANTS = {
    **dict(zip("bdfhklmnpstvwz", "B D F HH K L M N P S T V W Z".split(), strict=True)),
    **{"ɡ": "G", "ŋ": "NG", "ɹ": "R", "j": "Y", "ʃ": "SH", "ʒ": "ZH", "θ": "TH", "ð": "DH", "ʧ": "CH", "ʤ": "JH"},
}
_VOWELS = {
    **{"i": "IY", "ɪ": "IH", "ɛ": "EH", "æ": "AE", "ɑ": "AA", "ɔ": "AO", "ʌ": "AH", "ʊ": "UH", "u": "UW", "ɜ": "ER"},
    **{"A": "EY", "I": "AY", "O": "OW", "W": "AW", "Y": "OY"},
}
# A reduced vowel. If it is unstressed in the dictionary, it matches any vowel.
_REDUCED = frozenset("əɐᵻᵊ")
# "butter" and "kitten": both are our T, the first may be our D too.
_FLAP, _GLOTTAL = "T", "ʔ"
# Before R, American English does not distinguish these; many Americans merge the last pair everywhere.
_BEFORE_R = ({"IH", "IY"}, {"UH", "UW"}, {"EH", "AE", "EY"}, {"AO", "OW"})
_LOW_BACK = {"AA", "AO"}
_STRESS = re.compile("[ˈˌ]")
_MARKS = re.compile(r"""[^\w ˈˌᵊᵻʔ]+""")


Variants = Callable[[str], Sequence[Sequence[str]]]


def differing_words(utterance: Utterance, phonemes: str, variants: Variants | None = None) -> list[str] | None:
    """Return the words of an utterance that `phonemes`, in misaki's symbols with a space between words, pronounce
    differently.

    variants: returns other acceptable pronunciations of a word, between which an aligner decides. None if the numbers
    of words differ. Weak forms ("to" as T AH), reduced vowels and stress are no differences: the front end writes the
    full form, and both dictionaries reduce it by the sentence.
    """
    spoken = [part for part in _MARKS.sub(" ", phonemes).split(" ") if part.strip("ˈˌ")]
    if len(spoken) != len(utterance.words):
        return None
    return [
        word.text
        for word, other in zip(utterance.words, spoken, strict=True)
        if not any(same_sounds(said, other) for said in (word.phonemes, *(variants(word.text) if variants else ())))
    ]


def same_sounds(phonemes: Sequence[str], misaki: str) -> bool:
    """Return whether a word's ARPAbet and misaki symbols agree, apart from stress and reduced vowels."""
    is_weak = "ˈ" not in misaki
    ours, theirs = _split_er(phonemes), _STRESS.sub("", misaki)
    if len(ours) != len(theirs):
        return False
    return all(_same(ours, place, symbol, is_weak) for place, symbol in enumerate(theirs))


def _split_er(phonemes: Sequence[str]) -> list[str]:
    """Split ER in ARPAbet into a vowel and an R, as in misaki."""
    parts: list[str] = []
    for phoneme in phonemes:
        parts += [phoneme, "R"] if phoneme.startswith("ER") else [phoneme]
    return parts


def _same(ours: Sequence[str], place: int, symbol: str, is_weak: bool) -> bool:
    phoneme = ours[place]
    sound = phoneme.rstrip("012")
    if sound not in VOWELS:
        return (
            sound == _CONSONANTS.get(symbol)
            or (symbol == _FLAP and sound in ("T", "D"))
            or (symbol == _GLOTTAL and sound == "T")
        )
    if symbol not in _REDUCED and symbol not in _VOWELS:
        return False
    if phoneme.endswith("0") or (is_weak and symbol in _REDUCED | {"ʌ", "ɪ", "ʊ"}):
        return True
    other = _VOWELS.get(symbol, "AH")
    before_r = place + 1 < len(ours) and ours[place + 1] == "R"
    return (
        sound == other
        or {sound, other} <= _LOW_BACK
        or (before_r and any({sound, other} <= group for group in _BEFORE_R))
    )
