"""Money: $, £, €, ¥, ... with cents, with million and billion, as an adjective ("a $5 bill"), and per unit."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, decimal, is_one, plural
from pngnat.text.normalize.rules import Rule, after, any_of, before, rule

# sign or code: (unit, hundredth)
_CURRENCIES = {
    "$": ("dollar", "cent"),
    "US$": ("US dollar", "cent"),
    "C$": ("Canadian dollar", "cent"),
    "A$": ("Australian dollar", "cent"),
    "USD": ("US dollar", "cent"),
    "CAD": ("Canadian dollar", "cent"),
    "AUD": ("Australian dollar", "cent"),
    "£": ("pound", "penny"),
    "GBP": ("pound", "penny"),
    "€": ("euro", "cent"),
    "EUR": ("euro", "cent"),
    "¥": ("yen", ""),
    "JPY": ("yen", ""),
    "CNY": ("yuan", ""),
    "₹": ("rupee", "paisa"),
    "INR": ("rupee", "paisa"),
    "CHF": ("Swiss franc", "centime"),
    "₩": ("won", ""),
    "₽": ("ruble", "kopek"),
    "₿": ("bitcoin", ""),
}
_SCALES = {
    "k": "thousand",
    "K": "thousand",
    "m": "million",
    "M": "million",
    "mn": "million",
    "b": "billion",
    "B": "billion",
    "bn": "billion",
    "T": "trillion",
    "tn": "trillion",
}
_SPELLED = ("hundred", "thousand", "million", "billion", "trillion")
_SIGNS = any_of(_CURRENCIES)
_AMOUNT = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_SCALE = rf"(?:[ -]?(?P<spelled>{any_of(_SPELLED)})\b|\ ?(?P<scale>{any_of(_SCALES)})(?![A-Za-z]))?"


def _amount(amount: str, currency: str, scale: str | None, adjective: bool = False) -> str:
    """The spoken sum. amount: digits with commas and a point; scale: "million" or None."""
    unit, hundredth = _CURRENCIES[currency]
    amount = amount.replace(",", "")
    whole, _, cents = amount.partition(".")
    many = unit if adjective else plural(unit)
    if scale:
        return f"{decimal(amount)} {scale} {many}"
    if not hundredth or len(cents) != 2:
        return f"{decimal(amount)} {unit if is_one(amount) else many}"
    small = f"{cardinal(cents.lstrip('0') or '0')} {hundredth if int(cents) == 1 else plural(hundredth)}"
    large = f"{cardinal(whole or '0')} {unit if is_one(whole or '0') else many}"
    if not int(cents):
        return large
    return small if not whole.strip("0") else f"{large} and {small}"


def _scale(match: re.Match[str]) -> str | None:
    return match["spelled"] or (_SCALES[match["scale"]] if match["scale"] else None)


def _prefixed(match: re.Match[str]) -> str:
    adjective = bool(before(match, r"\b(?:[Aa]n?|[Tt]his|[Tt]hat|[Ee]very|[Ee]ach)\s") and after(match, r"[\s-][a-z]"))
    sign = "minus " if match["minus"] else ""
    return sign + _amount(match["amount"], match["currency"], _scale(match), adjective)


def _range(match: re.Match[str]) -> str:
    first = decimal(match["first"].replace(",", ""))
    return f"{first} to {_amount(match['amount'], match['currency'], _scale(match))}"


RULES: tuple[Rule, ...] = (
    rule(
        rf"(?<![\w.])(?P<currency>{_SIGNS})\ ?(?P<first>{_AMOUNT})\s?[-–—]\s?(?:{_SIGNS})?(?P<amount>{_AMOUNT}){_SCALE}(?!\w)",
        _range,
    ),
    rule(rf"(?<![\w.])(?P<minus>[-−])?(?P<currency>{_SIGNS})\ ?(?P<amount>{_AMOUNT}){_SCALE}", _prefixed),
    rule(rf"(?<![\w.])(?P<minus>[-−])?(?P<amount>{_AMOUNT}){_SCALE}\ ?(?P<currency>{_SIGNS})(?!\w)", _prefixed),
    rule(
        rf"(?<![\w.])(?P<amount>{_AMOUNT})\ ?¢",
        lambda match: f"{decimal(match['amount'].replace(',', ''))} {'cent' if is_one(match['amount']) else 'cents'}",
    ),
)
