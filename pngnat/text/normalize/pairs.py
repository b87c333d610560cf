"""Two numbers joined by a sign: verses, scores, ratios, fractions, ratings, blood pressure."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import PLAIN_NUMBER, QUANTITY, TO, cardinal, decimal, mixed, quantity
from pngnat.text.normalize.rules import NumberRule, Rule, after, any_of, before
from pngnat.text.normalize.tables import BOOKS, DAYS, MONTHS, WORDS

_ORDER = {"1": "First", "2": "Second", "3": "Third", "I": "First", "II": "Second", "III": "Third"}
_OF_TOTAL = (
    r"\b(?i:page|slide|part|step|chapter|episode|question|item|round|day|week|track|problem|lap|file|image"
    r"|photo|sheet)\s"
)
_BOOK = any_of([*WORDS["books"], *BOOKS])
_RATED = (
    r"\b(?i:give|gave|gives|rate|rated|rating|rates|score|scored|scores|got|get|gets|it|pain|solid|was|is|of|a"
    r"|an)\s(?:an?\s|it\s(?:an?\s)?|of\s)?"
)
_FRACTION_AFTER = (
    r"\s(?:of\b|an?\b|(?:inch|mile|cup|cent|second|majority|full|empty|share|stake|size|scale|price|off)\w*\b)|[\"″]"
)
_PRESSURES = range(60, 260), range(30, 160)
_SPOKEN_AS_PAIR = {("24", "7"), ("9", "11"), ("7", "7"), ("18", "8"), ("18", "10")}


def _verse(match: re.Match[str]) -> str:
    order = f"{_ORDER[match['order']]} " if match["order"] else ""
    book = BOOKS.get(match["book"], match["book"])
    end = f" to {cardinal(match['end'])}" if match["end"] else ""
    more = re.sub(
        r"\d+",
        lambda number: cardinal(number[0]),
        re.sub(r"\s?[-–—]\s?", " to ", (match["more"] or "").replace(":", " ")),
    )
    return f"{order}{book} {cardinal(match['chapter'])} {cardinal(match['verse'])}{end}{more}"


def _slashed(match: re.Match[str]) -> str | None:
    top, bottom = match["top"], match["bottom"]
    if len(top) > 4 or len(bottom) > 7:
        return None
    if not match["whole"] and (spoken := _pair(match, top, bottom)):
        return spoken
    spoken = mixed(match["whole"], top, bottom) if bottom.strip("0") else None
    return _sign(match) + (spoken or f"{cardinal(top)} over {cardinal(bottom)}")


def _sign(match: re.Match[str]) -> str:
    return {"-": "minus ", "−": "minus ", "+": "plus ", None: ""}[match["sign"]]


def _pair(match: re.Match[str], top: str, bottom: str) -> str | None:
    """Return the words for two numbers that are no fraction (24/7, a rating, a blood pressure), None for a fraction."""
    first, second = int(top), int(bottom)
    if match["sign"]:
        return None
    if (
        (top, bottom) in _SPOKEN_AS_PAIR
        or first == 20 == second
        or (first == 20 and second in (15, 25, 30, 40, 50, 70, 100, 200))
    ):
        return f"{cardinal(top)} {cardinal(bottom)}"
    complementary = first + second == 100 and (first >= 50 or first == 0)
    if complementary or after(match, r"\s(?:time|meter|signature)\b"):
        return f"{cardinal(top)} {cardinal(bottom)}"
    if before(match, _OF_TOTAL):
        return f"{cardinal(top)} of {cardinal(bottom)}"
    if first in _PRESSURES[0] and second in _PRESSURES[1] and second < first:
        return f"{cardinal(top)} over {cardinal(bottom)}"
    if _is_rating(match, first, second):
        return f"{cardinal(top)} out of {cardinal(bottom)}"
    if first > second and after(match, r"\s?="):
        return f"{cardinal(top)} divided by {cardinal(bottom)}"
    return None


def _is_rating(match: re.Match[str], first: int, second: int) -> bool:
    if first > second or after(match, _FRACTION_AFTER):
        return False
    if (
        after(match, r"\s(?:stars?|points?|pts|marks?|correct|right|questions|rating|score|people|votes?|wins?)\b")
        or first == second > 1
    ):
        return True
    return (second in (10, 100) and (first > 3 or bool(before(match, _RATED)))) or (
        second in (5, 20, 25, 30, 50)
        and bool(before(match, r"\b(?i:rated|rating|rate|scored|scores?|got)\s(?:an?\s|it\s(?:an?\s)?|of\s)?"))
    )


def _range(match: re.Match[str]) -> str:
    return f"{quantity(match['first'])} to {quantity(match['last'])}"


def _tie_break(match: re.Match[str]) -> str:
    return f"{cardinal(match['first'])} to {cardinal(match['last'])} ({cardinal(match['points'])})"


VERSES: tuple[Rule, ...] = (
    NumberRule(
        rf"\b(?:(?P<order>[123]|I{{1,3}})\s)?(?P<book>{_BOOK})\.?\s(?P<chapter>\d{{1,3}}):(?P<verse>\d{{1,3}})"
        r"(?:\s?[-–—]\s?(?P<end>\d{1,3}))?(?P<more>(?:[,;]\s?\d{1,3}(?::\d{1,3})?(?:[-–]\d{1,3})?)+)?"
        r"(?![\w:]|\s?[AaPp]\.?[Mm]\b)",
        _verse,
    ),
)
_AGES = "year|month|week|day|hour|minute|second|mile|foot|inch|man|person|point|yard|page|story|meter|acre|pound"
_HOURS = (
    rf"(?:{any_of([*DAYS, *MONTHS])}|(?i:open|hours|daily|from|pages?|aged?|ages|between|chapters?|verses?|grades?))"
)
RULES: tuple[Rule, ...] = (
    NumberRule(
        r"(?<![\w/.])(?:(?P<top>\d{1,4})/(?P<letter>[a-z])|(?P<left>[a-z])/(?P<bottom>\d{1,4}))(?![\w/]|\.\d)",
        lambda m: (
            f"{cardinal(m['top'])} over {m['letter']}" if m["top"] else f"{m['left']} over {cardinal(m['bottom'])}"
        ),
    ),
    NumberRule(
        r"(?<![\w.,/])(?P<given>\d{1,2}\.\d{1,2})/(?P<most>[45]\.0|5|10|20|100)(?![\w/]|[.,]\d)",
        lambda m: f"{decimal(m['given'])} out of {decimal(m['most'])}",
    ),
    NumberRule(r"\b24/7/365\b", lambda m: "twenty four seven three sixty five"),
    NumberRule(
        rf"(?P<lead>\b{_HOURS}[:.,]?\s)(?P<first>\d{{1,3}})\s-\s(?P<last>\d{{1,3}})(?![\w:]|\s?=)",
        lambda m: m["lead"] + _range(m),
    ),
    NumberRule(r"(?<![\w.,])(?P<first>\d)[-–](?P<last>\d)\ ?\((?P<points>\d{1,2})\)", _tie_break),
    NumberRule(
        r"(?<![\w.,/])(?P<sign>[-−+](?=\d+[/⁄]))?(?:(?P<whole>\d{1,3})(?:[\ -]"
        r"|\ and\ ))?(?P<top>\d+)\s?[/⁄]\s?(?P<bottom>\d+)(?i:ths?|rds?|nds?)?(?![\w/]|[.,]\d)",
        _slashed,
    ),
    NumberRule(rf"(?<![\w.,/-])(?P<first>{QUANTITY}){TO}(?P<last>{QUANTITY})(?!\w|-(?!(?:{_AGES})\b))(?!\.\d)", _range),
    NumberRule(
        rf"(?<![\w.,:])(?P<first>{PLAIN_NUMBER}):(?P<last>{PLAIN_NUMBER})(?![\w:])",
        lambda m: f"{decimal(m['first'].replace(',', ''))} to {decimal(m['last'].replace(',', ''))}",
    ),
)
