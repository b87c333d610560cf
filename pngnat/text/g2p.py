"""Pronunciations of single words: user's lexicon, dictionary, letters of an initialism, derivation, and last the network."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from pngnat.text.lexicon import dictionary
from pngnat.text.oov import oov_network

_LETTER_A = ("EY1",)
_INITIALISM = re.compile(r"((?:[A-Z]\.?){2,}|[A-Z])('?s)?")


def plain_letters(text: str) -> str:
    """`text` with accents taken off and ligatures written out ("café" -> "cafe")."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


_LIGATURES = str.maketrans(
    {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ß": "ss", "ł": "l", "Ł": "L", "đ": "d", "ð": "th", "þ": "th"}
)


def add_s(phonemes: tuple[str, ...]) -> tuple[str, ...]:
    """`phonemes` with the ending of a plural or possessive: S, Z or IH0 Z by the last sound."""
    last = phonemes[-1]
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return (*phonemes, "IH0", "Z")
    return (*phonemes, "S" if last in ("P", "T", "K", "F", "TH") else "Z")


class Pronouncer:
    """Words to ARPAbet with stress. lexicon: the user's pronunciations by lower-case word; they win over everything."""

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._lexicon = {word.lower(): tuple(phonemes) for word, phonemes in (lexicon or {}).items()}
        self._known: dict[str, list[tuple[str, ...]]] = {}

    def word(self, spelling: str) -> tuple[str, ...]:
        """The usual pronunciation of one normalized word; empty when it has no letter that can be spoken."""
        variants = self.variants(spelling)
        return variants[0] if variants else ()

    def variants(self, spelling: str) -> list[tuple[str, ...]]:
        """All pronunciations that the dictionary knows, the usual one first; a derived or guessed word has one.

        Capitals count: "US" is spelled out, "us" is a word.
        """
        if spelling not in self._known:
            self._known[spelling] = self._look_up(spelling)
        return self._known[spelling]

    def _look_up(self, spelling: str) -> list[tuple[str, ...]]:
        if spelling.lower() in self._lexicon:
            return [self._lexicon[spelling.lower()]]
        plain = plain_letters(spelling)
        initialism = _INITIALISM.fullmatch(plain)
        if initialism and (len(plain) > 1 or plain not in "AI"):
            phonemes = self.letters(initialism[1])
            return [add_s(phonemes) if initialism[2] else phonemes]
        word = plain.lower()
        if word in dictionary():
            return dictionary().variants(word)
        if word.endswith("'s") and len(word) > 2:
            return [add_s(variant) for variant in self.variants(word[:-2])]
        phonemes = oov_network()(word)
        return [phonemes] if phonemes else []

    def letters(self, letters: str) -> tuple[str, ...]:
        """The names of the letters, one after the other ("FBI" -> EH1 F B IY1 AY1)."""
        phonemes: list[str] = []
        for letter in letters.lower():
            if letter.isalpha():
                phonemes += _LETTER_A if letter == "a" else dictionary().variants(letter)[0]
        return tuple(phonemes)
