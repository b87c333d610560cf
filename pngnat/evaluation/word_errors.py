"""Word errors of a transcript against a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache


@lru_cache(maxsize=1)
def _normalizer():
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()


def plain_words(text: str) -> list[str]:
    """Return the words of a text for comparison: Whisper's English normalizer (Radford et al. 2022, appendix C) unifies
    numbers, contractions, titles, British spelling, case and punctuation."""
    # The normalizer keeps full stops for decimals, and turns "..." into a word.
    return [word for word in _normalizer()(text).split() if any(character.isalnum() for character in word)]


@dataclass(frozen=True)
class Difference:
    """A stretch in which reference and hypothesis differ: hypothesis[transcribed_start:transcribed_end] stands for
    reference[start:end]."""

    start: int
    end: int
    transcribed_start: int
    transcribed_end: int


@dataclass(frozen=True)
class WordErrors:
    """Word errors of a text, or of several, added up. words: of the reference."""

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )

    @property
    def rate(self) -> float:
        """Word error rate: errors per word of the reference; 0 without words."""
        return (self.substitutions + self.deletions + self.insertions) / self.words if self.words else 0.0

    @property
    def deletion_rate(self) -> float:
        """WDR, the fraction of words that the recognizer deletes (Non-Attentive Tacotron, arXiv 2010.04301,
        robustness)."""
        return self.deletions / self.words if self.words else 0.0


@dataclass(frozen=True)
class Comparison:
    """The alignment of two sequences of words with the fewest errors.

    pairs: (index in the reference, index in the hypothesis) of words that correspond, equal or substituted, in order.
    Words of the reference without a pair are deleted, words of the hypothesis without a pair are inserted.
    """

    reference: tuple[str, ...]
    hypothesis: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]

    @property
    def matches(self) -> tuple[tuple[int, int], ...]:
        """The pairs of equal words."""
        return tuple((i, j) for i, j in self.pairs if self.reference[i] == self.hypothesis[j])

    @property
    def errors(self) -> WordErrors:
        """The counts of all errors."""
        return WordErrors(
            words=len(self.reference),
            substitutions=len(self.pairs) - len(self.matches),
            deletions=len(self.reference) - len(self.pairs),
            insertions=len(self.hypothesis) - len(self.pairs),
        )

    def differences(self) -> Iterator[Difference]:
        """Yield the stretches between the matches, in order, each as long as possible."""
        start = transcribed_start = 0
        for index, transcribed_index in (*self.matches, (len(self.reference), len(self.hypothesis))):
            if index > start or transcribed_index > transcribed_start:
                yield Difference(start, index, transcribed_start, transcribed_index)
            start, transcribed_start = index + 1, transcribed_index + 1


def compare_texts(reference: str, hypothesis: str) -> Comparison:
    """Compare two texts word by word, both normalized."""
    return compare_words(plain_words(reference), plain_words(hypothesis))


def compare_words(reference: Sequence[str], hypothesis: Sequence[str]) -> Comparison:
    """Compare two sequences of words as they are; a word contains no space."""
    import jiwer

    if not reference or not hypothesis:  # jiwer takes no empty text
        return Comparison(tuple(reference), tuple(hypothesis), ())
    chunks = jiwer.process_words(" ".join(reference), " ".join(hypothesis)).alignments[0]
    pairs = (
        pair
        for chunk in chunks
        if chunk.type in ("equal", "substitute")
        for pair in zip(
            range(chunk.ref_start_idx, chunk.ref_end_idx), range(chunk.hyp_start_idx, chunk.hyp_end_idx), strict=True
        )
    )
    return Comparison(tuple(reference), tuple(hypothesis), tuple(pairs))
