"""Dates, years, decades and times of day."""

from __future__ import annotations

import re

from pngnat.text.normalize.numbers import cardinal, digits, ordinal, year
from pngnat.text.normalize.rules import NumberRule, Rule, after, any_of, before, full_stop
from pngnat.text.normalize.tables import DAYS, MONTHS, SHORT_DAYS, SHORT_MONTHS

_MONTH_NAME = rf"(?:{any_of(MONTHS)}|{any_of(SHORT_MONTHS)}\.?)"
# Months in any case next to a day; "may" and "march" need a year or an ordinal, since they are verbs too.
_ANY_CASE = [month for month in (*MONTHS, *SHORT_MONTHS) if month not in ("March", "May", "Mar")]
_UNTIDY = [written for month in _ANY_CASE for written in (month.lower(), month.upper())] + ["MARCH", "MAY", "MAR"]
_SURE_DAY = r"(?=\ (?:\d{1,2}(?:st|nd|rd|th)|\d{1,2},?\ [12]\d{3}))"
_DAY_BEFORE = r"(?<=\d\ )|(?<=\dth\ )|(?<=\dst\ )|(?<=\dnd\ )|(?<=\drd\ )"
_MONTH = rf"(?P<month>{_MONTH_NAME})"
_DAY_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])"
_DAY = rf"(?P<day>{_DAY_NUMBER})(?:st|nd|rd|th)?"
_DAY_NAME = rf"(?:{any_of(DAYS)}|{any_of(SHORT_DAYS)}\.?)"
_YEAR = r"(?P<year>[12]\d{3})"
_HALF = r"[AaPp]\.?\s?[Mm]\b\.?"
_HALF_DAY = rf"(?P<half>{_HALF})"
_DASH = r"\s?[-–—]\s?"
_LETTER_DAYS = {
    "M": "Monday",
    "T": "Tuesday",
    "Tu": "Tuesday",
    "W": "Wednesday",
    "Th": "Thursday",
    "F": "Friday",
    "Sa": "Saturday",
    "Su": "Sunday",
}
# Short months that are also names and words; only the context shows that they are dates.
_NAMES = ("Mar", "May", "Jun", "Jan")
# Words that make a bare four-digit number a year, and those that make it a count.
_YEARLY = (
    r"\b(?i:in|since|until|till|by|from|of|year|years|before|after|circa|early|late|mid|during|around|summer|winter"
    r"|spring|autumn|fall|class|copyright|©|between|season|elections?|ad|" + "|".join(MONTHS) + r")[\s,-]+"
)
_COUNTED = (
    r"\s+(?:more|other|new|people|men|women|children|miles?|dollars?|euros?|per|feet|percent|square|tons"
    r"|(?!was\b|is\b|has\b|as\b|this\b|his\b|its\b|us\b|does\b|census\b|congress\b|always\b|less\b"
    r"|across\b)[a-z]+[^s\W]s\b)"
)


def _calendar_name(text: str) -> str:
    """Return the full name of a month or day."""
    plain = text.rstrip(".")
    return SHORT_MONTHS.get(plain) or SHORT_DAYS.get(plain) or plain


def _month_day(match: re.Match[str]) -> str:
    groups = match.groupdict()
    spoken = f"{_calendar_name(match['month'])} {ordinal(match['day'].lstrip('0'))}"
    if groups.get("until"):
        spoken += f" to {ordinal(groups['until'])}"
    return spoken + (f", {year(groups['year'])}" if groups.get("year") else "")


def _days_of_month(match: re.Match[str]) -> str:
    article = "" if before(match, r"\b[Tt]he\s") else "the "
    return f"{article}{ordinal(match['first'])} to {ordinal(match['day'])} of {_calendar_name(match['month'])}"


def _calendar_list(match: re.Match[str]) -> str:
    """Return a list of days or months as words: "Mon/Wed/Fri"."""
    *first, last = (_calendar_name(name) for name in match[0].split("/"))
    return f"{', '.join(first)} and {last}"


def _is_star(match: re.Match[str]) -> bool:
    return match[0] == "Sun." and bool(
        before(match, r"\b(?:the|a|our|rising|setting|hot|bright|warm|midnight|morning|evening|blazing)\s")
    )


def _calendar_range(match: re.Match[str]) -> str:
    return f"{_calendar_name(match['first'])} to {_calendar_name(match['last'])}{full_stop(match)}"


def _day_month(match: re.Match[str]) -> str:
    article = "" if before(match, r"\b[Tt]he\s") else "the "
    end = f" {year(match['year'])}" if match["year"] else ""
    return f"{article}{ordinal(match['day'].lstrip('0'))} of {_calendar_name(match['month'])}{end}"


def _numeric(match: re.Match[str]) -> str | None:
    """Return the words for a date in numbers: month first, as in America, where that is possible."""
    first, second = int(match["first"]), int(match["second"])
    month, day = (first, second) if first <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    text = match["year"]
    full = text if len(text) == 4 else ("19" if int(text) > 50 else "20") + text
    return f"{MONTHS[month - 1]} {ordinal(day)}, {year(full)}"


def _iso(match: re.Match[str]) -> str:
    """Return the words for a date in ISO 8601: "2025-09-28T14:30Z"."""
    date = f"{MONTHS[int(match['month']) - 1]} {ordinal(int(match['day']))}, {year(match['year'])}"
    if not match["hour"]:
        return date
    zone = match["zone"] or ""
    spoken = " UTC" if zone in ("Z", "z") else ""
    if zone[:1] in "+-−" and zone:
        hours = cardinal(int(zone[1:3])) + (f" {cardinal(zone[-2:])}" if len(zone) > 3 and zone[-2:] != "00" else "")
        spoken = f" UTC {'plus' if zone[0] == '+' else 'minus'} {hours}"
    return f"{date}, {_clock(match['hour'], match['minute'], match['second'], False)}{spoken}"


def _year_month(match: re.Match[str]) -> str | None:
    """Return the words for "2020-12"; None for "2010-12", which is two years."""
    if int(match["month"]) > int(match["year"][2:]):
        return None
    return f"{MONTHS[int(match['month']) - 1]} {year(match['year'])}"


def _half_day(text: str | None) -> str:
    return "" if not text else " AM" if text[0] in "aA" else " PM"


def _clock(hour: str, minute: str | None, second: str | None, half: bool) -> str:
    """Return the words for a time of day. half: whether AM or PM follows, so that a full hour needs no "o'clock"."""
    if not minute or (minute == "00" and half):
        minutes = ""
    elif minute == "00":
        minutes = " o'clock" if 0 < int(hour) <= 12 else " hundred"
    else:
        minutes = f" oh {cardinal(minute[1])}" if minute[0] == "0" else f" {cardinal(minute)}"
    seconds = (
        f" and {cardinal(int(second))} {'second' if int(second) == 1 else 'seconds'}" if second and int(second) else ""
    )
    return cardinal(int(hour)) + minutes + seconds


def _time(match: re.Match[str]) -> str | None:
    if int(match["hour"]) > 24:
        return None
    clock = _clock(match["hour"], match["minute"], match["second"], bool(match["half"]))
    if after(match, r"[A-Z]"):
        return clock + " "
    return clock + (" UTC" if match["zone"] else _half_day(match["half"])) + full_stop(match)


def _times(match: re.Match[str]) -> str | None:
    """Return the words for "9am-5pm", "7-8:30pm" or "9:00-17:00"; None for "3-4" alone."""
    half = bool(match["half"] or match["half2"])
    if not half and not (match["minute"] and match["minute2"]):
        return None
    if int(match["hour"]) > 24 or int(match["hour2"]) > 24:
        return None
    first = _clock(match["hour"], match["minute"], None, half) + _half_day(match["half"])
    last = _clock(match["hour2"], match["minute2"], None, half) + _half_day(match["half2"])
    return f"{first} to {last}{full_stop(match)}"


def _military(match: re.Match[str]) -> str | None:
    """Return the words for "0800 hours", "at 1430 hours" or "at 0630"; None for "1500 hours of work"."""
    hour, minute = match["hour"], match["minute"]
    lead = before(match, r"\b(?i:at|by|until|till|from|to|since|before|after|around|and)\s")
    if not (match["hours"] or (lead and hour[0] == "0")):
        return None
    if hour[0] != "0" and (after(match, r"\s(?:of|in|per|a)\b") or (minute == "00" and not lead)):
        return None
    spoken = f"zero {cardinal(int(hour))}" if hour[0] == "0" else cardinal(hour)
    rest = (
        " hundred"
        if minute == "00"
        else f" zero {cardinal(int(minute))}"
        if minute[0] == "0"
        else f" {cardinal(minute)}"
    )
    return spoken + rest + (" UTC" if match["hours"] == "Z" else " hours" if match["hours"] else "")


def _hour(match: re.Match[str]) -> str | None:
    return None if int(match["hour"]) > 12 else cardinal(match["hour"]) + _half_day(match["half"]) + full_stop(match)


def _is_part(month: str | None, day: str | None) -> bool:
    """Return whether the two numbers may be a fraction, as after "by"."""
    return not month or day is None or (int(month) < int(day) and int(day) in (2, 3, 4, 5, 8, 10, 16))


def _dates_with_slash(match: re.Match[str]) -> str | None:
    """Return the words for "due 03/04" or "from 6/1 to 8/31"; None for "cut by 1/3"."""
    if (
        re.match(r"(?i:by|from|to)\s", match["lead"])
        and _is_part(match["month"], match["day"])
        and _is_part(match["month2"], match["day2"])
    ):
        return None
    lead = re.sub(rf"^{_DAY_NAME}", lambda day: _calendar_name(day[0]), match["lead"])
    spoken = lead + _month_and_day(match["month"], match["day"])
    return spoken + (match["joint"] + _month_and_day(match["month2"], match["day2"]) if match["joint"] else "")


def _month_and_day(month: str, day: str) -> str:
    return f"{MONTHS[int(month) - 1]} {ordinal(int(day))}"


def _bare_year(match: re.Match[str]) -> str | None:
    number = int(match["year"])
    if not 1100 <= number <= 2099 or after(
        match, r"\s?[-–]\s?\d|\s?(?:kg|km|lbs?|mg|cm|mm|ft|mi|mph|hp|cc|ml|MB|GB|Hz|MHz|rpm|kW|sq)\b"
    ):
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


_SLASH_DAY = r"(?P<month{0}>0?[1-9]|1[0-2])/(?P<day{0}>0?[1-9]|[12]\d|3[01])(?![\w/]|\.\d)"
RULES: tuple[Rule, ...] = (
    # "Q3'24": the year is no plural and closes no quotation.
    NumberRule(r"(?<=\b[QH][1-4])['’](?=\d\d\b)", lambda m: " "),
    NumberRule(
        r"(?<![\w/.-])(?P<year>[12]\d{3})(?P<sign>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=sign)(?P<day>0?[1-9]|[12]\d|3[01])"
        r"(?:[T\ ](?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?"
        r"(?P<zone>[Zz]\b|[-+−]\d\d(?::?\d\d)?)?"
        rf"(?!\s?{_HALF}|[\d:]))?(?![\d-])",
        _iso,
    ),
    NumberRule(
        rf"\b(?:(?P<name>{any_of(_UNTIDY)})\b\.?(?=\ \d{{1,2}}\b(?![:.,]\d|%))|"
        rf"(?P<verb>may|march|mar)\b\.?{_SURE_DAY})",
        lambda m: _calendar_name((m["name"] or m["verb"]).capitalize()),
    ),
    NumberRule(
        rf"(?:{_DAY_BEFORE})(?:(?P<name>{any_of(_UNTIDY)})\b\.?|(?P<verb>may|march|mar)\b\.?(?=\ [12]\d{{3}}))",
        lambda m: _calendar_name((m["name"] or m["verb"]).capitalize()) + full_stop(m),
    ),
    NumberRule(
        r"(?<![\w/.-])(?P<month>0?[1-9]|1[0-2])/(?P<year>(?:19|20)\d\d)(?![\w/]|[.,]\d)",
        lambda m: f"{MONTHS[int(m['month']) - 1]} {year(m['year'])}",
    ),
    NumberRule(r"(?<![\w/.-])(?P<year>20\d\d|19\d\d)-(?P<month>0[1-9]|1[0-2])(?![\w/-]|\.\d)", _year_month),
    NumberRule(
        r"(?<![\w/.-])(?P<first>\d{1,2})(?P<sign>[/.-])(?P<second>\d{1,2})(?P=sign)(?P<year>[12]\d{3}|\d{2})"
        r"(?![\w/]|[.-]\d)",
        _numeric,
    ),
    NumberRule(
        r"(?P<lead>\b(?i:on|by|until|till|since|before|after|dated|due|from|starting|starts|ends|ending|through|thru"
        r"|as\ of"
        rf"|effective|expires|week\ of|night\ of|morning\ of)\s|\b{_DAY_NAME},?\s)"
        rf"{_SLASH_DAY.format('')}(?:(?P<joint>\s(?:to|through|and|until)\s){_SLASH_DAY.format('2')})?"
        r"(?!\s(?:of|inch|cup|mile|tsp|full|million|billion|thousand|percent|majority)\b)",
        _dates_with_slash,
    ),
    NumberRule(
        rf"(?<=\b)(?P<first>{_MONTH_NAME}\ {_DAY_NUMBER}(?:st|nd|rd|th)?){_DASH}(?={_MONTH_NAME}\ \d)",
        lambda m: m["first"] + " to ",
    ),
    NumberRule(
        rf"\b{_MONTH}\ {_DAY}{_DASH}(?P<until>[12]?\d|3[01])(?:st|nd|rd|th)?(?![\w:])(?:,?\ {_YEAR}\b)?", _month_day
    ),
    NumberRule(rf"(?<![\w.,:-]){_DAY}-{_MONTH}-{_YEAR}\b", _day_month),
    NumberRule(rf"\b(?P<month>{any_of(SHORT_MONTHS)})-{_DAY}(?:-{_YEAR})?(?![\w:%-]|[.,]\d)", _month_day),
    NumberRule(rf"\b{_MONTH}\ (?:the\ )?{_DAY}(?![\w:%]|[.,]\d)(?:,?\ {_YEAR}\b)?", _month_day),
    NumberRule(
        rf"(?<![\w.,:])(?P<first>{_DAY_NUMBER})(?:st|nd|rd|th)?(?:{_DASH}|\ to\ ){_DAY}\ (?:of\ )?{_MONTH}(?!\w)",
        _days_of_month,
    ),
    NumberRule(rf"(?<![\w.,:])(?:(?<=[Tt]he\ ))?{_DAY}\ (?:of\ )?{_MONTH}(?!\w)(?:,?\ {_YEAR}\b)?", _day_month),
    Rule(rf"\b{_DAY_NAME}(?:/{_DAY_NAME})+(?!\w)|\b{_MONTH_NAME}(?:/{_MONTH_NAME})+(?!\w)", _calendar_list, needs="/"),
    Rule(rf"(?<=[\dmM]){_DASH}(?=(?:present|now|today|noon|midnight|close|late|dusk)\b)", lambda m: " to "),
    NumberRule(rf"\b(?P<first>noon|midnight|dawn|Noon|Midnight|Dawn){_DASH}(?=\d)", lambda m: m["first"] + " to "),
    Rule(rf"\b(?P<first>{_DAY_NAME}){_DASH}(?P<last>{_DAY_NAME})(?!\w)", _calendar_range),
    NumberRule(
        rf"\b(?P<first>M|Tu?|W){_DASH}(?P<last>W|Th|F|Sa|Su)(?=:?\s\d)",
        lambda m: f"{_LETTER_DAYS[m['first']]} to {_LETTER_DAYS[m['last']]}",
    ),
    Rule(rf"\b(?P<first>{_MONTH_NAME}){_DASH}(?P<last>{_MONTH_NAME})(?!\w)", _calendar_range),
    Rule(
        rf"\b(?P<month>{any_of(short for short in SHORT_MONTHS if short not in _NAMES)})(?:\.|(?=,?\ [12]\d{{3}}\b))"
        rf"|\b(?P<name>{any_of(_NAMES)})(?:\.(?=\s\d|\s?$|,)|(?=,?\ [12]\d{{3}}\b))",
        lambda m: _calendar_name(m["month"] or m["name"]) + full_stop(m),
    ),
    Rule(
        rf"(?<=\b[Ii]n\ )(?P<month>{any_of(short for short in SHORT_MONTHS if short != 'May')})\b(?!\.)",
        lambda m: _calendar_name(m["month"]),
    ),
    Rule(
        rf"\b(?:(?P<day>{any_of(SHORT_DAYS)})(?:\.|(?=,?\s\d|,\s(?:and\s|or\s)?(?:{_MONTH_NAME}|{_DAY_NAME})\b|\s"
        rf"(?:and|or|&)\s{_DAY_NAME}\b))|(?P<plain>Tues?|Thu(?:rs?)?|Fri)(?![\w.'-]))",
        lambda m: None if _is_star(m) else _calendar_name(m["day"] or m["plain"]) + full_stop(m),
    ),
    NumberRule(
        r"(?<![\w:.,])(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d)\.(?P<rest>\d{1,3})(?![\w:]|\.\d)",
        lambda m: f"{_clock(m['minutes'], m['seconds'], None, True)} point {digits(m['rest'])}",
    ),
    NumberRule(
        rf"(?<![\w:.,-])(?P<hour>\d{{1,2}})(?::(?P<minute>[0-5]\d))?(?:\s?{_HALF_DAY})?{_DASH}"
        rf"(?P<hour2>\d{{1,2}})(?::(?P<minute2>[0-5]\d))?(?:\s?(?P<half2>{_HALF}))?(?![\w:])",
        _times,
    ),
    NumberRule(
        rf"(?<![\w:.,])(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?:\s?{_HALF_DAY}"
        rf"|(?P<zone>Z\b))?(?![\d:]|[a-z])",
        _time,
    ),
    NumberRule(
        r"(?<![\w:.,/-])(?P<hour>[01]\d|2[0-4])(?P<minute>[0-5]\d)(?P<hours>\s?(?:hours|hrs\.?|h|Z))?"
        r"(?![\w:/-]|[.,]\d)",
        _military,
    ),
    NumberRule(rf"(?<![\w:.,-])(?P<hour>1?\d)\.(?P<minute>[0-5]\d)(?P<second>)(?P<zone>)\s?{_HALF_DAY}", _time),
    NumberRule(rf"(?<![\w:.,-])(?P<hour>1?\d)\s?{_HALF_DAY}", _hour),
    NumberRule(
        r"(?<![\w.,])['’](?P<year>\d\d)(?![\w'’])",
        lambda m: ("oh " if m["year"][0] == "0" else "") + cardinal(int(m["year"])),
    ),
    NumberRule(r"(?<![\w.,/-])(?P<year>[12]\d{3})\s?[-–—/]\s?(?P<last>\d{4}|\d\d)(?![\w/]|[-.,]\d)", _year_range),
    NumberRule(r"(?<![\w.,$£€])(?P<year>[12]\d{3})(?=(?:['’]s)?(?![\w%]|[.,:]\d))", _bare_year),
    NumberRule(r"(?<![\w.,])(?P<year>\d{1,4})(?=\s(?:BCE?|CE|AD|B\.C\.|A\.D\.)(?!\w))", lambda m: year(m["year"])),
)
