"""Titles, streets, places, business and Latin abbreviations, and initials."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import digits
from pngnat.text.normalize.rules import SENTENCE_STARTS, Rule, after, any_of, before, full_stop, rule

# Before a name; the dot may be missing where the word can be nothing else.
_TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Messrs": "Messers",
    "Mme": "Madame",
    "Mlle": "Mademoiselle",
    "Dr": "Doctor",
    "Drs": "Doctors",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Fr": "Father",
    "Hon": "Honorable",
    "Gen": "General",
    "Col": "Colonel",
    "Maj": "Major",
    "Capt": "Captain",
    "Cpt": "Captain",
    "Cmdr": "Commander",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Cpl": "Corporal",
    "Pvt": "Private",
    "Adm": "Admiral",
    "Gov": "Governor",
    "Sen": "Senator",
    "Rep": "Representative",
    "Pres": "President",
    "Supt": "Superintendent",
    "Mt": "Mount",
    "Ft": "Fort",
    "St": "Saint",
    "Ste": "Saint",
}
_NO_DOT_NEEDED = frozenset({"Mr", "Mrs", "Ms", "Dr", "Prof", "Sgt", "Capt", "Lt", "St", "Mt", "Messrs", "Mme"})
_STREETS = {
    "St": "Street",
    "Ave": "Avenue",
    "Av": "Avenue",
    "Blvd": "Boulevard",
    "Rd": "Road",
    "Dr": "Drive",
    "Ln": "Lane",
    "Ct": "Court",
    "Pl": "Place",
    "Sq": "Square",
    "Hwy": "Highway",
    "Pkwy": "Parkway",
    "Ter": "Terrace",
    "Cir": "Circle",
    "Expy": "Expressway",
}
_COMPASS = {
    "N": "North",
    "S": "South",
    "E": "East",
    "W": "West",
    "NE": "Northeast",
    "NW": "Northwest",
    "SE": "Southeast",
    "SW": "Southwest",
}
# With their dot, anywhere.
_DOTTED = {
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "et al.": "and others",
    "vs.": "versus",
    "v.": "versus",
    "cf.": "compare",
    "viz.": "namely",
    "approx.": "approximately",
    "dept.": "department",
    "Dept.": "Department",
    "Inc.": "Incorporated",
    "Corp.": "Corporation",
    "Ltd.": "Limited",
    "Co.": "Company",
    "Cos.": "Companies",
    "Bros.": "Brothers",
    "Assn.": "Association",
    "Univ.": "University",
    "Jr.": "Junior",
    "Sr.": "Senior",
    "Esq.": "Esquire",
    "Ph.D.": "PhD",
    "M.D.": "MD",
    "Apt.": "Apartment",
    "Bldg.": "Building",
    "Govt.": "Government",
    "misc.": "miscellaneous",
    "max.": "maximum",
    "min.": "minimum",
    "ext.": "extension",
    "esp.": "especially",
    "incl.": "including",
    "ibid.": "ibidem",
    "a.k.a.": "also known as",
    "w/o": "without",
    "w/": "with ",
    "b/c": "because",
    "o/w": "otherwise",
}
_PLAIN = {
    "vs": "versus",
    "Jr": "Junior",
    "Sr": "Senior",
    "Ltd": "Limited",
    "etc": "et cetera",
    "approx": "approximately",
    "aka": "also known as",
}
# Before a number.
_NUMBERED = {
    "No": "Number",
    "no": "number",
    "Nos": "Numbers",
    "nos": "numbers",
    "Vol": "Volume",
    "vol": "volume",
    "Ch": "Chapter",
    "ch": "chapter",
    "Fig": "Figure",
    "fig": "figure",
    "Sec": "Section",
    "sec": "section",
    "p": "page",
    "pp": "pages",
    "pg": "page",
    "Rm": "Room",
    "Ste": "Suite",
    "Ext": "Extension",
    "ext": "extension",
    "Eq": "Equation",
    "eq": "equation",
    "Art": "Article",
    "ca": "circa",
    "c": "circa",
    "Rte": "Route",
    "Pt": "Part",
    "pt": "part",
}
_STATES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|FL Florida|GA Georgia|HI Hawaii|"
    "ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|"
    "MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|"
    "TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|DC DC"
)
_STATE_NAMES = dict(state.split(" ", 1) for state in _STATES.split("|"))
_CAPITAL_NAME = r"\s(?:[A-Z]\.\s?)*[\"'(]?[A-Z][\w’'-]*"


def _title(match: re.Match[str]) -> str | None:
    title = match["title"]
    if not match["dot"] and title not in _NO_DOT_NEEDED:
        return None
    if title in _STREETS and _ends_street(match):
        return None
    return _TITLES[title]


def _ends_street(match: re.Match[str]) -> bool:
    """Whether "St." or "Dr." stands after a street's name: "12 Elm St. He ..." but not "12 St. James Road"."""
    named = before(match, r"(?:\d\w*|[A-Z][\w’'-]+|\d(?:st|nd|rd|th))\s")
    numbered = before(match, r"\b\d+\s(?:[NSEW]\.?\s)?(?:[A-Z][\w’'-]+\s)+|\d(?:st|nd|rd|th)\s")
    return bool((named and after(match, SENTENCE_STARTS)) or numbered)


def _street(match: re.Match[str]) -> str | None:
    return f"{match['name']} {_STREETS[match['street']]}{full_stop(match)}"


def _dotted(match: re.Match[str]) -> str | None:
    found = match[0]
    spoken = _DOTTED.get(found) or _DOTTED.get(found.lower())
    if spoken is None:
        return None
    if found.lower() == "v." and not (before(match, r"[A-Z][\w.’'-]*\s") and after(match, r"\s[A-Z]")):
        return None
    if found == "min." and before(match, r"\d\s?"):
        return None
    return (spoken[0].upper() + spoken[1:] if found[0].isupper() else spoken) + full_stop(match)


def _initials(match: re.Match[str]) -> str:
    """Dotted letters become one initialism ("U.S." -> "US"); its last dot stays where the sentence goes on with a new one."""
    letters = match[0].replace(".", "").replace(" ", "")
    return letters + full_stop(match)


def _initial(match: re.Match[str]) -> str | None:
    if before(match, r"\b(?i:plan|vitamin|grade|option|part|class|group|type|point|letter|section|hepatitis|appendix|exhibit|and|or|an)\s"):
        return None
    return match["letter"] + " "


RULES: tuple[Rule, ...] = (
    rule(
        rf",\ (?P<state>{any_of(_STATE_NAMES)})\ (?P<zip>\d{{5}})(?P<more>-\d{{4}})?(?!\w)",
        lambda m: f", {_STATE_NAMES[m['state']]} {digits(m['zip'])}" + (f" dash {digits(m['more'])}" if m["more"] else ""),
    ),
    rule(
        rf"(?P<number>\b\d+\s)(?P<way>{any_of(_COMPASS)})\.?(?=\s[A-Z\d])",
        lambda m: m["number"] + _COMPASS[m["way"]],
    ),
    rule(rf"\b(?P<title>{any_of(_TITLES)})(?P<dot>\.)?(?={_CAPITAL_NAME}|\s(?:and|&)\s[A-Z])", _title),
    rule(
        rf"(?P<name>(?:\b[A-Z][\w’'-]+|\b\d+(?:st|nd|rd|th)))\ (?P<street>{any_of(_STREETS)})(?![\w’'])(?P<dot>\.)?",
        _street,
    ),
    rule(
        rf"(?<![\w.])(?P<word>{any_of(_NUMBERED)})\.\ ?(?=[\dIVX])",
        lambda m: _NUMBERED[m["word"]] + " ",
    ),
    rule(rf"(?<![\w.])(?i:{any_of(_DOTTED)})(?![a-z]\.)", _dotted),
    rule(rf"(?<![\w.])(?P<word>{any_of(_PLAIN)})(?![\w.])", lambda m: _PLAIN[m["word"]]),
    rule(r"(?<![\w.'’])(?:[A-Za-z]\.){2,}(?!\w)", _initials),
    rule(r"(?<![\w.'’])(?P<letter>[A-Z])\.(?=\ ?[A-Z][\w.])", _initial),
)
