"""Phonemes of words that depend on their neighbours: "the", "a", "used to", and heteronyms."""

from __future__ import annotations

from dataclasses import dataclass, field

from pngnat.text.g2p import Pronouncer
from pngnat.text.heteronyms import heteronyms
from pngnat.text.phonemes import VOWELS
from pngnat.text.utterance import Word
from pngnat.text.words import Draft

_VOWELS = frozenset(VOWELS)
_THE_BEFORE_VOWEL = ("DH", "IY0")
_LETTER_A = ("EY1",)
_USED_TO = ("Y", "UW1", "S", "T")
_BE = frozenset(
    "is are was were be been being am isn't aren't wasn't weren't i'm you're we're they're he's she's it's".split()
)
_NO_VERB = frozenset(
    "the a an this that these those it him her them us me my your his its our their such being having".split()
)


# Words that an article never precedes.
_AFTER_LETTER = frozenset("is are was equals".split())


@dataclass
class _Sentence:
    """A sentence as words and as tokens.

    words: pronounced without context. tokens: words and marks; tokens[places[i]] is words[i].
    """

    words: list[Word]
    tokens: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def following(self, index: int) -> Word | None:
        """Return the next word, None where a mark stands between."""
        adjacent = index + 1 < len(self.words) and self.places[index + 1] == self.places[index] + 1
        return self.words[index + 1] if adjacent else None

    def preceding(self, index: int) -> Word | None:
        """Return the previous word, None where a mark stands between."""
        return self.words[index - 1] if index and self.places[index - 1] == self.places[index] - 1 else None


def pronounce(draft: Draft, pronouncer: Pronouncer) -> list[Word]:
    """Return the words of `draft` with their phonemes; words of the markup and of the user's lexicon keep theirs."""
    sentence = _Sentence(
        [item if isinstance(item, Word) else Word(item, pronouncer.word(item)) for item in draft.words]
    )
    for word, boundary in zip([*sentence.words, None], draft.finished_boundaries(), strict=True):
        sentence.tokens += [mark for mark in boundary.marks if mark != " "]
        if word is not None:
            sentence.places.append(len(sentence.tokens))
            sentence.tokens.append(word.text)
    words = list(sentence.words)
    for index, item in enumerate(draft.words):
        if isinstance(item, str) and not pronouncer.is_given(item):
            words[index] = Word(item, _in_context(sentence, index))
    return words


def _in_context(sentence: _Sentence, index: int) -> tuple[str, ...]:
    word, following = sentence.words[index], sentence.following(index)
    lower = word.text.lower()
    if lower == "the" and following and following.phonemes[0].rstrip("012") in _VOWELS:
        return _THE_BEFORE_VOWEL
    if lower == "a" and _is_letter_a(sentence, index):
        return _LETTER_A
    if lower == "used" and following and following.text.lower() == "to" and _is_habit(sentence, index):
        return _USED_TO
    if lower in heteronyms():
        return heteronyms().choose(sentence.tokens, sentence.places[index])
    return word.phonemes


def _is_letter_a(sentence: _Sentence, index: int) -> bool:
    """Return whether "a" is the letter and not the article ("plan A", "an A", "the letter a", "A is for apple")."""
    before, following = sentence.preceding(index), sentence.following(index)
    if following and following.text in _AFTER_LETTER:
        return True
    if before and before.text.lower() in ("letter", "vitamin", "an", "section"):
        return True
    if sentence.words[index].text == "A":
        return before is not None and (following is None or following.text.islower() or len(following.text) == 1)
    return following is None and (index + 1 == len(sentence.words) or index == 0) and len(sentence.words) > 1


def _is_habit(sentence: _Sentence, index: int) -> bool:
    """Return whether "used to" is a habit ("I used to", "is used to it") and not a purpose ("it is used to cut")."""
    before, after = sentence.preceding(index), sentence.following(index + 1)
    passive = before is not None and before.text.lower() in _BE
    return not passive or (after is not None and (after.text.lower() in _NO_VERB or after.text.endswith("ing")))
