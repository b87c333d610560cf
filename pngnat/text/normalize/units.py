"""Measures: numbers with units, percent, degrees, feet and inches, durations, and rates ("60 km/h")."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import (
    PLAIN_NUMBER,
    QUANTITY,
    TO,
    VULGAR,
    cardinal,
    decimal,
    is_one,
    ordinal,
    plural,
    quantity,
)
from pngnat.text.normalize.rules import NumberRule, Rule, after, any_of, before, full_stop
from pngnat.text.normalize.tables import COMPASS, RATES, UNITS, WORDS

# After a space these are often no units ("12 W Main").
_RISKY = frozenset({"s", "h", "N", "J", "W", "V", "L", "Pa", "cal", "pt", "l", "hp", "MP", "PB", "Mb"})
_NUMBER = rf"(?<![\w.,/])(?:(?P<first>{QUANTITY}){TO})?(?P<number>[-−]?{QUANTITY})"
_WRITTEN = (
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty hundred "
    "thousand million billion trillion few several many"
).split()
# Abbreviations that are no words, and so are units after a number in words.
_SAFE = (
    "lb lbs oz ozs ft hr hrs mi tsp tsps tbsp Tbsp yd yds yrs km kg cm mm ml mL mph mins secs gal gals qt qts mg wks "
    "mos"
).split()
# What follows the preposition "in", the unit "in.", pints and points.
_AFTER_THE_WORD_IN = r"\s(?:the|an?|my|this|that|it|all|which|order|his|her)\b"
_AFTER_INCHES = r"""\s*(?:$|[a-z,;)"'×x]|\s[A-Z])"""
_AFTER_PINTS = r"\s(?:of|cream|milk|water|beer|blood|ale|stout|ice|stock|broth|juice|oil|\w*berries)\b"
_AFTER_POINTS = r"\s(?:font|type|text|lead|shot|size|line|win|loss|rule|deficit|scale|plan)\b"
_POWERS = {"2": "square ", "²": "square ", "3": "cubic ", "³": "cubic "}
_PER_SECOND = {"s²": "second squared", "s2": "second squared", "s^2": "second squared"}
_PERS = UNITS | {rate: spoken for rate, spoken in RATES.items() if spoken != "each"} | _PER_SECOND
_UNIT_NAME = rf"(?:{any_of(UNITS)}|%|°\s?[CFK]?|℃|℉)"
# Before an adjective ("the 10 meter dash"); after an article any noun may follow.
_DETERMINER = (
    r"\b(?i:the|this|that|my|your|his|her|its|our|their|each|every|another|one|first|second|third|last|next|new|old"
    r"|same|whole)\s"
)
_ARTICLE = (
    r"\b(?i:an?|another|every|each)\s"
    r"(?:[a-z]+(?:ed|ing|al|ous|ful|y|ic|ive|ly)\s|(?:new|nice|big|small|good|bad|short|long)\s)?"
)
_CONTINUING = re.compile(rf"{any_of(WORDS['continuing'])}\b")
_MEASURED = re.compile(rf"{any_of(WORDS['measured'])}s?\b")
_SIZE = re.compile(r"(?:long|wide|high|tall|deep|thick|old)\b")
_DIMENSION = (
    rf"\s{_SIZE.pattern}\s"
    r"(?!(?:of|in|on|at|to|and|or|by|with|when|as|the|a|is|was|but)\b)[a-z]"
)


def is_adjective(match: re.Match[str]) -> bool:
    """Return whether a matched measure is an adjective, so that its unit is singular ("a ten meter passage")."""
    following = after(match, r"[\s-]([A-Za-z][\w'’-]*)")
    if following is None or _CONTINUING.match(following[1]):
        return False
    if before(match, _ARTICLE) or after(match, _DIMENSION):
        return True
    if _SIZE.match(following[1]):
        return False
    return bool(_MEASURED.match(following[1]) or before(match, _DETERMINER))


def _count(match: re.Match[str]) -> str:
    start = f"{quantity(match['first'])} to " if match["first"] else ""
    return start + quantity(match["number"])


def _named(unit: str, singular: bool) -> str:
    """Return the name of a unit, singular or plural ("mile per hour" -> "miles per hour")."""
    head, joint, rest = re.findall(r"^(.*?)(?:( per | of )(.*))?$", unit)[0]
    name = head if singular else " ".join([*head.split()[:-1], plural(head.split()[-1])])
    return name + (joint or "") + (rest or "")


def _measure(match: re.Match[str], unit: str, adjective: bool = False) -> str:
    singular = (
        adjective or (is_one(match["number"]) and not match["first"]) or (bool(match["first"]) and _below_one(match))
    )
    return f"{_count(match)} {_named(unit, singular)}"


def _below_one(match: re.Match[str]) -> bool:
    return "/" in match["number"] and is_one(match["number"])


def _unit(match: re.Match[str]) -> str | None:
    unit, gap, dot = match["unit"], match["gap"], match["dot"]
    if not _is_unit(match, unit, gap, dot):
        return None
    rate = ""
    if match["rate"]:
        many = match["many"]
        rate = f" per {decimal(many) + ' ' if many else ''}{_named(_PERS[match['rate']], not many or is_one(many))}"
        rate += f" per {_PERS[match['rate2']]}" if match["rate2"] else ""
    name = _POWERS.get(match["power"] or "", "") + _unit_name(match, unit) + rate
    return _measure(match, name, adjective=gap == "-" or is_adjective(match)) + full_stop(match)


def _is_unit(match: re.Match[str], unit: str, gap: str, dot: str | None) -> bool:
    """Return whether the letters after a number are a unit, and not a word ("5 in the box") or a name ("12 W Main")."""
    has_fraction = bool(re.search(r"[/½-⅞¼¾]", match["number"]))
    if unit == "in" and gap:
        return bool(after(match, _AFTER_INCHES)) if dot else has_fraction and not after(match, _AFTER_THE_WORD_IN)
    if unit == "c":
        return bool(dot) or has_fraction
    if unit == "T":
        return bool(dot)
    if unit in _RISKY and gap == " " and not match["rate"]:
        return not after(match, r"\s[A-Z]") and not (dot and unit in ("N", "W", "s"))
    return True


def _unit_name(match: re.Match[str], unit: str) -> str:
    """Return the name of a unit; "pt" is a pint in a recipe or of a drink, and otherwise a point in games and type."""
    if unit not in ("pt", "pts") or match["dot"] or after(match, _AFTER_PINTS):
        return UNITS[unit]
    return "point" if unit == "pts" or after(match, _AFTER_POINTS) else UNITS[unit]


def _degrees(match: re.Match[str]) -> str:
    scale = {"C": " Celsius", "F": " Fahrenheit", "K": " kelvin"}.get(match["scale"] or "", "")
    way = f" {COMPASS[match['way']]}" if match["way"] else ""
    return _measure(match, "degree", not (scale or way) and is_adjective(match)) + scale + way


def _angle(match: re.Match[str]) -> str:
    """Return the words for "40°42′46″N"."""
    parts = [(match["number"], "degree"), (match["minutes"], "minute"), (match["seconds"], "second")]
    spoken = " ".join(f"{quantity(number)} {_named(unit, is_one(number))}" for number, unit in parts if number)
    return spoken + (f" {COMPASS[match['way']]}" if match["way"] else "")


def _height(match: re.Match[str]) -> str:
    return f"{cardinal(match['feet'])} foot {quantity(match['inches'])}"


def _inches(match: re.Match[str]) -> str | None:
    """Return the words for "a 27" monitor", None where the mark closes a quote."""
    if match["sign"] == '"' and len(re.findall(r'(?<!\d)"', match.string[: match.start()])) % 2:
        return None
    return _measure(match, "inch", is_adjective(match))


def _feet(match: re.Match[str]) -> str:
    """Return the words for "6' tall"."""
    return _measure(match, "foot", is_adjective(match))


def _feet_and_inches(match: re.Match[str]) -> str:
    """Return the words for "6 ft 2 in", "5ft 10" or "a 6ft 2in man"."""
    feet, inches = cardinal(match["number"]), quantity(match["inches"])
    if not match["unit"]:
        return f"{feet} foot {inches}"
    if is_adjective(match):
        return f"{feet} foot {inches} inch"
    return (
        f"{feet} {_named('foot', is_one(match['number']))} {inches} "
        f"{_named('inch', is_one(match['inches']))}{full_stop(match)}"
    )


def _fahrenheit(match: re.Match[str]) -> str | None:
    """Return the words for "350F" after "at" or "to", None for an unlikely temperature."""
    if match["exact"]:
        return f"{decimal(match['exact'])} degrees Fahrenheit"
    return f"{cardinal(match['number'])} degrees Fahrenheit" if 20 <= int(match["number"]) <= 600 else None


def _written_number(match: re.Match[str]) -> str:
    """Return the words for "two tbsp. oil"."""
    return match["lead"] + _named(UNITS[match["unit"]], singular=False) + full_stop(match)


def _percent(match: re.Match[str]) -> str:
    return f"{_count(match)} {'per mille' if match['sign'] == '‰' else 'percent'}"


def _duration(match: re.Match[str]) -> str | None:
    """Return the words for "2m30s", "1h45m" or "10h19"."""
    spoken = []
    for key, unit in (("hours", "hour"), ("minutes", "minute"), ("seconds", "second")):
        if number := match.groupdict().get(key):
            singular = is_one(number.lstrip("0") or "0") or is_adjective(match)
            spoken.append(f"{cardinal(int(number))} {unit if singular else plural(unit)}")
    bare = match.groupdict().get("bare")
    if bare:
        spoken.append("oh " + cardinal(bare[1]) if bare[0] == "0" else cardinal(bare))
    return " ".join(spoken)


def _power_of_ten(match: re.Match[str]) -> str:
    """Return the words for "6.02e23", "3e8 m/s" or "1.6 x 10^-19"."""
    sign = {"-": "minus ", "−": "minus "}.get(match["sign"] or "", "")
    unit = f" {_named(UNITS[match['unit']], singular=False)}" if match["unit"] else ""
    rate = f" per {_PERS[match['rate']]}" if match["rate"] else ""
    return f"{decimal(match['number'])} times ten to the {sign}{ordinal(match['power'].lstrip('0') or '0')}{unit}{rate}"


RULES: tuple[Rule, ...] = (
    # Two sizes; "40 mg/5 mL" is a concentration.
    NumberRule(r"(?<=\d)(?P<unit>\ ?[KMGT]B)/(?=\d+\ ?[KMGT]B\b)", lambda m: m["unit"] + " slash "),
    NumberRule(
        rf"(?<![\w.,])(?P<number>{PLAIN_NUMBER})(?:[eE]|\s?[x×*]\s?10\s?\^\s?)(?P<sign>[-−+])?(?P<power>\d{{1,3}})"
        r"(?![\d.]\d|[A-Za-z])"
        rf"(?:\ ?(?P<unit>{any_of(UNITS)})(?:/(?P<rate>{any_of(_PERS)}))?(?![\w/²³^]))?",
        _power_of_ten,
    ),
    NumberRule(
        rf"(?<![\w.,/])(?P<number>{QUANTITY})\ ?(?P<unit>{any_of(UNITS)})?\.?\s?[x×]\s?"
        rf"(?={QUANTITY}\ ?(?:{any_of(UNITS)}|[x×]\s?\d)(?!\w))",
        lambda m: (
            f"{quantity(m['number'])}{' ' + _named(UNITS[m['unit']], is_one(m['number'])) if m['unit'] else ''} by "
        ),
    ),
    NumberRule(r"(?<![\w.,'])(?P<feet>\d)['′]\s?(?P<inches>\d{1,2}(?:\.5|½|\ ?1/2)?)(?:[\"″]|'')?(?![\w'])", _height),
    NumberRule(rf"{_NUMBER}(?P<sign>[\"″])(?!\w)", _inches),
    NumberRule(rf"{_NUMBER}(?:′(?!\w)|['’](?=\s(?:tall|long|wide|high|deep|by)\b))", _feet),
    NumberRule(
        r"(?<![\w.,/])(?P<number>\d{1,2})\ ?ft\.?,?\ ?(?P<inches>\d{1,2}(?:½|\ ?1/2)?)"
        r"(?:\ ?(?P<unit>in(?:ches|ch)?\b)(?:\.(?!\w))?|(?![\w/.:-]))(?!\s(?:the|a|of)\b)",
        _feet_and_inches,
    ),
    NumberRule(r"\b(?P<cold>\d{1,2})W-?(?P<hot>\d{2})\b", lambda m: f"{cardinal(m['cold'])} W {cardinal(m['hot'])}"),
    NumberRule(
        r"(?<=\b(?:at|to|of|is)\s)(?P<number>\d{2,3})\ ?F(?![\w-])|(?<![\w.])(?P<exact>\d{2,3}\.\d)\ ?F(?![\w-])",
        _fahrenheit,
    ),
    NumberRule(
        r"(?<![\w.,])(?P<first>\d+)['′]\s?[x×]\s?(?P<last>\d+)['′](?!\w)",
        lambda m: f"{cardinal(m['first'])} by {cardinal(m['last'])} {'foot' if is_adjective(m) else 'feet'}",
    ),
    NumberRule(
        r"(?<![\w.,:])(?P<hours>\d{1,3})h\ ?(?:(?P<minutes>[0-5]?\d)m(?:in)?(?:\ ?(?P<seconds>[0-5]?\d)s)?|"
        r"(?P<bare>[0-5]\d))(?![\w:])",
        _duration,
    ),
    NumberRule(r"(?<![\w.,:])(?P<minutes>\d{1,3})m(?:in)?\ ?(?P<seconds>[0-5]?\d)s(?![\w:])", _duration),
    NumberRule(
        rf"(?<![\w.,])(?P<number>{PLAIN_NUMBER}\ ?(?P<unit>{_UNIT_NAME}(?:/{any_of(RATES)})?))\s?[-–—]\s?"
        r"(?=\d[\d.,]*\ ?(?P=unit))",
        lambda m: m["number"] + " to ",
    ),
    NumberRule(
        rf"(?<![\w.,])(?P<number>{PLAIN_NUMBER})\ ?°\s?[-–—]\s?(?=\d[\d.]*\ ?°)",
        lambda m: decimal(m["number"]) + " to ",
    ),
    NumberRule(
        rf"(?<![\w.,/])(?P<number>\d{{1,2}}[/⁄]\d{{1,2}}|[{''.join(VULGAR)}])(?:-|\s?–\s?)(?=[\d{''.join(VULGAR)}])",
        lambda m: quantity(m["number"]) + " to ",
    ),
    NumberRule(
        r"(?<![\w.,/])(?P<number>\d{1,3})°\s?(?P<minutes>\d{1,2})[′']\s?"
        r"(?:(?P<seconds>\d{1,2}(?:\.\d+)?)(?:[″\"]|''))?\s?(?P<way>[NSEW])?(?!\w)",
        _angle,
    ),
    NumberRule(rf"{_NUMBER}\ ?[°º]\ ?(?:(?P<scale>[CFK])|(?P<way>[NSEW]))?(?![A-Za-z])", _degrees),
    NumberRule(
        rf"{_NUMBER}\ ?(?P<sign>[℃℉])",
        lambda m: _measure(m, "degree") + {"℃": " Celsius", "℉": " Fahrenheit"}[m["sign"]],
    ),
    NumberRule(rf"{_NUMBER}\ ?(?P<sign>[%‰])", _percent),
    NumberRule(
        rf"{_NUMBER}(?P<gap>[\ -]?)(?P<unit>{any_of([*UNITS, 'c'])})(?P<power>[²³])?"
        rf"(?:\ ?/\ ?(?P<many>\d+(?:\.\d+)?)?\ ?(?P<rate>{any_of(_PERS)})(?:/(?P<rate2>{any_of(_PERS)}))?(?!\w))?"
        r"(?![\w/²³'’])(?P<dot>\.(?!\w))?",
        _unit,
    ),
    NumberRule(
        rf"{_NUMBER}\ ?(?P<unit>mm|cm|m|km|ft|in)(?:\^)?(?P<power>[23])(?!\w)",
        lambda m: _measure(m, _POWERS[m["power"]] + UNITS[m["unit"]]),
    ),
    NumberRule(
        rf"(?<=\d)/(?P<rate>{any_of(w for w in RATES if len(w) > 1 and w not in ('in', 'ft', 'mi', 'cm', 'mm'))})"
        r"(?![\w/])",
        lambda m: f" per {RATES[m['rate']]}",
    ),
)
WITHOUT_NUMBERS: tuple[Rule, ...] = (
    Rule(rf"(?P<lead>\b(?i:{any_of(_WRITTEN)})\s)(?P<unit>{any_of(_SAFE)})\b(?P<dot>\.(?!\w))?", _written_number),
    Rule(
        rf"(?<![\w/])(?P<unit>km|mi|m|mm|cm|ft|MB|GB|Mb|Gb|kg|g|mg|mL|ml|L|gal|W|kWh)/(?P<rate>{any_of(_PERS)})"
        rf"(?:/(?P<rate2>{any_of(_PERS)}))?(?![\w/])",
        lambda m: (
            f"{_named(UNITS[m['unit']], singular=False)} per {_PERS[m['rate']]}"
            + (f" per {_PERS[m['rate2']]}" if m["rate2"] else "")
        ),
        needs="/",
    ),
    Rule(
        rf"(?<=[a-z])\ ?/(?P<rate>{any_of(w for w in RATES if len(w) > 2)})\b",
        lambda m: f" per {RATES[m['rate']]}",
        needs="/",
    ),
    Rule(
        r"(?P<lead>\b(?i:per|a|an|each)\s)(?P<unit>lb|oz|gal|hr|yr|sq\ ft|sq\.\ ft|tsp|tbsp|wk|qt)\b(?P<dot>\.(?!\w))?",
        lambda m: m["lead"] + UNITS[m["unit"]] + full_stop(m),
    ),
)
