"""Tables of abbreviations, units and names for the rules and for the splitting into sentences."""

from __future__ import annotations

from pngnat.text.lexicon import DATA


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _of_kinds(*kinds: str) -> dict[str, str]:
    return {short: spoken for kind, short, spoken in _ABBREVIATIONS if kind in kinds}


def _word_lists() -> dict[str, list[str]]:
    """Return the lists of words.txt by name."""
    lists: dict[str, list[str]] = {}
    for (line,) in _rows("words.txt"):
        if line.startswith("["):
            words = lists[line.strip("[]")] = []
        else:
            words += line.split()
    return lists


_ABBREVIATIONS = _rows("abbreviations.tsv")
# Before a name; FREE_TITLES also without a dot.
TITLES = _of_kinds("title", "freetitle")
FREE_TITLES = frozenset(_of_kinds("freetitle"))
STREETS = _of_kinds("street")
# Before a number.
NUMBERED = _of_kinds("numbered")
# Also before a letter that is a name.
MARKED = frozenset("Apt apt Bldg bldg Rm rm Ste Fig fig App Sched Div Sec".split())
BOOKS = _of_kinds("book")
# After a town and a comma; BIG_STATES anywhere.
STATES = _of_kinds("state", "bigstate")
BIG_STATES = frozenset(_of_kinds("bigstate"))
# Two letters after a comma.
POSTAL_STATES = _of_kinds("postal")
# With their dot, anywhere; a sentence never ends with a PHRASE, and COMPANY often stands inside a name.
PHRASES = _of_kinds("phrase")
COMPANY = _of_kinds("company")
DOTTED = _of_kinds("phrase", "company", "word")
PLAIN = _of_kinds("plain")
UNITS = dict(_rows("units.tsv"))
RATES = dict(_rows("rates.tsv"))
# Sign or code: (unit, hundredth of the unit or "").
CURRENCIES = {sign: (unit, "".join(hundredth)) for sign, unit, *hundredth in _rows("currencies.tsv")}
WORDS = _word_lists()
MONTHS = "January February March April May June July August September October November December".split()
SHORT_MONTHS = {month[:3]: month for month in MONTHS} | {"Sept": "September"}
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SHORT_DAYS = {day[:3]: day for day in DAYS} | {
    "Tues": "Tuesday",
    "Weds": "Wednesday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
}
COMPASS = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest", "SE": "Southeast",
    "SW": "Southwest",
}  # fmt: skip
