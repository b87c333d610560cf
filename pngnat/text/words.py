"""Normalized text to words and the boundaries between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pngnat.text.g2p import Pronouncer
from pngnat.text.markup import HELD, Markup, Requests
from pngnat.text.phonemes import PUNCTUATION
from pngnat.text.utterance import Boundary, Utterance, Word

MAX_LETTERS = 40
_MAX_MARKS = 6
_MOST_RAW = 1000
_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_ELIDED = r"(?<!\w)'(?i:tis|twas|twere|twill|em|til|cause|bout|round|neath|n)(?!\w)"
# Words without their last letters: "nothin'" and a few others.
_CUT = rf"[{_LETTER}]+in'(?![{_LETTER}])|(?<![\w'])(?i:th|an|o|ol|wi|lil|fo|mo|po|yo)'(?![{_LETTER}])"
_WORD = re.compile(rf"{_ELIDED}|{_CUT}|[{_LETTER}]+(?:['-][{_LETTER}]+)*|{HELD.pattern}")
_MARKS = str.maketrans({"–": "—", "[": "(", "]": ")", "{": "(", "}": ")"})


@dataclass
class DraftBoundary:
    """The raw text before, between or after words, and the requests there."""

    raw: str = ""
    requests: Requests = field(default_factory=Requests)

    def join(self, other: DraftBoundary) -> None:
        """Append `other`, with no word between."""
        # tidy_marks keeps a few marks; a text of nothing but marks must not be copied again and again.
        if len(self.raw) < _MOST_RAW:
            self.raw += " " + other.raw
        self.requests.join(other.requests)


@dataclass
class Draft:
    """A sentence whose words are not yet pronounced: W spellings or given words, and W + 1 boundaries."""

    words: list[str | Word] = field(default_factory=list)
    boundaries: list[DraftBoundary] = field(default_factory=lambda: [DraftBoundary()])
    ends_paragraph: bool = False

    def add(self, word: str | Word) -> None:
        """Append a word, spelled or with its phonemes."""
        self.words.append(word)
        self.boundaries.append(DraftBoundary())

    def absorb(self, other: Draft) -> None:
        """Append `other`; its first boundary joins the last one here."""
        self.boundaries[-1].join(other.boundaries[0])
        self.words += other.words
        self.boundaries += other.boundaries[1:]

    def finished_boundaries(self) -> tuple[Boundary, ...]:
        """Return the W + 1 boundaries with their punctuation tidied."""
        marks = [tidy_marks(boundary.raw) for boundary in self.boundaries]
        marks[0], marks[-1] = marks[0].strip(), marks[-1].rstrip()
        return tuple(boundary.requests.boundary(mark) for mark, boundary in zip(marks, self.boundaries, strict=True))

    def utterance(self, pronounced: list[Word]) -> Utterance:
        """Return the utterance of the pronounced words."""
        return Utterance(tuple(pronounced), self.finished_boundaries(), self.ends_paragraph)


def draft(text: str, markup: Markup, pronouncer: Pronouncer) -> Draft:
    """Return the words of one normalized sentence; a word without a sound becomes part of a boundary."""
    result, start = Draft(), 0
    for match in _WORD.finditer(text):
        result.boundaries[-1].raw += text[start : match.start()]
        start = match.end()
        if HELD.match(match[0]):
            piece = markup.piece(match[0])
            if isinstance(piece, Word):
                result.add(piece)
            else:
                piece.apply(result.boundaries[-1].requests)
            continue
        for spelling in _spellings(match[0], pronouncer):
            if isinstance(spelling, Word) or pronouncer.word(spelling):
                result.add(spelling)
    result.boundaries[-1].raw += text[start:]
    return result


def _spellings(word: str, pronouncer: Pronouncer) -> list[str | Word]:
    """Return the spoken words of `word`: hyphens separate words unless it is known, and very long words are cut.

    A capital A before a hyphen is the letter ("A-level") and never the article.
    """
    if word.endswith("'") and not pronouncer.knows(word) and not pronouncer.knows(word[:-1] + "g"):
        word = word[:-1]
    parts = [word] if "-" not in word or pronouncer.knows(word) else word.split("-")
    cut: list[str | Word] = []
    for index, part in enumerate(parts):
        if part == "A" and index + 1 < len(parts) and not pronouncer.is_given(part):
            cut.append(Word(part, pronouncer.letters(part)))
            continue
        size = -(-len(part) // -(-len(part) // MAX_LETTERS))
        cut += [part[start : start + size] for start in range(0, len(part), size)]
    return cut


def tidy_marks(raw: str) -> str:
    """Return the known marks in `raw`, each run once, with single spaces; empty where there is only space."""
    if not raw or raw.isspace():
        return ""
    text = re.sub(r"\.(?:\s?\.)+", "…", re.sub(r"-{2,}", "—", raw.translate(_MARKS)))
    kept = "".join(sign for sign in text if sign.isspace() or sign in PUNCTUATION)
    kept = re.sub(r"([^\s])(?:\s*\1)+", r"\1", re.sub(r"\s+", " ", kept))
    if not kept.strip():
        return ""
    # A removed pause or tag leaves a space, and French writes one.
    kept = re.sub(r"^ (?=[.,;:!?…])", "", kept)
    signs = [index for index, sign in enumerate(kept) if sign != " "]
    return (
        kept if len(signs) <= _MAX_MARKS else kept[: signs[_MAX_MARKS]].rstrip() + (" " if kept.endswith(" ") else "")
    )
