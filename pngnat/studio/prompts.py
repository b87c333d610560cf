"""What to read aloud: sentences in order of usefulness, so that whoever stops early has recorded the best part."""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from pngnat.data.sources import plain_text
from pngnat.text.frontend import Frontend
from pngnat.text.utterance import Utterance

PROMPTS = "prompts.txt"
# The silence before and after a sentence, as a half of a diphone.
_EDGE = "#"
# What a sound pair or a word is worth again, once it was said so often: each time half.
_AGAIN = 0.5
# Of the two aims: a word that is said every day is worth as much as this many usual pairs of sounds.
_WORD = 2.0
# Seconds of a phoneme, and of beginning and ending a take, in units of a phoneme: short sentences are easy, but cost a
# pause each.
_START = 6


@dataclass(frozen=True)
class Prompt:
    """One sentence to read. id: follows from its words, so that a later list with the same sentence knows its
    recording."""

    id: str
    text: str

    @classmethod
    def of(cls, text: str) -> Prompt:
        """The prompt of a text."""
        return cls(prompt_id(text), text)


def prompt_id(text: str) -> str:
    """The name of all takes of a text: the same where the words are."""
    return hashlib.sha256(plain_text(text).encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def shipped_prompts() -> tuple[Prompt, ...]:
    """The sentences that come with pngnat, most useful first (recipes/prompts.py made them)."""
    lines = resources.files("pngnat.studio").joinpath("data", PROMPTS).read_text(encoding="utf-8").splitlines()
    return tuple(Prompt.of(line) for line in lines if line and not line.startswith("#"))


def diphones(utterance: Utterance) -> list[tuple[str, str]]:
    """The pairs of neighbouring sounds, stress left out, across word boundaries and from and to silence."""
    sounds = [_EDGE, *(re.sub(r"\d", "", sound) for word in utterance.words for sound in word.phonemes), _EDGE]
    return list(pairwise(sounds))


@dataclass(frozen=True)
class _Candidate:
    """A sentence with what it covers. cost: how long it takes to say, in phonemes."""

    text: str
    pairs: Counter[tuple[str, str]]
    words: Counter[str]
    cost: float


class _Coverage:
    """How much was said of what so far, and what a sentence would add. everyday: how often each word is said."""

    def __init__(self, candidates: Iterable[_Candidate], everyday: Mapping[str, int]) -> None:
        usual: Counter[tuple[str, str]] = Counter()
        for candidate in candidates:
            usual.update(candidate.pairs)
        # A square root: rare pairs are worth less than usual ones, and not nothing.
        self._pair_worth = {pair: count**0.5 for pair, count in usual.items()}
        mean = sum(self._pair_worth.values()) / max(len(usual), 1)
        most = max(everyday.values(), default=1)
        self._word_worth = {word: _WORD * mean * (count / most) ** 0.25 for word, count in everyday.items()}
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._words: Counter[str] = Counter()

    def gain(self, candidate: _Candidate) -> float:
        """What it adds for each phoneme that it takes; never more than before once others were taken."""
        pairs = sum(self._pair_worth[pair] * _left(self._pairs[pair], count) for pair, count in candidate.pairs.items())
        words = sum(
            self._word_worth.get(word, 0.0) * _left(self._words[word], count) for word, count in candidate.words.items()
        )
        return (pairs + words) / candidate.cost

    def take(self, candidate: _Candidate) -> None:
        """Count it as said."""
        self._pairs.update(candidate.pairs)
        self._words.update(candidate.words)


def _left(before: int, count: int) -> float:
    """The worth of saying something `count` times more: 1, 1/2, 1/4, ... for the first, second, third time."""
    return (_AGAIN**before - _AGAIN ** (before + count)) / (1 - _AGAIN)


def choose_prompts(texts: Iterable[str], count: int, everyday: Mapping[str, int]) -> Iterator[str]:
    """At most `count` of the sentences, the most useful first: pairs of sounds and everyday words not said yet, per
    length.

    everyday: words in small letters with how often they are used. Greedy, which for such a sum of diminishing worths is
    within a factor of 1 - 1/e of the best choice (Nemhauser, Wolsey and Fisher 1978); lazily, since a gain only falls
    (Minoux 1978)."""
    frontend = Frontend()
    candidates = [candidate for text in dict.fromkeys(texts) if (candidate := _candidate(frontend, text))]
    coverage = _Coverage(candidates, everyday)
    heap = [(-coverage.gain(candidate), place) for place, candidate in enumerate(candidates)]
    heapq.heapify(heap)
    while heap and count > 0:
        _, place = heapq.heappop(heap)
        gain = coverage.gain(candidates[place])
        if heap and gain < -heap[0][0]:
            heapq.heappush(heap, (-gain, place))
            continue
        coverage.take(candidates[place])
        count -= 1
        yield candidates[place].text


def _candidate(frontend: Frontend, text: str) -> _Candidate | None:
    utterances = list(frontend.utterances(text))
    if len(utterances) != 1:
        return None
    pairs = Counter(diphones(utterances[0]))
    words = Counter(plain_text(text).split())
    return _Candidate(text, pairs, words, pairs.total() + _START)
