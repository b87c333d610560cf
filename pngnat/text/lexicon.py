"""Pronunciation dictionaries: CMUdict with corrections, rare words, the user's lexicon; and which capitals are spelled.

A dictionary is searched in its file: one word is found in microseconds, and nothing is loaded."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pngnat.errors import PngnatError
from pngnat.files import read_limited
from pngnat.text.phonemes import PHONEMES, VOWELS
from pngnat.untrusted import shown

DATA = Path(__file__).parent / "data"
# Bytes of a user's lexicon; CMUdict has 4 MB.
_LARGEST = 32 * 2**20
_VALID = frozenset(PHONEMES)
_PLAIN_VOWELS = frozenset(VOWELS)
_VOWEL_LETTERS = re.compile(r"[AEIOUY]")


def parse_phonemes(line: str) -> tuple[str, ...]:
    """Return the phonemes in `line`, separated by spaces; a vowel without stress gets 1 if it is the only one, else 0.

    Raises PngnatError with the symbol that is not ARPAbet.
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
    """Return a lexicon from phonemes by word, each a sequence or one line.

    Raises PngnatError with the word whose pronunciation is not ARPAbet.
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
    """Read a user's lexicon: lines of `word  P H O N E M E S` as in CMUdict, UTF-8; # and ;;; begin comments.

    Case does not matter. Of several lines for one word (also `word(2)`) the first counts. Raises PngnatError with the
    number of the line that cannot be read.
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


class SortedLines:
    """A UTF-8 file of lines `KEY<TAB>VALUE`, sorted by their keys' bytes, the last one ended by a line break too."""

    def __init__(self, path: str | os.PathLike) -> None:
        with open(path, "rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def get(self, key: str) -> str | None:
        """Return the value of a key, None for an unknown key."""
        # A text may contain half of a surrogate pair; a file cannot.
        wanted = key.encode("utf-8", "surrogatepass")
        low, high = 0, len(self._data)
        while low < high:
            middle = (low + high) // 2
            start = self._data.rfind(b"\n", low, middle) + 1 or low
            end = self._data.find(b"\n", middle)
            found, _, value = self._data[start:end].partition(b"\t")
            if found == wanted:
                return value.decode()
            low, high = (end + 1, high) if found < wanted else (low, start)
        return None


class Dictionary:
    """CMUdict (126,052 words), with the project's corrections first."""

    def __init__(self) -> None:
        self._words = SortedLines(DATA / "cmudict.tsv")
        corrections = (DATA / "corrections.tsv").read_text(encoding="utf-8").splitlines()
        self._corrected = dict(line.split("\t", 1) for line in corrections if line and not line.startswith("#"))

    def __contains__(self, word: str) -> bool:
        return word in self._corrected or self._words.get(word) is not None

    def variants(self, word: str) -> list[tuple[str, ...]]:
        """Return all pronunciations of a lower-case word, the most frequent one first; empty for an unknown word."""
        entries = (entry for entry in (self._corrected.get(word), self._words.get(word)) if entry)
        return [
            tuple(variant.split())
            for variant in dict.fromkeys(variant for entry in entries for variant in entry.split("\t"))
        ]


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """Return the shared dictionary."""
    return Dictionary()


@lru_cache(maxsize=1)
def rare_words() -> SortedLines:
    """Return the pronunciations of words that the dictionary lacks.

    They are a list of their own, since in capitals these words are not taken for shouted ones."""
    return SortedLines(DATA / "rare_words.tsv")


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """Return the acronyms spoken as words, and the initialisms that look like words."""
    lines = (DATA / "capitals.txt").read_text(encoding="utf-8").splitlines()
    acronyms, spelled = (
        frozenset(word for line in lines if line.startswith(kind) for word in line.split()[1:])
        for kind in ("said", "spelled")
    )
    return acronyms, spelled


def is_acronym(word: str) -> bool:
    """Return whether `word` is an acronym that is spoken as a word ("NASA")."""
    return word in _lists()[0]


def is_initialism(word: str, shouted: bool = False) -> bool:
    """Return whether `word`, all in capitals, is spelled out ("FBI") and not spoken as a word ("NASA", "STOP").

    shouted: whether the sentence is in capitals too, so that only initialisms that are no ordinary word count.
    """
    acronyms, spelled = _lists()
    plain = re.sub(r"['’]?S$", "", word) if re.search(r"['’]S$", word) else word
    known = plain.lower() in dictionary()
    if plain in acronyms:
        return False
    if plain in spelled:
        return not (shouted and known and not _is_spelled_in_dictionary(plain))
    if known:
        return _is_spelled_in_dictionary(plain)
    return len(plain) <= 5 or not _pronounceable(plain)


def _is_spelled_in_dictionary(word: str) -> bool:
    """Return whether the dictionary spells the word letter by letter, as it does "fbi"."""
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
    vowels = len(_VOWEL_LETTERS.findall(word))
    return vowels / len(word) >= 0.25 and not re.search(r"[^AEIOUY]{4}", word)
