"""Calculations and comparisons: "3x - 4 = 0", "a <= b", "5 * 3 = 15"."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import PLAIN_NUMBER, cardinal, decimal, mixed
from pngnat.text.normalize.rules import Rule

_COMPARED = {
    "!=": "does not equal", "<>": "does not equal", "≠": "does not equal", "==": "equals", "=": "equals",
    "≈": "is about", "<=": "is less than or equal to", ">=": "is greater than or equal to",
    "≤": "is less than or equal to", "≥": "is greater than or equal to", "<": "is less than", ">": "is greater than",
}  # fmt: skip
_COMPUTED = {
    "+": "plus",
    "-": "minus",
    "−": "minus",
    "–": "minus",
    "*": "times",
    "×": "times",
    "·": "times",
    "÷": "divided by",
    "/": "divided by",
}
_SIGN = r"(?:[!=<>]=|<>|[=<>≤≥≠≈+*×·÷/−–-])"
_NUMBER = rf"(?:\d+[/⁄]\d+(?![\d/])|{PLAIN_NUMBER})"
_OPERAND = rf"[-−]?(?:{_NUMBER}[A-Za-z]?|[A-Za-z])(?![A-Za-z'’])(?:[²³]|\^\d{{1,4}})?"
_POWERS = {"²": " squared", "³": " cubed", "^2": " squared", "^3": " cubed"}


def _is_calculation(text: str) -> bool:
    if re.search(r"[=<>≤≥≠≈]", text):
        return True
    if re.search(r"[\dA-Za-z²³]\s?\*\s?[\dA-Za-z]", text) or re.search(r"[\dA-Za-z²³]\s?\+\s?[\dA-Za-z]", text):
        return True
    # "5 - 3" alone may be a score and "A - B" a range.
    return bool(re.search(r"\s[-−–]\s", text) and re.search(r"\d[A-Za-z]|[²³]|\^", text))


def _calculation(match: re.Match[str]) -> str | None:
    if not _is_calculation(match[0]):
        return None
    words = []
    wants_operand = True
    for piece in _pieces(match[0]):
        if wants_operand:
            words.append(_operand(piece))
        else:
            words.append(_COMPARED.get(piece) or _COMPUTED[piece])
        wants_operand = not wants_operand
    # The silent hyphen marks the letter, as opposed to the article.
    return re.sub(r"\b[aA] (?=\w)", "A-", re.sub(r"\b[aA]$", "A", " ".join(words)))


def _pieces(text: str) -> list[str]:
    """Return operands and signs in turn."""
    pieces: list[str] = []
    position = 0
    operand, sign = re.compile(rf"\s*({_OPERAND})", re.VERBOSE), re.compile(rf"\s*({_SIGN})", re.VERBOSE)
    while position < len(text):
        found = (sign if len(pieces) % 2 else operand).match(text, position)
        assert found, f"the rule matches a text without operands and signs in turn: {text}"
        pieces.append(found[1])
        position = found.end()
    return pieces


def _operand(text: str) -> str:
    parts = re.fullmatch(
        rf"(?P<minus>[-−])?(?P<number>{_NUMBER})?(?P<letter>[A-Za-z])?(?P<power>[²³]|\^\d+)?", text, re.VERBOSE
    )
    assert parts, f"the rule matches a text that is no operand: {text}"
    power = parts["power"] or ""
    spoken = [_number(parts["number"]) if parts["number"] else "", parts["letter"] or ""]
    power = _POWERS.get(power) or (f" to the power of {cardinal(power[1:])}" if power else "")
    return ("minus " if parts["minus"] else "") + " ".join(filter(None, spoken)) + power


def _number(text: str) -> str:
    top, slash, bottom = text.replace("⁄", "/").partition("/")
    if not slash:
        return decimal(text.replace(",", ""))
    fraction = mixed(None, top, bottom) if bottom.strip("0") and int(top) < int(bottom) else None
    return fraction or f"{cardinal(top)} divided by {cardinal(bottom)}"


RULES: tuple[Rule, ...] = (
    Rule(
        rf"(?<![\w.'’$£€¥/^%&-])(?<!\d\s){_OPERAND}(?:\s?{_SIGN}\s?{_OPERAND})+(?![\w'’%°$£€^]|[.,/:-]\w)", _calculation
    ),
)
