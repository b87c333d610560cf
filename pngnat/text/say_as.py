"""`<say-as interpret-as=...>` of SSML: the text is rewritten so that normalization reads it as the tag wants."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping

from pngnat.text.lexicon import dictionary
from pngnat.text.normalize.numbers import cardinal, digits, ordinal

_SIGNS = {
    "-": "dash",
    ".": "dot",
    "/": "slash",
    "_": "underscore",
    "@": "at",
    "#": "hash",
    "+": "plus",
    "&": "and",
    "*": "star",
}
_ORDERS = frozenset("mdy dmy ymd md dm ym my d m y".split())
# Kinds that the rules of normalization already recognize.
_PLAIN = frozenset("time fraction unit currency money address name net uri url text duration".split())


def say_as(text: str, attributes: Mapping[str, str], unsupported: Callable[[str], None]) -> str:
    """Return `text` rewritten by attributes["interpret-as"] and attributes["format"].

    unsupported: called with the tag where the kind is unknown; the text stays then."""
    kind, plain = attributes.get("interpret-as", ""), " ".join(text.split())
    number = re.sub(r"[, ]", "", plain)
    if kind in ("characters", "spell-out", "verbatim", "letters"):
        return _spelled(plain)
    if kind in ("digits", "number_digit", "telephone"):
        return ", ".join(digits(group) for group in re.findall(r"\d+", plain)) or text
    if kind in ("cardinal", "number") and re.fullmatch(r"-?\d{1,36}", number):
        return f"minus {cardinal(number[1:])}" if number.startswith("-") else cardinal(number)
    if kind == "ordinal" and re.fullmatch(r"\d{1,36}", number):
        return ordinal(number)
    if kind == "date":
        return _date(plain, attributes.get("format", "mdy")) or text
    if kind == "expletive":
        return "beep"
    if kind not in _PLAIN | {"cardinal", "number", "ordinal"}:
        unsupported(f"<say-as interpret-as={kind!r}>")
    return text


def _spelled(text: str) -> str:
    """Return the letters with the phonemes of their names, since a lone "a" would be an article."""
    spoken = []
    for sign in text:
        if sign.isascii() and sign.isalpha():
            name = ("EY1",) if sign in "aA" else dictionary().variants(sign.lower())[0]
            spoken.append(f"[{sign.upper()}]({' '.join(name)})")
        elif sign.isdigit():
            spoken.append(digits(sign))
        else:
            spoken.append(_SIGNS.get(sign, sign))
    return " ".join(spoken)


def _date(text: str, order: str) -> str | None:
    """Return "September 10, 2020" for "9/10/2020" in the order "mdy"; None where the numbers do not fit the order."""
    order = re.sub(r"(.)\1+", r"\1", order.lower())
    numbers = re.split(r"[-/. ]+", text)
    if (
        order not in _ORDERS
        or len(numbers) != len(order)
        or not all(re.fullmatch(r"\d{1,4}", number) for number in numbers)
    ):
        return None
    part = dict(zip(order, numbers, strict=True))
    month = int(part.get("m", 1))
    if not (1 <= month <= 12 and 1 <= int(part.get("d", 1)) <= 31):
        return None
    day = f"{int(part['d'])}" if "d" in part else ""
    named = calendar.month_name[month] if "m" in part else ""
    if "d" in part and "m" not in part:
        day = ordinal(part["d"])
    return (
        ", ".join(filter(None, (f"{named} {day}".strip(), part.get("y", ""))))
        if day
        else f"{named} {part.get('y', '')}".strip()
    )
