"""Pronunciation dictionaries: CMUdict, the project's corrections to it, words that CMUdict lacks, and the user's own
file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pngnat.errors import PngnatError
from pngnat.files import read_limited
from pngnat.text.phonemes import PHONEMES, VOWELS
from pngnat.text.sorted_lines import SortedLines
from pngnat.untrusted import shown

DATA = Path(__file__).parent / "data"
# Bytes of a user's lexicon; CMUdict has 4 MB.
_LARGEST = 32 * 2**20
_VALID = frozenset(PHONEMES)
_PLAIN_VOWELS = frozenset(VOWELS)


def parse_phonemes(line: str) -> tuple[str, ...]:
    """The phonemes in `line`, separated by spaces; a vowel without its stress gets 1 if it is the only one, else 0.

    Raises PngnatError naming the symbol that is not ARPAbet.
    """
    symbols = line.upper().split()
    if not symbols:
        raise PngnatError("there are no phonemes; write ARPAbet like P R AH0 N AW2 N S")
    alone = sum(symbol.rstrip("012") in _PLAIN_VOWELS for symbol in symbols) == 1
    stressed = tuple(symbol + ("1" if alone else "0") if symbol in _PLAIN_VOWELS else symbol for symbol in symbols)
    for symbol in stressed:
        if symbol not in _VALID:
            raise PngnatError(f"'{symbol}' is no ARPAbet phoneme; write for example P R AH0 N AW2 N S")
    return stressed


def checked_lexicon(words: Mapping[str, Iterable[str]] | None) -> dict[str, tuple[str, ...]]:
    """Pronunciations as a program gives them: phonemes by word, in a sequence or in one line.

    Raises PngnatError naming the word whose pronunciation is none.
    """
    lexicon = {}
    for word, phonemes in (words or {}).items():
        try:
            lexicon[word.lower()] = parse_phonemes(phonemes if isinstance(phonemes, str) else " ".join(phonemes))
        except (TypeError, AttributeError) as error:
            raise PngnatError(
                f"the lexicon must have phonemes by word, and says {shown(phonemes)} for {shown(word)}"
            ) from error
        except PngnatError as error:
            raise PngnatError(f"in the lexicon, {shown(word)}: {error}") from error
    return lexicon


def load_lexicon(path: str | os.PathLike) -> dict[str, tuple[str, ...]]:
    """A user's lexicon: lines of `word  P H O N E M E S` as in CMUdict, UTF-8; lines that start with # or ;;; are
    comments.

    Words are matched without regard to case. Of several lines for one word (also `word(2)`) the first counts.
    Raises PngnatError with the line's number.
    """
    try:
        text = read_limited(path, _LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PngnatError(f"{path}: is no lexicon: it is not UTF-8 text") from error
    lexicon: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        content = re.split(r"\s#", line)[0].strip()
        if not content or content.startswith(("#", ";;;")):
            continue
        word, _, phonemes = content.replace("\t", " ").partition(" ")
        try:
            pronunciation = parse_phonemes(phonemes)
        except PngnatError as error:
            raise PngnatError(f"{path}, line {number}: '{word}': {error}") from error
        lexicon.setdefault(re.sub(r"\(\d+\)$", "", word).lower(), pronunciation)
    return lexicon


class Dictionary:
    """CMUdict (126,052 words) with the project's corrections in front. Nothing is loaded: a word is searched for in the
    file."""

    def __init__(self) -> None:
        self._words = SortedLines(DATA / "cmudict.tsv")
        corrections = (DATA / "corrections.tsv").read_text(encoding="utf-8").splitlines()
        self._corrected = dict(line.split("\t", 1) for line in corrections if line and not line.startswith("#"))

    def __contains__(self, word: str) -> bool:
        return word in self._corrected or self._words.get(word) is not None

    def variants(self, word: str) -> list[tuple[str, ...]]:
        """All pronunciations of a lower-case word, the usual one first; empty for an unknown word."""
        entries = (entry for entry in (self._corrected.get(word), self._words.get(word)) if entry)
        return [
            tuple(variant.split())
            for variant in dict.fromkeys(variant for entry in entries for variant in entry.split("\t"))
        ]


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """The one shared dictionary."""
    return Dictionary()


@lru_cache(maxsize=1)
def rare_words() -> SortedLines:
    """Pronunciations of words that the dictionary lacks. A list of its own, since capitals are no sign of a shout in
    words like these."""
    return SortedLines(DATA / "rare_words.tsv")
