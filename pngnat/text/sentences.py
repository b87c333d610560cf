"""Paragraphs, sentences and clauses. Nothing is ever lost: the parts join to the whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pngnat.text.phonemes import PUNCTUATION, boundary_token
from pngnat.text.utterance import Boundary, Utterance

MAX_PHONEMES = 300
_MAX_CHARACTERS = 2000
_MAX_TOKEN = 500
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LIST_ITEM = re.compile(r"\n(?=[^\S\n]*(?:[-*•‣◦▪]|\d{1,3}[.)])\s)")
_END = re.compile(r"""(?<=[.!?…])["')\]]*\s+(?=["'(\[]*[A-Z0-9])""")
_LONG_TOKEN = re.compile(rf"\S{{{_MAX_TOKEN}}}")


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of `text`, lazily; a blank line ends one."""
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        yield text[start : gap.start()]
        start = gap.end()
    yield text[start:]


def sentences(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph with the space after them; they join to the paragraph.

    Only tokens of more than 500 characters get a space inside, so that no rule has to look at endless ones.
    """
    bounded = _LONG_TOKEN.sub(lambda match: match[0] + " ", paragraph)
    for item in _pieces(bounded, _LIST_ITEM):
        for chunk in _chunks(item):
            yield from _split(chunk)


def _pieces(text: str, end: re.Pattern[str]) -> list[str]:
    cuts = [match.end() for match in end.finditer(text)]
    return [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True) if stop > start]


def _chunks(text: str) -> Iterator[str]:
    """Pieces of some 2,000 characters, cut after a sentence or else at a space: time and memory stay in proportion."""
    while len(text) > _MAX_CHARACTERS:
        window = text[:_MAX_CHARACTERS]
        cuts = [match.end() for match in _END.finditer(window)] or [match.end() for match in re.finditer(r"\s+", window)]
        cut = cuts[-1] if cuts else _MAX_CHARACTERS
        yield text[:cut]
        text = text[cut:]
    yield text


def _split(text: str) -> list[str]:
    """pysbd where it keeps every character, else a plain rule."""
    found = _segmenter().segment(text.replace("\n", " "))
    if "".join(found) == text.replace("\n", " "):
        return found
    return _pieces(text, _END)


@lru_cache(maxsize=1)
def _segmenter():
    import pysbd

    return pysbd.Segmenter(language="en", clean=False)


def clauses(utterance: Utterance, limit: int = MAX_PHONEMES) -> Iterator[Utterance]:
    """`utterance` in parts of at most `limit` phonemes, cut at the strongest mark of the later two thirds of each part.

    A word is never cut: a single word of more than `limit` phonemes is a part of its own.
    """
    words, boundaries = utterance.words, utterance.boundaries
    while sum(len(word.phonemes) for word in words) > limit and len(words) > 1:
        cut = _cut(words, boundaries, limit)
        head, tail = _parted(boundaries[cut])
        yield Utterance(words[:cut], (*boundaries[:cut], head))
        words, boundaries = words[cut:], (tail, *boundaries[cut + 1 :])
    yield Utterance(words, boundaries, utterance.ends_paragraph)


def _cut(words, boundaries, limit: int) -> int:
    """How many of `words` come into the part: at most `limit` phonemes, and at least one word."""
    total, best, best_rank = 0, 1, len(PUNCTUATION) + 1
    for index, word in enumerate(words[:-1], start=1):
        total += len(word.phonemes)
        if total > limit:
            break
        mark = boundary_token(boundaries[index].marks)
        rank = PUNCTUATION.index(mark) if mark in PUNCTUATION else len(PUNCTUATION)
        if total * 3 < limit:
            best = index
        elif rank <= best_rank:
            best, best_rank = index, rank
    return best


def _parted(boundary: Boundary) -> tuple[Boundary, Boundary]:
    """A boundary as the end of one part and the beginning of the next: an opening mark goes to the next one."""
    head, _, tail = boundary.marks.rstrip().rpartition(" ")
    if not head and not boundary.marks.startswith(" "):
        head, tail = tail, ""
    return Boundary(head.strip(), boundary.pause, boundary.pace), Boundary(tail)
