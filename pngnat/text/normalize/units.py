"""Measures: numbers with units, percent, degrees, feet and inches, and rates ("60 km/h")."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, decimal, is_one, plural
from pngnat.text.normalize.rules import Rule, after, any_of, full_stop, rule

_UNITS = {
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "km": "kilometer",
    "nm": "nanometer",
    "µm": "micrometer",
    "μm": "micrometer",
    "in": "inch",
    "ft": "foot",
    "yd": "yard",
    "yds": "yard",
    "mi": "mile",
    "mg": "milligram",
    "mcg": "microgram",
    "µg": "microgram",
    "μg": "microgram",
    "g": "gram",
    "kg": "kilogram",
    "kgs": "kilogram",
    "oz": "ounce",
    "lb": "pound",
    "lbs": "pound",
    "ml": "milliliter",
    "mL": "milliliter",
    "cl": "centiliter",
    "dl": "deciliter",
    "L": "liter",
    "gal": "gallon",
    "qt": "quart",
    "pt": "pint",
    "tsp": "teaspoon",
    "tbsp": "tablespoon",
    "ms": "millisecond",
    "s": "second",
    "sec": "second",
    "secs": "second",
    "min": "minute",
    "mins": "minute",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "yr": "year",
    "yrs": "year",
    "Hz": "hertz",
    "kHz": "kilohertz",
    "MHz": "megahertz",
    "GHz": "gigahertz",
    "dB": "decibel",
    "V": "volt",
    "mV": "millivolt",
    "kV": "kilovolt",
    "W": "watt",
    "kW": "kilowatt",
    "MW": "megawatt",
    "kWh": "kilowatt hour",
    "mA": "milliamp",
    "mAh": "milliamp hour",
    "J": "joule",
    "kJ": "kilojoule",
    "N": "newton",
    "Pa": "pascal",
    "kPa": "kilopascal",
    "hPa": "hectopascal",
    "kcal": "kilocalorie",
    "cal": "calorie",
    "KB": "kilobyte",
    "kB": "kilobyte",
    "MB": "megabyte",
    "GB": "gigabyte",
    "TB": "terabyte",
    "kbps": "kilobit per second",
    "Mbps": "megabit per second",
    "Gbps": "gigabit per second",
    "mph": "mile per hour",
    "kph": "kilometer per hour",
    "rpm": "revolution per minute",
    "fps": "frame per second",
    "bpm": "beat per minute",
    "px": "pixel",
    "ha": "hectare",
    "Ω": "ohm",
    "kΩ": "kiloohm",
}
_PER = {
    "h": "hour",
    "hr": "hour",
    "s": "second",
    "sec": "second",
    "min": "minute",
    "day": "day",
    "week": "week",
    "wk": "week",
    "month": "month",
    "mo": "month",
    "year": "year",
    "yr": "year",
    "hour": "hour",
    "person": "person",
    "night": "night",
    "kg": "kilogram",
    "lb": "pound",
    "L": "liter",
    "l": "liter",
    "ml": "milliliter",
    "dl": "deciliter",
    "dL": "deciliter",
    "mL": "milliliter",
    "m²": "square meter",
    "m³": "cubic meter",
    "km": "kilometer",
    "m": "meter",
    "gal": "gallon",
    "mile": "mile",
    "unit": "unit",
    "item": "item",
}
# Without a space or a dot these are too often something else ("5 in the morning", "size 10 s").
_RISKY = frozenset({"in", "s", "h", "N", "J", "W", "V", "L", "Pa", "cal", "pt", "min"})
_PLAIN = r"(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)"
_NUMBER = rf"(?<![\w.,])(?:(?P<first>{_PLAIN})(?:\s?[–—]\s?|-))?(?P<number>[-−]?{_PLAIN})"
_POWERS = {"2": "square ", "²": "square ", "3": "cubic ", "³": "cubic "}


def _count(match: re.Match[str]) -> str:
    start = f"{decimal(match['first'].replace(',', ''))} to " if match["first"] else ""
    return start + decimal(match["number"].replace(",", ""))


def _measure(match: re.Match[str], unit: str, adjective: bool = False) -> str:
    head, _, rest = unit.partition(" per ")
    name = head if adjective or is_one(match["number"]) else " ".join([*head.split()[:-1], plural(head.split()[-1])])
    return f"{_count(match)} {name}" + (f" per {rest}" if rest else "")


def _unit(match: re.Match[str]) -> str | None:
    unit, gap, dot = match["unit"], match["gap"], match["dot"]
    if unit == "in" and gap and not (dot and after(match, r"""\s*(?:$|[a-z,;)"'×x])""")):
        return None
    if unit in _RISKY - {"in", "min"} and gap and not match["rate"] and (dot or after(match, r"\s[A-Za-z]")):
        return None
    name = _POWERS.get(match["power"] or "", "") + _UNITS[unit] + (f" per {_PER[match['rate']]}" if match["rate"] else "")
    keeps_dot = "." if dot and after(match, r"\s+[A-Z]") else full_stop(match)
    return _measure(match, name, adjective=gap == "-") + keeps_dot


def _degrees(match: re.Match[str]) -> str:
    scale = {"C": " Celsius", "F": " Fahrenheit", "K": " kelvin"}.get(match["scale"] or "", "")
    return _measure(match, "degree") + scale


def _height(match: re.Match[str]) -> str:
    return f"{cardinal(match['feet'])} foot {decimal(match['inches'])}"


def _percent(match: re.Match[str]) -> str:
    return f"{_count(match)} {'per mille' if match['sign'] == '‰' else 'percent'}"


RULES: tuple[Rule, ...] = (
    rule(r"(?<![\w.,'])(?P<feet>\d)['′]\s?(?P<inches>\d{1,2}(?:\.5)?)[\"″]", _height),
    rule(rf"{_NUMBER}\ ?°\ ?(?P<scale>[CFK])?(?![A-Za-z])", _degrees),
    rule(rf"{_NUMBER}\ ?(?P<scale>[℃℉])", lambda m: _measure(m, "degree") + {"℃": " Celsius", "℉": " Fahrenheit"}[m["scale"]]),
    rule(rf"{_NUMBER}\ ?(?P<sign>[%‰])", _percent),
    rule(
        rf"{_NUMBER}(?P<gap>[\ -]?)(?P<unit>{any_of(_UNITS)})(?:(?P<power>[²³])|(?P<rate_sign>/)(?P<rate>{any_of(_PER)}))?"
        r"(?![\w/²³'’])(?P<dot>\.(?!\w))?",
        _unit,
    ),
    rule(rf"{_NUMBER}\ ?(?P<unit>mm|cm|m|km)(?P<power>[23])(?!\w)", lambda m: _measure(m, _POWERS[m["power"]] + _UNITS[m["unit"]])),
    rule(
        rf"{_NUMBER}(?P<gap>\ )(?P<power>sq|cu)\.?\ (?P<unit>ft|in|m|mi|km|yd)\b(?P<dot>\.(?!\w))?",
        lambda m: _measure(m, {"sq": "square ", "cu": "cubic "}[m["power"]] + _UNITS[m["unit"]]) + full_stop(m),
    ),
    rule(rf"(?<=[a-z])/(?P<rate>{any_of(w for w in _PER if len(w) > 2)})\b", lambda m: f" per {_PER[m['rate']]}"),
)
