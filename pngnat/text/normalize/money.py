"""Money: $, £, €, ¥, ... with cents, with million and billion, as an adjective ("a $5 bill"), and per unit."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, decimal, is_one, plural
from pngnat.text.normalize.rules import NumberRule, Rule, any_of
from pngnat.text.normalize.tables import CURRENCIES, RATES
from pngnat.text.normalize.units import is_adjective

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
_SIGNS = any_of(CURRENCIES)
_FIRST_SCALE = rf"(?P<first_scale>{any_of(_SCALES)})?"
# The unit of a price, spoken here, since a unit alone ("lb") is no word.
_RATE = rf"(?:\ ?/\ ?(?P<rate>{any_of(RATES)})(?![\w/])(?:\.(?=[;,]|\s[a-z]))?)?"
_AMOUNT = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_SCALE = rf"(?:[ -]?(?P<spelled>{any_of(_SPELLED)})\b|\ ?(?P<scale>{any_of(_SCALES)})(?![A-Za-z]))?"


def _from_europe(match: re.Match[str]) -> str | None:
    """Return "1.250,50 €" as "1,250.50 €"; None without a currency, and for a sum that needs no change."""
    whole, cents = match["whole"], match["cents"]
    if not (match["before"] or match["after"]) or not ("." in whole or cents):
        return None
    return (match["before"] or "") + whole.replace(".", ",") + (f".{cents}" if cents else "") + (match["after"] or "")


def _amount(amount: str, currency: str, scale: str | None, adjective: bool = False) -> str:
    """Return the words for a sum. amount: digits with commas and a point; scale: "million" or None."""
    unit, hundredth = CURRENCIES[currency]
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


def _per(rate: str | None) -> str:
    return "" if not rate else " each" if RATES[rate] == "each" else f" per {RATES[rate]}"


def _scale(match: re.Match[str]) -> str | None:
    return match["spelled"] or (_SCALES[match["scale"]] if match["scale"] else None)


def _prefixed(match: re.Match[str]) -> str:
    rate = _per(match["rate"])
    sign = {"-": "minus ", "−": "minus ", "+": "plus "}.get(match["sign"] or "", "")
    return sign + _amount(match["amount"], match["currency"], _scale(match), is_adjective(match)) + rate


def _range(match: re.Match[str]) -> str:
    if "." in match["first"] and not match["first_scale"] and not _scale(match):
        both = [_amount(match[name], match["currency"], None) for name in ("first", "amount")]
        return " to ".join(both) + _per(match["rate"])
    first = decimal(match["first"].replace(",", ""))
    if match["first_scale"] and _SCALES[match["first_scale"]] != _scale(match):
        first += " " + _SCALES[match["first_scale"]]
    rate = _per(match["rate"])
    return f"{first} to {_amount(match['amount'], match['currency'], _scale(match))}{rate}"


def _bills(match: re.Match[str]) -> str:
    """Return the words for bills ("$20s") or a vague sum ("$1000s")."""
    sums = {"100": "hundreds of dollars", "1000": "thousands of dollars"}
    return sums.get(match["number"]) or plural(cardinal(match["number"]))


RULES: tuple[Rule, ...] = (
    Rule(
        r"(?<![\w.,])(?P<before>(?:€|EUR)\ ?)?(?P<whole>\d{1,3}(?:\.\d{3})+|\d+)(?:,(?P<cents>\d\d))?(?![.,]?\d)"
        rf"(?P<after>\ ?(?:€|EUR)(?!\w))?(?!\ ?(?:/|per\ |an?\ )\ ?[Ll]|\ ?(?:{any_of([*_SPELLED, *_SCALES])})(?!\w))",
        _from_europe,
        needs="€E",
    ),
    NumberRule(r"(?<![\w.])\$(?P<number>\d{1,3}0)s\b", _bills),
    NumberRule(
        rf"(?<![\w.])(?P<currency>{_SIGNS})\ ?(?P<first>{_AMOUNT}){_FIRST_SCALE}\s?[-–—]\s?"
        rf"(?:{_SIGNS})?\ ?(?P<amount>{_AMOUNT}){_SCALE}{_RATE}(?!\w)",
        _range,
    ),
    NumberRule(rf"(?<![\w.])(?P<sign>[-−+])?(?P<currency>{_SIGNS})\ ?(?P<amount>{_AMOUNT}){_SCALE}{_RATE}", _prefixed),
    NumberRule(
        rf"(?<![\w.])(?P<sign>[-−+])?(?P<amount>{_AMOUNT}){_SCALE}\ ?(?!Rs)(?P<currency>{_SIGNS})(?![\w]){_RATE}",
        _prefixed,
    ),
    NumberRule(
        rf"(?<![\w.])(?P<amount>{_AMOUNT})\ ?¢",
        lambda match: f"{decimal(match['amount'].replace(',', ''))} {'cent' if is_one(match['amount']) else 'cents'}",
    ),
)
