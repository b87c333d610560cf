"""Pronunciations derived from known words: endings, contractions, prefixes and compounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from pngnat.text.lexicon import DATA

Phonemes = tuple[str, ...]
Known = Callable[[str], Phonemes | None]

_SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS = frozenset({"P", "T", "K", "F", "TH", "S", "SH", "CH"})
_CONTRACTIONS = {"n't": "AH0 N T", "'d": "D", "'ll": "AH0 L", "'ve": "AH0 V", "'re": "ER0", "'m": "AH0 M"}
_SUFFIXES = {
    "ing": "IH0 NG", "er": "ER0", "est": "AH0 S T", "ly": "L IY0", "ness": "N AH0 S", "less": "L AH0 S",
    "ful": "F AH0 L", "ment": "M AH0 N T", "ish": "IH0 SH", "like": "L AY2 K", "able": "AH0 B AH0 L",
    "ship": "SH IH2 P", "hood": "HH UH2 D", "wise": "W AY2 Z", "ism": "IH2 Z AH0 M", "ist": "AH0 S T", "y": "IY0",
    "ize": "AY2 Z", "dom": "D AH0 M", "fold": "F OW2 L D", "proof": "P R UW2 F", "ward": "W ER0 D",
    "wards": "W ER0 D Z", "some": "S AH0 M", "man": "M AH0 N", "men": "M EH2 N",
}  # fmt: skip
_PREFIXES = {
    "un": "AH0 N", "re": "R IY0", "pre": "P R IY0", "non": "N AA0 N", "mis": "M IH0 S", "dis": "D IH0 S",
    "over": "OW2 V ER0", "under": "AH2 N D ER0", "out": "AW2 T", "anti": "AE2 N T IY0", "inter": "IH2 N T ER0",
    "super": "S UW2 P ER0", "sub": "S AH0 B", "co": "K OW0", "multi": "M AH2 L T IY0", "micro": "M AY2 K R OW0",
    "mini": "M IH2 N IY0", "mega": "M EH2 G AH0", "hyper": "HH AY2 P ER0", "ultra": "AH2 L T R AH0",
    "semi": "S EH2 M IY0", "pseudo": "S UW2 D OW0", "counter": "K AW2 N T ER0", "cyber": "S AY2 B ER0",
    "bio": "B AY2 OW0", "eco": "IY2 K OW0", "geo": "JH IY2 OW0", "neo": "N IY2 OW0", "neuro": "N UH2 R OW0",
    "photo": "F OW2 T OW0", "electro": "IH0 L EH2 K T R OW0", "tele": "T EH2 L AH0", "auto": "AO2 T OW0",
    "mono": "M AA2 N OW0", "poly": "P AA2 L IY0", "post": "P OW2 S T", "trans": "T R AE0 N Z", "ex": "EH2 K S",
    "kilo": "K IH2 L AH0", "giga": "G IH2 G AH0", "tera": "T EH2 R AH0", "peta": "P EH2 T AH0", "milli": "M IH2 L AH0",
    "nano": "N AE2 N OW0", "pico": "P IY2 K OW0", "hecto": "HH EH2 K T OW0", "centi": "S EH2 N T AH0",
    "kibi": "K IH2 B IY0", "mebi": "M EH2 B IY0", "gibi": "G IH2 B IY0", "tebi": "T EH2 B IY0", "self": "S EH2 L F",
}  # fmt: skip
_MIN_STEM = 3
_MIN_COMPOUND = 3


def add_s(phonemes: Phonemes) -> Phonemes:
    """Return `phonemes` with the ending of a plural or possessive: S, Z or IH0 Z by the last sound."""
    if phonemes[-1] in _SIBILANTS:
        return (*phonemes, "IH0", "Z")
    return (*phonemes, "S" if phonemes[-1] in _VOICELESS else "Z")


def add_d(phonemes: Phonemes) -> Phonemes:
    """Return `phonemes` with the ending of the past: T, D or IH0 D by the last sound."""
    if phonemes[-1] in ("T", "D"):
        return (*phonemes, "IH0", "D")
    return (*phonemes, "T" if phonemes[-1] in _VOICELESS else "D")


def derive(word: str, known: Known) -> Phonemes | None:
    """Return the pronunciation of a lower-case word from parts that `known` has, None where there are none."""
    return _inflected(word, known) or _suffixed(word, known) or _prefixed(word, known) or compound(word, known)


def _stems(stem: str) -> Iterator[str]:
    """Yield the possible spellings of a base: "mak" -> make, "stopp" -> stop, "happi" -> happy."""
    # One consonant after one vowel would have been doubled, so an e was dropped: "piling" is pile, not pil.
    dropped = bool(re.search(r"(?<![aeiou])[aeiou][^aeiouwxy]$", stem))
    yield from (stem + "e", stem) if dropped else (stem, stem + "e")
    if len(stem) > 2 and stem[-1] == stem[-2]:
        yield stem[:-1]
    if stem.endswith("i"):
        yield stem[:-1] + "y"


def _inflected(word: str, known: Known) -> Phonemes | None:
    for ending, sounds in _CONTRACTIONS.items():
        stem = word.removesuffix(ending)
        if stem != word and (base := known(stem) or _inflected(stem, known)):
            return add_d(base) if ending == "'d" and base[-1] in ("T", "D") else (*base, *sounds.split())
    if word.endswith("'s"):
        base = known(word[:-2]) or derive(word[:-2], known)
        return add_s(base) if base else None
    if word.endswith("in'") and (full := known(word[:-1] + "g") or derive(word[:-1] + "g", known)):
        return (*full[:-1], "N") if full[-1] == "NG" else None
    if word.endswith("s") and not word.endswith("ss"):
        bases = [word[:-1], word[:-3] + "y" if word.endswith("ies") else "", word[:-2] if word.endswith("es") else ""]
        if base := _first(bases, known):
            return add_s(base)
    if word.endswith("ed") and (base := _first(_stems(word[:-2]), known)):
        return add_d(base)
    return None


def _suffixed(word: str, known: Known) -> Phonemes | None:
    for ending, sounds in _SUFFIXES.items():
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _MIN_STEM:
            continue
        if ending[0] in "ey" and stem[-1] in "aeou":
            continue
        stems = _stems(stem) if ending[0] in "aeiy" else [stem, stem[:-1] + "y" if stem.endswith("i") else ""]
        if base := _first(stems, known):
            return (*_before_ly(base, stem), *sounds.split()) if ending == "ly" else (*base, *sounds.split())
    return None


def _before_ly(base: Phonemes, stem: str) -> Phonemes:
    """Return the base before -ly: "really" has one L, and the Y of "lazy" is reduced in "lazily"."""
    if stem.endswith("i") and base[-1] == "IY0":
        return (*base[:-1], "AH0")
    return base[:-1] if base[-1] == "L" else base


def _prefixed(word: str, known: Known) -> Phonemes | None:
    for prefix, sounds in _PREFIXES.items():
        rest = word.removeprefix(prefix).removeprefix("-")
        if rest != word and len(rest) > _MIN_STEM:
            base = known(rest) or _inflected(rest, known) or _suffixed(rest, known)
            if base:
                return (*sounds.split(), *base)
    return None


def is_prefix(word: str) -> bool:
    """Return whether `word` before a hyphen is a prefix of the next word ("re-enter")."""
    return word in _PREFIXES


def compound(word: str, known: Known) -> Phonemes | None:
    """Return the pronunciation of a compound of two known words, cut near its middle.

    The second word loses its main stress."""
    middle = len(word) // 2
    for cut in sorted(range(_MIN_COMPOUND, len(word) - _MIN_COMPOUND + 1), key=lambda position: abs(position - middle)):
        if word[:cut] not in common_words():
            continue
        first, second = known(word[:cut]), _inflected_common(word[cut:], known)
        if first and second:
            return (*first, *(sound.replace("1", "2") for sound in second))
    return None


def _inflected_common(word: str, known: Known) -> Phonemes | None:
    def common(base: str) -> Phonemes | None:
        return known(base) if base in common_words() else None

    return common(word) or _inflected(word, common)


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return the words that may be part of a compound, without CMUdict's surnames."""
    return frozenset((DATA / "common_words.txt").read_text(encoding="utf-8").split())


def _first(words: Iterable[str], known: Known) -> Phonemes | None:
    return next((found for word in words if len(word) >= _MIN_STEM - 1 and (found := known(word))), None)
