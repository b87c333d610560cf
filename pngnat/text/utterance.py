"""The output of the text front end: words with their phonemes, and the boundaries between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """One spoken word.

    text: the word in the normalized text, without punctuation ("don't").
    phonemes: ARPAbet with stress ("D", "OW1", "N", "T").
    """

    text: str
    phonemes: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A place that the writer named with `[mark:NAME]`. after: seconds of the requested pause before the place."""

    name: str
    after: float = 0.0


@dataclass(frozen=True)
class Boundary:
    """The place before, between or after words.

    marks: the punctuation with its spaces (", ", " (", "."), empty at a plain word boundary.
    pause: silence in seconds that `[pause:0.5]` requests, else None.
    pace: the factor that `[pace:0.7]` requests from here until the next request, across sentences; else None.
    pitch: semitones that `[pitch:2]` requests, with the same extent; else None.
    places: the places that `[mark:NAME]` names here.
    """

    marks: str = ""
    pause: float | None = None
    pace: float | None = None
    pitch: float | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Utterance:
    """One sentence in words and phonemes.

    words: W words. boundaries: W + 1 boundaries; boundaries[i] precedes words[i], the last one follows the last word.
    ends_paragraph: whether a longer pause should follow.
    """

    words: tuple[Word, ...]
    boundaries: tuple[Boundary, ...]
    ends_paragraph: bool = False

    def __post_init__(self) -> None:
        if len(self.boundaries) != len(self.words) + 1:
            raise ValueError(
                f"{len(self.words)} words need {len(self.words) + 1} boundaries, not {len(self.boundaries)}"
            )

    @property
    def text(self) -> str:
        """The normalized text with its punctuation."""
        parts = [self.boundaries[0].marks]
        for word, boundary in zip(self.words, self.boundaries[1:], strict=True):
            parts += [word.text, boundary.marks or " "]
        return "".join(parts).strip()

    @property
    def phonemes(self) -> str:
        """The phonemes in one line, with ' | ' between words."""
        return " | ".join(" ".join(word.phonemes) for word in self.words)
