"""Titles, streets, places, business and Latin abbreviations, and initials."""

from __future__ import annotations

import re

from pngnat.text.lexicon import is_initialism
from pngnat.text.normalize.numbers import code, digits
from pngnat.text.normalize.rules import NumberRule, Rule, after, any_of, before, full_stop, letters
from pngnat.text.normalize.stops import LETTERED, STARTS
from pngnat.text.normalize.tables import (
    BIG_STATES,
    COMPASS,
    DOTTED,
    FREE_TITLES,
    MARKED,
    NUMBERED,
    PLAIN,
    POSTAL_STATES,
    STATES,
    STREETS,
    TITLES,
)

_PLACES = frozenset({"St", "Ste", "Sts", "Ft", "Mt", "Mts", "Pt"})
_PERSONS = [title for title in TITLES if title not in _PLACES]
_NO_DOT_BEFORE_NUMBER = ("Apt", "Tel", "Ext", "ext", "Rm", "Bldg", "Fig", "Vol", "Ste", "Ch", "pp", "pg", "Hwy", "Rte")
_ROADS = [*(street for street in STREETS if len(street) > 2), "St", "Rd", "Dr", "Ln", "Ct", *set(STREETS.values())]
_LIVED = {"b": "born", "d": "died", "r": "reigned"}
_LABELS = {"tel": "telephone", "attn": "attention", "ext": "extension", "apt": "apartment", "qty": "quantity"}
# Codes of states that are also words in capitals.
_WORDS = frozenset({"OK", "HI", "OH", "ME", "OR", "IN", "MA", "PA", "ID", "DC"})
_CAPITAL_NAME = r"\s(?:[A-Z]\.\s?)*[\"'(]?[A-Z][\w’'-]*"


def _title(match: re.Match[str]) -> str | None:
    title = match["title"]
    if not match["dot"] and title not in FREE_TITLES:
        return None
    if title in STREETS and _ends_street(match):
        return None
    if title == "Sr" and before(match, r"[A-Z][\w’'-]+,?\s"):
        return None
    if title == "Sr" and after(
        match, r"\s(?:VP|Vice|Director|Manager|Editor|Engineer|Analyst|Developer|Producer|Counsel|Advisor)"
    ):
        return "Senior"
    return TITLES[title]


def _ends_street(match: re.Match[str]) -> bool:
    """Return whether "St." or "Dr." follows the name of a street: "12 Elm St. He ..." but not "12 St. James Road"."""
    named = before(match, r"(?:\d\w*|[A-Z][\w’'-]+|\d(?:st|nd|rd|th))\s")
    numbered = before(match, r"\b\d+\s(?:[NSEW]\.?\s)?(?:[A-Z][\w’'-]+\s)+|\d(?:st|nd|rd|th)\s")
    compass = named and after(match, r"\s(?:[NS][EW]|[NSEW])\b")
    return bool(
        (named and STARTS.match(match.string, match.end()))
        or numbered
        or compass
        or (named and match["dot"] and not after(match, r"\s"))
    )


def _street(match: re.Match[str]) -> str | None:
    way = f" {COMPASS[match['way']]}" if match["way"] else ""
    return f"{match['name']} {STREETS[match['street']]}{way}{'' if way else full_stop(match)}"


def _dotted(match: re.Match[str]) -> str | None:
    found = match[0]
    spoken = DOTTED.get(found) or DOTTED.get(found.lower())
    if spoken is None:
        return None
    if found.lower() == "v." and not (before(match, r"[A-Z][\w.’'-]*\s") and after(match, r"\s[A-Z]")):
        return None
    if found.lower() == "w/" and not after(match, r"\s|\w\w"):
        return None
    if found == "min." and before(match, r"\d\s?"):
        return None
    if found.lower() == "ca." and not after(match, r"\s?\d"):
        return None
    gap = " " if found.endswith("/") else ""
    return (spoken[0].upper() + spoken[1:] if found[0].isupper() else spoken) + gap + full_stop(match)


def _initials(match: re.Match[str]) -> str:
    """Return dotted letters as one initialism ("U.S." -> "US"), or apart where they would be a word ("J R")."""
    if not match[0].endswith(".") and (known := DOTTED.get(match[0].lower() + ".")):
        return known
    joined = match[0].replace(".", "").upper()
    return (joined if is_initialism(joined) else letters(joined)) + full_stop(match)


def _initial(match: re.Match[str]) -> str | None:
    if before(match, LETTERED):
        return None
    return "A-" if match["letter"] == "A" else match["letter"] + " "


BEFORE_NUMBERS: tuple[Rule, ...] = (
    NumberRule(
        rf"(?P<number>\b\d+\s)(?P<way>{any_of(COMPASS)})\.?(?=\s[A-Z\d])", lambda m: m["number"] + COMPASS[m["way"]]
    ),
    NumberRule(
        rf"(?<![\w.,/-])(?P<house>\d{{4}})(?=\ (?:{any_of(COMPASS.values())}\ )?"
        rf"(?:[A-Z][\w'’]+\ ){{1,3}}{any_of(_ROADS)}\b)",
        lambda m: code(m["house"]),
    ),
    Rule(
        rf"(?<![\w.])(?:(?P<word>{any_of(NUMBERED)})\.\ ?|(?P<plain>{any_of(_NO_DOT_BEFORE_NUMBER)})\ )"
        r"(?=[\[(]?\d|[IVX]+\b)",
        lambda m: NUMBERED[m["word"] or m["plain"]] + " ",
    ),
    Rule(
        rf"(?<![\w.])(?P<word>{any_of(MARKED)})\.\ ?(?=[A-Z]\b(?!['’.]\w|\ [a-z]))",
        lambda m: NUMBERED[m["word"]] + " ",
    ),
    NumberRule(r"(?P<floor>\b\d+(?:st|nd|rd|th)\ )fl\b\.?", lambda m: f"{m['floor']}floor{full_stop(m)}"),
    NumberRule(r"\b(?P<e>[Ee])st\.\ (?=[12]\d\d\d\b)", lambda m: m["e"] + "stablished "),
    Rule(r"\b(?P<e>[Ee])st\.\ (?=[a-z])", lambda m: m["e"] + "stimated "),
    NumberRule(
        rf"(?P<road>\b(?:Highway|Hwy\.?|Route|Rte\.?|Interstate|US|I)[\ -]\d{{1,3}})\ (?P<way>{any_of(COMPASS)})(?!\w)",
        lambda m: f"{m['road']} {COMPASS[m['way']]}",
    ),
    NumberRule(r"(?<![\w.])ca?\.\ ?(?=[12]?\d\d\d\b)", lambda m: "circa "),
    NumberRule(r"(?<=[(,;])(?P<gap>\ ?)(?P<word>[bdr])\.\ ?(?=\d{4}\b)", lambda m: m["gap"] + _LIVED[m["word"]] + " "),
    NumberRule(
        rf",\ (?P<state>{any_of(POSTAL_STATES)}|D\.C\.),?\ (?P<zip>\d{{5}})(?:-(?P<more>\d{{4}}))?(?!\w)",
        lambda m: (
            f", {POSTAL_STATES[m['state'].replace('.', '')]} {digits(m['zip'])}"
            + (f" dash {digits(m['more'])}" if m["more"] else "")
        ),
    ),
    Rule(r"\b(?P<word>[Tt]el|[Aa]ttn|[Ee]xt|[Aa]pt|[Qq]ty)(?=:)", lambda m: _LABELS[m["word"].lower()]),
)
RULES: tuple[Rule, ...] = (
    Rule(
        rf"(?<=[a-z]),\ (?P<state>{any_of(state for state in POSTAL_STATES if state not in _WORDS)})(?=[.,;)]|\s*$)",
        lambda m: f", {POSTAL_STATES[m['state']]}",
    ),
    Rule(rf"\b(?P<title>{any_of(TITLES)})(?P<dot>\.)?(?={_CAPITAL_NAME}|\s(?:and|&)\s[A-Z])", _title),
    Rule(
        rf"(?P<lead>\b(?i:the|my|your|his|her|our|their|a|good|dear)\s)(?P<title>{any_of(_PERSONS)})\.(?!\s?[A-Z\d])",
        lambda m: m["lead"] + TITLES[m["title"]] + full_stop(m),
    ),
    Rule(
        rf"(?P<name>(?:\b[A-Z][\w’'-]+|\b\d+(?:st|nd|rd|th)|\b[A-Z](?=\ St)))\ (?P<street>{any_of(STREETS)})(?![\w’'])"
        r"(?P<dot>\.)?"
        rf"(?:\ (?P<way>[NS][EW])\b)?",
        _street,
    ),
    Rule(
        rf"(?P<lead>(?<=[a-z],\ )|\b(?=(?:{any_of(BIG_STATES)})\.))(?P<state>{any_of(STATES)})\.(?!\w)",
        lambda m: STATES[m["state"]] + full_stop(m),
    ),
    Rule(r"(?:(?<=\w)|(?<!\S))\.NET\b", lambda m: (" " if before(m, r"\w") else "") + "dot net"),
    Rule(rf"(?<![\w.])(?i:{any_of(DOTTED)})(?![a-z]\.)", _dotted),
    Rule(rf"(?<![\w.])(?P<word>{any_of(PLAIN)})(?![\w.])", lambda m: PLAIN[m["word"]]),
    Rule(r"(?<![\w.'’])(?:[A-Za-z]\.){2,}(?!\w)|(?<![\w.'’])(?:[A-Za-z]\.){1,5}[A-Za-z](?![\w.'’])", _initials),
    Rule(r"(?<![\w.'’])(?P<letter>[A-Z])\.\ ?(?=[A-Z][\w.])", _initial),
    Rule(r"(?<![\w.'’])(?P<letter>[B-HJ-Z])\.(?=\s[a-z])", lambda m: m["letter"]),
)
