"""Plurals of numbers and codes ("the 1980s", "B-52s", "two 747s", "100s"), which are no seconds ("in 5s")."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, code, plural, year
from pngnat.text.normalize.rules import NumberRule, Rule, after, before

_SECONDS_BEFORE = (
    r"\b(?i:in|for|after|within|every|about|took|takes?|taking|lasts?|lasted|wait|waits|waited|than|under|over|only"
    r"|just|around|nearly|almost|next|last|first|past|final|until|approximately|at|by|delay|timeout|time|pause|paused"
    r"|slept?|sleep|runs?|ran|another|roughly)\s(?:of\s|is\s|=\s)?|[=~<>+]\s?"
)
_SECONDS_AFTER = (
    r"\s(?:delay|timeout|time|pause|later|ago|timer|interval|window|clip|video|limit|each|left|remaining|countdown"
    r"|of\s(?!thousands|millions|hundreds)"
    r"(?:silence|footage|video|audio|film|sound|music|delay|play|data|rest|time|waiting|darkness))\b"
)
_MANY_BEFORE = (
    r"\b(?i:the|his|her|my|their|our|your|its|two|three|four|five|six|seven|eight|nine|ten|many|some|all|both|few"
    r"|several|these|those|early|mid|late|low|high|upper|lower|size|no|of|more|\d+s\s(?:and|or)|\d+s,)[\s-]|[\"(]"
)


def _decade(text: str) -> str:
    """Return a decade in words: "1980" -> "nineteen eighties", "00" -> "two thousands"."""
    if text == "00":
        return "two thousands"
    if len(text) == 4 and text.endswith("00") and text[1] != "0":
        return f"{cardinal(text[:2])} hundreds"
    *head, last = (year(text) if len(text) == 4 else cardinal(text)).split()
    return " ".join([*head, plural(last)])


def _decades(match: re.Match[str]) -> str:
    return f"{_decade(match['first'])} to {_decade(match['last'])}"


def _many(number: str) -> str:
    if number in ("100", "1000"):
        return {"100": "hundreds", "1000": "thousands"}[number]
    *head, last = code(number).split()
    return " ".join([*head, plural(last)])


def _number(match: re.Match[str]) -> str | None:
    number = match["number"].replace(",", "")
    if match["apostrophe"] and len(number) == 4:
        return None
    if before(match, _SECONDS_BEFORE) or after(match, _SECONDS_AFTER):
        return None
    is_round = number.lstrip("0") and number.endswith("0")
    if not (
        is_round
        or match["apostrophe"]
        or len(number) > 2
        or before(match, _MANY_BEFORE)
        or before(match, r"[a-z,]\s[A-Z]\w+\s")
        or after(match, r"\s(?:and|or)\s\d+s\b")
    ):
        return None
    return _many(number)


def _code(match: re.Match[str]) -> str:
    letters = match["letters"]
    return f"{letters}{'-' if letters == 'A' else ' '}{_many(match['digits'])}"


def _aircraft(match: re.Match[str]) -> str | None:
    """Return the words for "737-800" or "a 747"."""
    if not (match["variant"] or match["many"]) and not before(match, r"\b(?i:boeing|a|the|this|that|old|new|mc|md)\s"):
        return None
    spoken = code(match["model"]) + (f" {code(match['variant'])}" if match["variant"] else "")
    *head, last = spoken.split()
    return " ".join([*head, plural(last) if match["many"] else last])


def _players(match: re.Match[str]) -> str:
    """Return "forty niners" for "49ers"."""
    *head, last = cardinal(match["number"]).split()
    return " ".join([*head, last.removesuffix("e") + "ers"])


RULES: tuple[Rule, ...] = (
    NumberRule(
        r"(?<![\w.,$£€-])(?P<model>7[0-8]7)(?:-(?P<variant>\d00|\d))?(?P<many>s)?(?![\w%]|[.,]\d|\s[a-z]+s\b)",
        _aircraft,
    ),
    NumberRule(r"\b(?P<number>49|76|69)ers\b", _players),
    NumberRule(r"(?<=\biPhone\ )(?P<number>\d{1,2})[sS]\b", lambda m: f"{cardinal(m['number'])} S"),
    NumberRule(
        r"\b501\(?c\)?(?:\(?(?P<number>\d{1,2})\)?)?(?!\w)",
        lambda m: "five oh one C" + (f" {cardinal(m['number'])}" if m["number"] else ""),
    ),
    NumberRule(
        r"(?<![\w.,])['’]?(?P<first>(?:[12]\d)?\d0)['’]?s\s?[-–—]\s?['’]?(?P<last>(?:[12]\d)?\d0)['’]?s\b", _decades
    ),
    NumberRule(r"(?<![\w.,])(?P<year>[12]\d\d0)['’]?s\b(?!\sof\b)", lambda m: _decade(m["year"])),
    NumberRule(r"(?<![\w.,])['’](?P<tens>\d0)['’]?s\b", lambda m: _decade(m["tens"])),
    NumberRule(r"\b(?P<letters>[A-Z][A-Za-z]{0,4})-?(?P<digits>\d{1,4})['’]?s\b", _code),
    NumberRule(
        r"\b(?P<number>401|403)\(?(?P<letter>[kKbB])\)?(?P<many>['’]?s)?(?!\w)",
        lambda m: f"{code(m['number'])} {m['letter'].upper()}{'s' if m['many'] else ''}",
    ),
    NumberRule(r"(?<!\d-)(?<![\w.,$£€:/])(?P<number>\d{1,3}(?:,\d{3})+|\d{1,4})(?P<apostrophe>['’])?s\b", _number),
)
