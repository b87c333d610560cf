"""Dates, years, decades and times of day."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, ordinal, plural, year
from pngnat.text.normalize.rules import Rule, after, any_of, before, full_stop, rule

MONTHS = "January February March April May June July August September October November December".split()
_SHORT_MONTHS = {month[:3]: month for month in MONTHS} | {"Sept": "September"}
_SHORT_DAYS = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Tues": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}
_MONTH = rf"(?P<month>{any_of(MONTHS)}|{any_of(_SHORT_MONTHS)}\.?)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_HALF_DAY = r"(?P<half>[AaPp]\.?\s?[Mm]\b\.?)"
# Words that make a bare four-digit number a year, and those that make it a count.
_YEARLY = (
    r"\b(?i:in|since|until|till|by|from|of|year|years|before|after|circa|early|late|mid|during|around|summer|winter|spring|autumn|fall"
    r"|class|copyright|©|between|season|elections?|ad|" + "|".join(MONTHS) + r")[\s,-]+"
)
_COUNTED = (
    r"\s+(?:more|other|new|people|men|women|children|miles?|dollars?|euros?|per|feet|percent|square|tons"
    r"|(?!was\b|is\b|has\b|as\b|this\b|his\b|its\b|us\b|does\b|census\b|congress\b|always\b|less\b|across\b)[a-z]+[^s\W]s\b)"
)


def month_name(text: str) -> str:
    return _SHORT_MONTHS.get(text.rstrip("."), text)


def _month_day(match: re.Match[str]) -> str:
    groups = match.groupdict()
    spoken = f"{month_name(match['month'])} {ordinal(match['day'].lstrip('0'))}"
    if groups.get("until"):
        spoken += f" to {ordinal(groups['until'])}"
    return spoken + (f", {year(groups['year'])}" if groups.get("year") else "")


def _day_month(match: re.Match[str]) -> str:
    article = "" if before(match, r"\b[Tt]he\s") else "the "
    end = f" {year(match['year'])}" if match["year"] else ""
    return f"{article}{ordinal(match['day'].lstrip('0'))} of {month_name(match['month'])}{end}"


def _numeric(match: re.Match[str]) -> str | None:
    """Month first as in America, unless only the other order is possible."""
    first, second = int(match["first"]), int(match["second"])
    month, day = (first, second) if first <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    text = match["year"]
    full = text if len(text) == 4 else ("19" if int(text) > 50 else "20") + text
    return f"{MONTHS[month - 1]} {ordinal(day)}, {year(full)}"


def _iso(match: re.Match[str]) -> str:
    return f"{MONTHS[int(match['month']) - 1]} {ordinal(int(match['day']))}, {year(match['year'])}"


def _short_date(match: re.Match[str]) -> str:
    return f"{match['lead']}{MONTHS[int(match['month']) - 1]} {ordinal(int(match['day']))}"


def _half_day(text: str) -> str:
    return " " + ("AM" if text[0] in "aA" else "PM")


def _time(match: re.Match[str]) -> str | None:
    hour, minute, half = int(match["hour"]), match["minute"], match["half"]
    if hour > 24:
        return None
    if minute == "00":
        minutes = "" if half else (" o'clock" if 0 < hour <= 12 else " hundred")
    else:
        minutes = f" oh {cardinal(minute[1])}" if minute[0] == "0" else f" {cardinal(minute)}"
    seconds = f" and {cardinal(int(match['second']))} seconds" if match["second"] else ""
    return cardinal(hour) + minutes + seconds + (_half_day(half) if half else "") + full_stop(match)


def _hour(match: re.Match[str]) -> str:
    start = f"{cardinal(match['from'])} to " if match["from"] else ""
    return start + cardinal(match["hour"]) + _half_day(match["half"]) + full_stop(match)


def _decade(match: re.Match[str]) -> str:
    head, last = year(match["year"]), ""
    if match["year"].endswith("00"):
        head, last = (cardinal(match["year"]) if match["year"][1] == "0" else f"{cardinal(match['year'][:2])} hundred"), ""
    words = (head + last).split()
    return " ".join([*words[:-1], plural(words[-1])])


def _bare_year(match: re.Match[str]) -> str | None:
    number = int(match["year"])
    if not 1100 <= number <= 2099:
        return None
    if before(match, _YEARLY) and not (after(match, _COUNTED) and before(match, r"\b(?i:of|from|by|around|between)\s")):
        return year(match["year"])
    return None if after(match, _COUNTED) or after(match, r"\s?[-+×*/=]\s?\d{1,3}\b") else year(match["year"])


def _year_range(match: re.Match[str]) -> str | None:
    first, last = match["year"], match["last"]
    if len(last) == 2:
        ending = f"oh {cardinal(last[1])}" if last[0] == "0" else cardinal(last)
        return f"{year(first)} to {ending}" if int(last) > int(first[2:]) else None
    return f"{year(first)} to {year(last)}" if 1000 <= int(first) < int(last) <= 2100 else None


RULES: tuple[Rule, ...] = (
    rule(r"(?<![\w/.-])(?P<year>[12]\d{3})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])(?![\d-])", _iso),
    rule(r"(?<![\w/.-])(?P<first>\d{1,2})(?P<sign>[/.-])(?P<second>\d{1,2})(?P=sign)(?P<year>[12]\d{3}|\d{2})(?![\w/]|[.-]\d)", _numeric),
    rule(
        r"(?P<lead>\b(?i:on|by|until|since|before|after|dated)\s)(?P<month>0?[1-9]|1[0-2])/(?P<day>0?[1-9]|[12]\d|3[01])(?![\w/])",
        _short_date,
    ),
    rule(rf"\b{_MONTH}\ {_DAY}\s?[-–—]\s?(?P<until>[12]?\d|3[01])(?![\w:])(?:,?\ {_YEAR}\b)?", _month_day),
    rule(rf"\b{_MONTH}\ (?:the\ )?{_DAY}(?![\w:%]|[.,]\d)(?:,?\ {_YEAR}\b)?", _month_day),
    rule(rf"(?<![\w.,:])(?:(?<=[Tt]he\ ))?{_DAY}\ (?:of\ )?{_MONTH}(?!\w)(?:,?\ {_YEAR}\b)?", _day_month),
    rule(
        rf"\b(?P<month>{any_of(short for short in _SHORT_MONTHS if short not in ('Mar', 'May', 'Jun'))})(?:\.|(?=,?\ [12]\d{{3}}\b))",
        lambda m: month_name(m["month"]) + full_stop(m),
    ),
    rule(
        rf"\b(?P<day>{any_of(_SHORT_DAYS)})(?:\.(?=,?\s(?:[A-Z\d]|at\b))|(?=,\s(?:{any_of(MONTHS)}|\d)))",
        lambda m: _SHORT_DAYS[m["day"]],
    ),
    rule(rf"(?<![\w:.,])(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?:\s?{_HALF_DAY})?(?![\d:])", _time),
    rule(rf"(?<![\w:.,-])(?:(?P<from>1?\d)\s?[-–—]\s?)?(?P<hour>1?\d)\s?{_HALF_DAY}", _hour),
    rule(r"(?<![\w.,])(?P<year>[12]\d\d0)['’]?s\b", _decade),
    rule(r"(?<!\w)['’]?(?P<tens>[2-9]0)['’]?s\b", lambda m: plural(cardinal(m["tens"]))),
    rule(r"(?<![\w.,])['’](?P<year>\d\d)(?![\w'’])", lambda m: ("oh " if m["year"][0] == "0" else "") + cardinal(int(m["year"]))),
    rule(r"(?<![\w.,/-])(?P<year>[12]\d{3})\s?[-–—/]\s?(?P<last>\d{4}|\d\d)(?![\w/]|[-.,]\d)", _year_range),
    rule(r"(?<![\w.,$£€])(?P<year>[12]\d{3})(?=(?:['’]s)?(?![\w%]|[.,:]\d))", _bare_year),
    rule(r"(?<![\w.,])(?P<year>\d{1,4})(?=\s(?:BCE?|CE|AD|B\.C\.|A\.D\.)(?!\w))", lambda m: year(m["year"])),
)
