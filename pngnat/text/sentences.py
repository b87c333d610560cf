"""Paragraphs, sentences and clauses. Nothing is lost: the parts join to the text.

pysbd does not fit: it splits before abbreviations are known, begins sentences with commas, and is quadratic on hostile
texts. normalize/stops.py decides which dots end a sentence, with the same tables as the rules for abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pngnat.text.normalize.stops import ends_sentence
from pngnat.text.phonemes import PUNCTUATION, boundary_token
from pngnat.text.utterance import Boundary, Utterance

MAX_PHONEMES = 300
_MAX_CHARACTERS = 2000
_MAX_TOKEN = 500
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LIST_ITEM = re.compile(r"\n(?=[^\S\n]*(?:[-*•‣◦▪]|\d{1,3}[.)])\s)")
_LONG_TOKEN = re.compile(rf"\S{{{_MAX_TOKEN}}}")
# A mark, its closing quotes, a note's number, and a dash that leads to what follows.
_END = re.compile(
    r"""(?P<mark>[.!?…])(?P<closed>["')\]]*)(?:(?<=[a-z][.!?])\d{1,2}|\[\d{1,3}\])?\s+(?P<dash>(?:-+|[–—])\s+)?"""
)
# Text in quotes or brackets is no sentence of its own, unless it is long.
_ENCLOSED = re.compile(r"""(?<!\w)"(?=\S)[^"]{1,400}"(?!\w)|\([^()]{1,400}\)""")


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of `text`; a blank line ends one."""
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        yield text[start : gap.start()]
        start = gap.end()
    yield text[start:]


def sentences(paragraph: str) -> Iterator[str]:
    """Yield the sentences of a paragraph with the space after them, in linear time; they join to the paragraph.

    Only tokens of more than 500 characters get a space inside, so that no rule is slow on them. A sentence
    begins with a lower-case letter or a mark only at the beginning of the paragraph or of an item of a list, or after
    2,000 characters without an end."""
    bounded = _LONG_TOKEN.sub(lambda match: match[0] + " ", paragraph)
    start = 0
    for cut in _LIST_ITEM.finditer(bounded):
        yield from _sentences(bounded[start : cut.end()])
        start = cut.end()
    yield from _sentences(bounded[start:])


def _sentences(text: str) -> Iterator[str]:
    enclosed = [(match.start(), match.end()) for match in _ENCLOSED.finditer(text)]
    start = inside = 0
    for match in _END.finditer(text):
        closed = match.end("closed")
        while inside < len(enclosed) and enclosed[inside][1] < closed:
            inside += 1
        if inside < len(enclosed) and enclosed[inside][0] < match.start() and closed < enclosed[inside][1]:
            continue
        if match.end() < len(text) and ends_sentence(text, match.start(), match.end(), start):
            yield from _bounded(text[start : match.end()])
            start = match.end()
    if start < len(text):
        yield from _bounded(text[start:])


def _bounded(sentence: str) -> Iterator[str]:
    """Yield `sentence` in pieces of at most 2,000 characters, cut at spaces."""
    start = 0
    while len(sentence) - start > _MAX_CHARACTERS:
        space = max(
            sentence.rfind(" ", start, start + _MAX_CHARACTERS), sentence.rfind("\n", start, start + _MAX_CHARACTERS)
        )
        cut = space + 1 if space > start else start + _MAX_CHARACTERS
        yield sentence[start:cut]
        start = cut
    yield sentence[start:]


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
    """Split a boundary into the end of one part and the beginning of the next, which gets an opening mark."""
    head, _, tail = boundary.marks.rstrip().rpartition(" ")
    if not head and not boundary.marks.startswith(" "):
        head, tail = tail, ""
    return replace(boundary, marks=head.strip()), Boundary(tail)
