"""Phonemes of the words of a sentence, where the neighbours decide: "the", "a", and heteronyms."""

from __future__ import annotations

from pngnat.text.g2p import Pronouncer
from pngnat.text.phonemes import VOWELS
from pngnat.text.utterance import Word
from pngnat.text.words import Draft

_VOWELS = frozenset(VOWELS)
_THE_BEFORE_VOWEL = ("DH", "IY0")
_LETTER_A = ("EY1",)


def pronounce(draft: Draft, pronouncer: Pronouncer) -> list[Word]:
    """The words of `draft` with their phonemes; words of the markup and of the user's lexicon stay as given."""
    words = [item if isinstance(item, Word) else Word(item, pronouncer.word(item)) for item in draft.words]
    marks = [boundary.marks for boundary in draft.boundaries]
    for index, item in enumerate(draft.words):
        if isinstance(item, str) and not pronouncer.is_given(item):
            words[index] = Word(item, _in_context(words, marks, index))
    return words


def _in_context(words: list[Word], marks: list[str], index: int) -> tuple[str, ...]:
    """The phonemes of words[index] there; marks[i] stands before words[i]."""
    word = words[index]
    following = words[index + 1] if index + 1 < len(words) and not marks[index + 1] else None
    if word.text.lower() == "the" and following and following.phonemes[0].rstrip("012") in _VOWELS:
        return _THE_BEFORE_VOWEL
    if word.text == "A" and index > 0 and (following is None or following.text.islower()) and not marks[index]:
        return _LETTER_A
    return word.phonemes
