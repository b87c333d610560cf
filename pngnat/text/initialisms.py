"""Which words in capitals are said letter by letter."""

from __future__ import annotations

import re
from functools import lru_cache

from pngnat.text.lexicon import DATA, dictionary

_VOWELS = re.compile(r"[AEIOUY]")


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """The acronyms said as words, and the initialisms that would otherwise be read as words."""
    lines = (DATA / "capitals.txt").read_text(encoding="utf-8").splitlines()
    said, spelled = (
        frozenset(word for line in lines if line.startswith(kind) for word in line.split()[1:])
        for kind in ("said", "spelled")
    )
    return said, spelled


def is_said(word: str) -> bool:
    """Whether `word` is an acronym that is said as a word ("NASA")."""
    return word in _lists()[0]


def is_initialism(word: str, shouted: bool = False) -> bool:
    """Whether `word`, all in capitals, is spelled out ("FBI") and not said as a word ("NASA", "STOP").

    shouted: the sentence around is in capitals too, so only initialisms that are no ordinary word count.
    """
    said, spelled = _lists()
    plain = re.sub(r"['’]?S$", "", word) if re.search(r"['’]S$", word) else word
    known = plain.lower() in dictionary()
    if plain in said:
        return False
    if plain in spelled:
        return not (shouted and known and not _is_spelled_in_dictionary(plain))
    if known:
        return _is_spelled_in_dictionary(plain)
    return len(plain) <= 5 or not _pronounceable(plain)


def _is_spelled_in_dictionary(word: str) -> bool:
    """Whether the dictionary itself has the word letter by letter, as it has "fbi"."""
    names = [
        tuple(sound.rstrip("012") for variant in dictionary().variants(letter)[-1:] for sound in variant)
        for letter in word.lower()
        if letter.isalpha()
    ]
    spelled = tuple(sound for name in names for sound in name)
    return any(
        tuple(sound.rstrip("012") for sound in variant) == spelled for variant in dictionary().variants(word.lower())
    )


def _pronounceable(word: str) -> bool:
    vowels = len(_VOWELS.findall(word))
    return vowels / len(word) >= 0.25 and not re.search(r"[^AEIOUY]{4}", word)
