"""What was said against what was heard, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache


@lru_cache(maxsize=1)
def _normalizer():
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()


def plain_words(text: str) -> list[str]:
    """Text to the words that are compared: Whisper's English normalizer (Radford et al. 2022, appendix C) brings
    numbers, contractions, titles, British spelling, case and punctuation of both sides into one form."""
    # The normalizer keeps full stops for the sake of decimals, and so turns "..." into a word.
    return [word for word in _normalizer()(text).split() if any(character.isalnum() for character in word)]


@dataclass(frozen=True)
class Difference:
    """A stretch where reference and hypothesis differ: reference[start:end] was heard as
    hypothesis[transcribed_start:transcribed_end]."""

    start: int
    end: int
    transcribed_start: int
    transcribed_end: int


@dataclass(frozen=True)
class WordErrors:
    """Counts of one text or, added up, of many. words: of the reference."""

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
        """Word error rate: errors per word of the reference; 0 where there are no words."""
        return (self.substitutions + self.deletions + self.insertions) / self.words if self.words else 0.0

    @property
    def deletion_rate(self) -> float:
        """WDR, the share of words that the recognizer deletes (Non-Attentive Tacotron, arXiv 2010.04301,
        robustness)."""
        return self.deletions / self.words if self.words else 0.0


@dataclass(frozen=True)
class Comparison:
    """The alignment with the fewest errors of two sequences of words.

    pairs: (index in the reference, index in the hypothesis) of words that stand for each other, equal or substituted,
    in order. Words of the reference in no pair are deleted, words of the hypothesis in no pair are inserted."""

    reference: tuple[str, ...]
    hypothesis: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]

    @property
    def matches(self) -> tuple[tuple[int, int], ...]:
        """The pairs of equal words."""
        return tuple((i, j) for i, j in self.pairs if self.reference[i] == self.hypothesis[j])

    @property
    def errors(self) -> WordErrors:
        """The counts of all of them."""
        return WordErrors(
            words=len(self.reference),
            substitutions=len(self.pairs) - len(self.matches),
            deletions=len(self.reference) - len(self.pairs),
            insertions=len(self.hypothesis) - len(self.pairs),
        )

    def differences(self) -> Iterator[Difference]:
        """What lies between the matches, in order, each as long as possible."""
        start = transcribed_start = 0
        for index, transcribed_index in (*self.matches, (len(self.reference), len(self.hypothesis))):
            if index > start or transcribed_index > transcribed_start:
                yield Difference(start, index, transcribed_start, transcribed_index)
            start, transcribed_start = index + 1, transcribed_index + 1


def compare_texts(reference: str, hypothesis: str) -> Comparison:
    """Two texts, both normalized, compared word by word."""
    return compare_words(plain_words(reference), plain_words(hypothesis))


def compare_words(reference: Sequence[str], hypothesis: Sequence[str]) -> Comparison:
    """Two sequences of words, compared as they stand; a word holds no space."""
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
