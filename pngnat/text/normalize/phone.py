"""Telephone numbers and other numbers that are spoken digit by digit: codes, accounts, cards."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, digits
from pngnat.text.normalize.rules import NumberRule, Rule, before


def _group(group: str) -> str:
    if not group.isdigit():
        return group.lower()
    if len(group) == 3 and group.endswith("00") and group[0] != "0":
        return f"{cardinal(group[0])} hundred"
    return digits(group)


def _spelled(text: str) -> str:
    """Return the digits one by one, with a comma for a hyphen."""
    return " ".join(digits(one) if one.isdigit() else "X" if one == "X" else "," for one in text).replace(" ,", ",")


def _phone(match: re.Match[str]) -> str:
    """Return the digits in groups, with commas so that the groups are audible."""
    spoken = ", ".join(
        _group(group) for group in re.findall(r"\d+|[A-Z]{2,}", re.sub(r"(?<=\d{3})(?=\d{4}$)", " ", match["groups"]))
    )
    return ("plus " if match["groups"].startswith("+") else "") + spoken


def _ten_digits(match: re.Match[str]) -> str | None:
    """Return the digits of "8005550199" in groups, None for an amount."""
    if before(match, r"(?:=|\b(?:of|is|are|equals|about|than|over))\s"):
        return None
    number = match["groups"]
    groups = [number[:-10], number[-10:-7], number[-7:-4], number[-4:]]
    return ", ".join(_group(group) for group in groups if group)


def _groups(text: str) -> str:
    return ", ".join(digits(group) for group in re.findall(r"\d+", text))


_KEYS = {"*": "star", "#": "pound"}
RULES: tuple[Rule, ...] = (
    Rule(
        r"(?P<lead>\b(?i:press|dial|hit|enter|or|then|the)\s)(?P<key>[*\#])"
        r"(?=\s(?:key|to|for|sign|button|when|at)\b|[.,;!?]|$)",
        lambda m: m["lead"] + _KEYS[m["key"]],
    ),
    NumberRule(
        r"(?<=[-. ]\d{4})(?P<sign>,?\s?(?:[xX]|[Ee]xt\.?)\s?)(?P<digits>\d{2,5})(?!\w)",
        lambda m: ", extension " + digits(m["digits"]),
    ),
    NumberRule(
        r"(?<![\w.,-])(?P<groups>(?:\+?\d{1,3}[\ .-]?)?(?:\(\d{3}\)[\ -]?|\d{3}[.-])\d{3}[\ .-]\d{4})(?![\w-])", _phone
    ),
    NumberRule(r"(?<![\w.,-])(?P<groups>\+\d{1,3}(?:[\ -]\d{2,4}){2,5})(?![\w-])", _phone),
    NumberRule(r"(?<![\w.,-])(?P<groups>1-\d{3}-(?:\d{3}-\d{4}|[A-Z]{4,9}|[A-Z]{3}-[A-Z]{4}))(?![\w-])", _phone),
    NumberRule(
        r"(?<![\w.,-])(?P<groups>(?:1\ )?[2-9]\d{2}\ [2-9]\d{2}\ \d{4}|\([2-9]\d{2}\)\d{3}[-.]?\d{4})(?![\w-])", _phone
    ),
    NumberRule(
        r"(?P<lead>\b(?:ISBN|ISSN)(?:-1[03])?:?\ )(?P<digits>\d[\d-]{7,16}[\dX])(?!\w)",
        lambda m: m["lead"] + _spelled(m["digits"]),
    ),
    NumberRule(
        r"(?P<lead>\b(?i:order|invoice|ticket|case|confirmation|reference|tracking|id|badge|serial|routing|member"
        r"|customer|booking)"
        r"(?:\ (?i:number|no\.?|is))?:?\ \#?)"
        r"(?P<digits>\d{4,}(?!\s(?!is\b|was\b|has\b)[a-z]+s\b)|\d{2,}-\d{5,}(?:-\d+)*|\d+(?:-\d+){2,})"
        r"(?![\w%]|[-.,:/]\d)",
        lambda m: m["lead"].replace("#", "number ") + _groups(m["digits"]),
    ),
    NumberRule(r"(?<![\w.,-])(?P<groups>\d{3}-\d{4})(?![\w-])", _phone),
    NumberRule(r"(?<![\w.,:/$£€-])(?P<groups>1?[2-9]\d{2}[2-9]\d{6})(?![\w%]|[.,:/-]\d|\s[a-z]+s\b)", _ten_digits),
    NumberRule(r"(?<![\w.,-])(?:\d{3}-\d{2}-\d{4}|\d{4}([\ -])\d{4}\1\d{4}\1\d{4})(?![\w-])", lambda m: _groups(m[0])),
    NumberRule(
        r"(?P<lead>\b(?i:call|dial|dialed|phone)\s)(?P<digits>\d{3})\b(?![-.,:/]\d)",
        lambda m: m["lead"] + digits(m["digits"]),
    ),
    NumberRule(
        r"(?P<lead>\b(?i:text)\s(?:['\"]?\w+['\"]?\s){1,2}to\s)(?P<digits>\d{4,6})\b(?![-.,:/]\d)",
        lambda m: m["lead"] + digits(m["digits"]),
    ),
    NumberRule(r"(?<![\w.,:/-])911(?![\w:/-]|[.,]\d)(?!\s[a-z]+s\b)", lambda m: digits(m[0])),
    NumberRule(
        r"(?P<lead>\b(?i:code|pin|zip|ending\ in|ends\ in|extension|ext\.?|account|acct\.?)"
        r"(?:\s(?:is\s|number\s|no\.\s)?|:\ ))"
        r"(?P<digits>\d{3,4}(?:[\ -]\d{3,4})+|\d{3,})\b(?![.,:/-]\d)",
        lambda m: m["lead"] + _groups(m["digits"]),
    ),
)
