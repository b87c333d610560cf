"""Normalized text to words and the boundaries between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pngnat.text.g2p import Pronouncer
from pngnat.text.markup import HELD, Markup, Pace, Pause
from pngnat.text.phonemes import PUNCTUATION
from pngnat.text.utterance import Boundary, Utterance, Word

MAX_LETTERS = 40
_MAX_MARKS = 6
_MOST_RAW = 1000
_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_ELIDED = r"(?<!\w)'(?i:tis|twas|twere|twill|em|til|cause|bout|round|neath|n)(?!\w)"
# Words without their end: "nothin'" and a few that are written so.
_CUT = rf"[{_LETTER}]+in'(?![{_LETTER}])|(?<![\w'])(?i:th|an|o|ol|wi|lil|fo|mo|po|yo)'(?![{_LETTER}])"
_WORD = re.compile(rf"{_ELIDED}|{_CUT}|[{_LETTER}]+(?:['-][{_LETTER}]+)*|{HELD.pattern}")
_MARKS = str.maketrans({"–": "—", "[": "(", "]": ")", "{": "(", "}": ")"})


@dataclass
class Draft:
    """A sentence in the making: spellings or given words, and the raw text, pauses and paces around them."""

    words: list[str | Word] = field(default_factory=list)
    between: list[str] = field(default_factory=lambda: [""])
    pauses: list[float | None] = field(default_factory=lambda: [None])
    paces: list[float | None] = field(default_factory=lambda: [None])
    ends_paragraph: bool = False

    def add(self, word: str | Word) -> None:
        self.words.append(word)
        self.between.append("")
        self.pauses.append(None)
        self.paces.append(None)

    def pause(self, seconds: float) -> None:
        self.pauses[-1] = (self.pauses[-1] or 0.0) + seconds

    def absorb(self, other: Draft) -> None:
        """Go on with `other`; its first boundary joins the last one here."""
        # tidy_marks keeps a few; a text of nothing but marks must not grow and be copied again and again.
        if len(self.between[-1]) < _MOST_RAW:
            self.between[-1] += " " + other.between[0]
        if other.pauses[0] is not None:
            self.pause(other.pauses[0])
        self.words += other.words
        self.between += other.between[1:]
        self.pauses += other.pauses[1:]
        if other.paces[0] is not None:
            self.paces[-1] = other.paces[0]
        self.paces += other.paces[1:]

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        marks = [tidy_marks(raw) for raw in self.between]
        marks[0], marks[-1] = marks[0].strip(), marks[-1].rstrip()
        return tuple(Boundary(*around) for around in zip(marks, self.pauses, self.paces, strict=True))

    def utterance(self, pronounced: list[Word]) -> Utterance:
        return Utterance(tuple(pronounced), self.boundaries, self.ends_paragraph)


def draft(text: str, markup: Markup, pronouncer: Pronouncer) -> Draft:
    """The words of one normalized sentence. Words that have no sound are left out with a boundary in their place."""
    result, start = Draft(), 0
    for match in _WORD.finditer(text):
        result.between[-1] += text[start : match.start()]
        start = match.end()
        if HELD.match(match[0]):
            piece = markup.piece(match[0])
            if isinstance(piece, Pause):
                result.pause(piece.seconds)
            elif isinstance(piece, Pace):
                result.paces[-1] = piece.factor
            else:
                result.add(piece)
            continue
        for spelling in _spellings(match[0], pronouncer):
            if isinstance(spelling, Word) or pronouncer.word(spelling):
                result.add(spelling)
    result.between[-1] += text[start:]
    return result


def _spellings(word: str, pronouncer: Pronouncer) -> list[str | Word]:
    """The words that `word` is said as: hyphens part it unless the whole is known, and very long ones are cut.

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
    """The known marks in `raw`, each run once, with single spaces; empty where there is only space."""
    if not raw or raw.isspace():
        return ""
    text = re.sub(r"\.(?:\s?\.)+", "…", re.sub(r"-{2,}", "—", raw.translate(_MARKS)))
    kept = "".join(sign for sign in text if sign.isspace() or sign in PUNCTUATION)
    kept = re.sub(r"([^\s])(?:\s*\1)+", r"\1", re.sub(r"\s+", " ", kept))
    if not kept.strip():
        return ""
    signs = [index for index, sign in enumerate(kept) if sign != " "]
    return kept if len(signs) <= _MAX_MARKS else kept[: signs[_MAX_MARKS]].rstrip() + (" " if kept.endswith(" ") else "")
