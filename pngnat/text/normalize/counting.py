"""Ordinals, fractions, ranges, scores, versions, products of letters and digits, and whatever numbers remain."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, decimal, digits, fraction, ordinal, plural, year
from pngnat.text.normalize.rules import Rule, after, before, rule

_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
    "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7), "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_WHOLE = r"\d{1,3}(?:,\d{3})+(?!\d)|\d+"
_DECIMAL = rf"(?:{_WHOLE})(?:\.\d+)?"


def _mixed(whole: str | None, top: str, bottom: str) -> str | None:
    part = fraction(top, bottom)
    if part is None or not whole:
        return part
    if top == "1":
        part = ("an " if part.split()[1][0] in "aeiou" else "a ") + part.split(" ", 1)[1]
    return f"{cardinal(whole)} and {part}"


def _vulgar(match: re.Match[str]) -> str | None:
    top, bottom = _VULGAR[match["sign"]]
    lead = "" if match["whole"] or not before(match, r"\w") else " "
    return lead + (_mixed(match["whole"], str(top), str(bottom)) or "")


def _slashed(match: re.Match[str]) -> str | None:
    top, bottom = match["top"], match["bottom"]
    if (top, bottom) in (("24", "7"), ("9", "11"), ("50", "50")):
        return f"{cardinal(top)} {cardinal(bottom)}"
    if len(top) > 4 or len(bottom) > 7:
        return None
    spoken = _mixed(match["whole"], top, bottom) if bottom.strip("0") else None
    return spoken or f"{cardinal(top)} over {cardinal(bottom)}"


def _range(match: re.Match[str]) -> str:
    return f"{decimal(match['first'].replace(',', ''))} to {decimal(match['last'].replace(',', ''))}"


def _product(match: re.Match[str]) -> str:
    return " by ".join(_side(part) for part in re.findall(r"[\d.]+", match[0]))


def _side(text: str) -> str:
    return decimal(text) if "." in text or len(text) != 4 else year(text)


def _version(match: re.Match[str]) -> str:
    parts = match[0].split(".")
    joint = " dot " if len(parts) > 3 else " point "
    return joint.join(digits(part) if len(part) > 2 else cardinal(part) for part in parts)


def _number(match: re.Match[str]) -> str:
    text = match["number"].replace(",", "")
    sign = ""
    if match["sign"]:
        sign = {"+": "plus ", "±": "plus or minus "}.get(match["sign"], "minus ")
    gap = " " if after(match, r"[A-Za-z]") else ""
    return sign + (decimal(text) if "." in text else cardinal(text)) + gap


def _letters_then_digits(match: re.Match[str]) -> str:
    number = match["digits"]
    pairs = len(number) == 4 and "0" not in (number[0], number[2])
    spoken = f"{cardinal(number[:2])} {cardinal(number[2:])}" if pairs else cardinal(number)
    return f"{match['letters']} {spoken}" + (" " if after(match, r"[A-Za-z]") else "")


RULES: tuple[Rule, ...] = (
    rule(
        r"(?<![\w.])(?P<number>\d[\d,]*)(?:st|nd|rd|th)(?P<more>s?)\b",
        lambda m: plural(ordinal(m["number"])) if m["more"] else ordinal(m["number"]),
    ),
    rule(rf"(?:(?<![\w.,])(?P<whole>\d+)[\ ]?)?(?P<sign>[{''.join(_VULGAR)}])", _vulgar),
    rule(r"(?<![\w.,/])(?:(?P<whole>\d{1,3})[\ -])?(?P<top>\d+)\s?[/⁄]\s?(?P<bottom>\d+)(?![\w/]|[.,]\d)", _slashed),
    rule(r"(?<![\w.])v(?:er)?\.?(?=\d+\.\d)", lambda m: "version "),
    rule(r"(?<![\w.,])\d+(?:\.\d+){2,}(?![\w.]*\d)", _version),
    rule(r"(?<![\w.,])\d+(?:\.\d+)?(?:\s?[x×]\s?\d+(?:\.\d+)?)+(?![\w.]*\d)", _product),
    rule(r"(?<![\w.,])(?P<number>\d+)\s?[x×](?!\w)", lambda m: f"{cardinal(m['number'])} times"),
    rule(
        rf"(?<![\w.,-])(?P<first>{_DECIMAL})(?:\s?[–—]\s?|-)(?P<last>{_DECIMAL})(?![\w-])(?!\.\d)",
        _range,
    ),
    rule(r"(?<![\w.,:])(?P<first>\d+):(?P<last>\d+)(?![\w:])", _range),
    rule(r"\b(?P<letters>[A-Za-z]+)-?(?P<digits>\d{1,4})(?!\d|[.,]\d)", _letters_then_digits),
    rule(
        r"(?<![\w.,])(?P<whole>\d+)(?=-(?:year|day|week|month|hour|minute|second|mile|foot|inch|page|man|way|point|time|story)s?\b)",
        lambda m: cardinal(m["whole"]),
    ),
    rule(rf"(?<!\w)(?P<sign>[-−+±](?=[\d.]))?(?P<number>{_DECIMAL}|\.\d+)", _number),
    rule(rf"(?P<number>{_WHOLE})(?P<sign>)", _number),
)
