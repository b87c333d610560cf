"""Pronunciations of single words, from the first source that has one: the user's lexicon, the dictionary, the letters
of an initialism, rare words, derivation, and the network."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pngnat.text.characters import plain_letters
from pngnat.text.lexicon import dictionary, is_initialism, rare_words
from pngnat.text.morphology import add_s, common_words, derive, is_prefix
from pngnat.text.oov import oov_network

_LETTER_A = ("EY1",)
# The names and misspellings of gigabytes of text would fill the memory.
_MOST_KEPT = 100_000
_CAPITALS = re.compile(
    r"(?P<letters>[A-Z]{2,})(?P<ending>'?s|'S)?|(?P<letter>[B-HJ-Z])|(?P<single>[B-DF-HJ-LNP-TV-Z])'?s"
)

_REPEATED = re.compile(r"([a-z])\1{2,}")
_NO_VOWEL = re.compile(r"(?!.*(.)\1\1)[b-df-hj-np-tv-xz]{2,5}")


class Pronouncer:
    """Words to ARPAbet with stress. lexicon: the user's pronunciations by word, which take precedence."""

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._lexicon = {word.lower(): tuple(phonemes) for word, phonemes in (lexicon or {}).items()}
        self._known: dict[str, list[tuple[str, ...]]] = {}

    def is_given(self, spelling: str) -> bool:
        """Return whether the user's lexicon has the word."""
        return spelling.lower() in self._lexicon

    def knows(self, spelling: str) -> bool:
        """Return whether a word stays one word although it may have hyphens: it is in a dictionary or has a prefix
        ("re-enter")."""
        if self.is_given(spelling) or spelling.lower() in dictionary():
            return True
        prefix, hyphen, rest = spelling.lower().partition("-")
        return bool(hyphen) and is_prefix(prefix) and rest in dictionary()

    def word(self, spelling: str) -> tuple[str, ...]:
        """Return the most frequent pronunciation of a normalized word; empty where no letter of it can be spoken."""
        variants = self.variants(spelling)
        return variants[0] if variants else ()

    def variants(self, spelling: str) -> list[tuple[str, ...]]:
        """Return all pronunciations of a word, the most frequent one first; a derived or predicted word has one.

        Capitals count: "US" is spelled out, "us" is a word.
        """
        if spelling not in self._known:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[spelling] = self._look_up(spelling)
        return self._known[spelling]

    def _look_up(self, spelling: str) -> list[tuple[str, ...]]:
        if spelling.lower() in self._lexicon:
            return [self._lexicon[spelling.lower()]]
        if not spelling.isascii() and spelling.lower() in dictionary():
            return dictionary().variants(spelling.lower())
        plain = plain_letters(spelling)
        capitals = _CAPITALS.fullmatch(plain)
        if capitals and (not capitals["letters"] or is_initialism(capitals["letters"])):
            phonemes = self.letters(capitals["letters"] or capitals["letter"] or capitals["single"])
            return [add_s(phonemes) if capitals["ending"] or capitals["single"] else phonemes]
        word = plain.lower()
        if word in dictionary():
            return dictionary().variants(word)
        guess = (
            self._joined(plain)
            or self._usual(word)
            or self._drawn_out(word)
            or derive(word, self._usual)
            or self._spelled(word)
            or oov_network()(word)
        )
        return [guess] if guess else []

    def _usual(self, word: str) -> tuple[str, ...] | None:
        """Return the first pronunciation in the user's lexicon, the dictionary or the list of rare words."""
        if word in self._lexicon:
            return self._lexicon[word]
        if word in dictionary():
            return dictionary().variants(word)[0]
        rare = rare_words().get(word)
        return tuple(rare.split()) if rare else None

    def _joined(self, word: str) -> tuple[str, ...] | None:
        """Return the pronunciations of the parts of "iPhone" or "YouTube", None where one is unknown."""
        pieces = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", word)
        if len(pieces) < 2 or "".join(pieces) != word:
            return None
        found = [
            self.letters(piece) if len(piece) == 1 or piece.isupper() else self._usual(piece.lower())
            for piece in pieces
        ]
        return tuple(sound for piece in found if piece for sound in piece) if all(found) else None

    def _drawn_out(self, word: str) -> tuple[str, ...] | None:
        """Return the pronunciation of a word without its repeated letters ("sooo", "pleeease")."""
        shorter = dict.fromkeys(_REPEATED.sub(letters, word) for letters in (r"\1\1", r"\1"))
        known = [one for one in shorter if one != word and len(one) > 1 and self._usual(one)]
        return self._usual(max(known, key=lambda one: len(one) < 3 or one in common_words())) if known else None

    def _spelled(self, word: str) -> tuple[str, ...] | None:
        """Return the letter names of a short word without a vowel ("css", "km")."""
        return self.letters(word) if _NO_VOWEL.fullmatch(word) else None

    def letters(self, letters: str) -> tuple[str, ...]:
        """Return the names of the letters ("FBI" -> EH1 F B IY1 AY1)."""
        phonemes: list[str] = []
        for letter in letters.lower():
            if letter.isalpha():
                phonemes += _LETTER_A if letter == "a" else dictionary().variants(letter)[0]
        return tuple(phonemes)
