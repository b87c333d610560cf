"""The sentences to read aloud, the most useful first, so that a person who stops early has recorded the best ones."""

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
# The silence before and after a sentence, as one side of a diphone.
_EDGE = "#"
# The worth of a diphone or word, as a fraction of its worth one repetition earlier.
_REPEATED_WORTH = 0.5
# The worth of the most frequent word, in diphones of mean worth.
_WORD_WORTH = 2.0
# The cost of starting and ending a take, in phonemes: short sentences are easy to read, but each takes a pause.
_TAKE_COST = 6


@dataclass(frozen=True)
class Prompt:
    """A sentence to read. id: computed from its words, so that recordings belong to it in later lists too."""

    id: str
    text: str

    @classmethod
    def of(cls, text: str) -> Prompt:
        """Return the prompt for a text."""
        return cls(prompt_id(text), text)


def prompt_id(text: str) -> str:
    """Return the id that all takes of a text have; texts with the same words have the same id."""
    return hashlib.sha256(plain_text(text).encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def shipped_prompts() -> tuple[Prompt, ...]:
    """Return the sentences that pngnat includes, the most useful first (chosen by recipes/prompts.py)."""
    lines = resources.files("pngnat.studio").joinpath("data", PROMPTS).read_text(encoding="utf-8").splitlines()
    return tuple(Prompt.of(line) for line in lines if line and not line.startswith("#"))


def diphones(utterance: Utterance) -> list[tuple[str, str]]:
    """Return the pairs of adjacent phonemes without stress, across word boundaries and with silence at both ends."""
    sounds = [_EDGE, *(re.sub(r"\d", "", sound) for word in utterance.words for sound in word.phonemes), _EDGE]
    return list(pairwise(sounds))


@dataclass(frozen=True)
class _Candidate:
    """A sentence with the diphones and words in it. cost: the effort to read it, in phonemes."""

    text: str
    pairs: Counter[tuple[str, str]]
    words: Counter[str]
    cost: float


class _Coverage:
    """The diphones and words of the chosen sentences, and the gain of another one. everyday: frequencies of words."""

    def __init__(self, candidates: Iterable[_Candidate], everyday: Mapping[str, int]) -> None:
        counts: Counter[tuple[str, str]] = Counter()
        for candidate in candidates:
            counts.update(candidate.pairs)
        # A square root: rare pairs are worth less than frequent ones, but more than nothing.
        self._pair_worth = {pair: count**0.5 for pair, count in counts.items()}
        mean = sum(self._pair_worth.values()) / max(len(counts), 1)
        most = max(everyday.values(), default=1)
        self._word_worth = {word: _WORD_WORTH * mean * (count / most) ** 0.25 for word, count in everyday.items()}
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._words: Counter[str] = Counter()

    def gain(self, candidate: _Candidate) -> float:
        """Return the worth that a sentence adds per phoneme. It only falls as other sentences are added."""
        pairs = sum(
            self._pair_worth[pair] * _worth(self._pairs[pair], count) for pair, count in candidate.pairs.items()
        )
        words = sum(
            self._word_worth.get(word, 0.0) * _worth(self._words[word], count)
            for word, count in candidate.words.items()
        )
        return (pairs + words) / candidate.cost

    def add(self, candidate: _Candidate) -> None:
        """Add a sentence to the chosen ones."""
        self._pairs.update(candidate.pairs)
        self._words.update(candidate.words)


def _worth(before: int, count: int) -> float:
    """Return the worth of `count` more repetitions: the first is worth 1, the second 1/2, the third 1/4, ..."""
    return (_REPEATED_WORTH**before - _REPEATED_WORTH ** (before + count)) / (1 - _REPEATED_WORTH)


def choose_prompts(texts: Iterable[str], count: int, everyday: Mapping[str, int]) -> Iterator[str]:
    """Yield at most `count` of the sentences, the most useful first: new diphones and frequent words per length.

    everyday: words in lower case with their frequencies. The choice is greedy, which for a submodular sum is within a
    factor of 1 - 1/e of the best choice (Nemhauser, Wolsey and Fisher 1978), and lazy, because a gain only falls
    (Minoux 1978).
    """
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
        coverage.add(candidates[place])
        count -= 1
        yield candidates[place].text


def _candidate(frontend: Frontend, text: str) -> _Candidate | None:
    utterances = list(frontend.utterances(text))
    if len(utterances) != 1:
        return None
    pairs = Counter(diphones(utterances[0]))
    words = Counter(plain_text(text).split())
    return _Candidate(text, pairs, words, pairs.total() + _TAKE_COST)
