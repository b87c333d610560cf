"""Numbers as words, for all kinds of rules. American: no "and" inside a number."""

from __future__ import annotations

import re
from decimal import Decimal

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = (
    "thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion"
).split()
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
# One number as writers put it before a unit: "1,500", ".5", "1/2", "1 1/2", "1-1/2", "1½"; in verbose patterns.
VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
    "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7), "⅑": (1, 9),
    "⅒": (1, 10),
}  # fmt: skip
WHOLE = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
PLAIN_NUMBER = rf"(?:{WHOLE}(?:\.\d+)?|\.\d+)"
_SIGNS = "".join(VULGAR)
QUANTITY = (
    rf"(?:(?:\d{{1,3}}(?:[\ -]|\ and\ ))?\d{{1,2}}[/⁄](?:2|3|4|5|6|8|10|12|16|32|64)(?![\d/⁄])"
    rf"|(?:\d{{1,3}}[\ -]?)?[{_SIGNS}]|{PLAIN_NUMBER})"
)
# A dash that means "to", unlike the hyphen of "1-1/2".
TO = rf"(?:\s?[–—]\s?|-(?!\d{{1,2}}[/⁄]|[{_SIGNS}]))"
_FRACTION = re.compile(
    rf"(?:(?P<whole>\d+)(?:[ -]|\ and\ )?)??(?:(?P<top>\d+)[/⁄](?P<bottom>\d+)|(?P<sign>[{_SIGNS}]))"
)
_MAX_DIGITS = 3 * (len(SCALES) + 1)


def digits(text: str) -> str:
    """Return the digits one by one ("007" -> "zero zero seven"), without other characters."""
    return " ".join(_ONES[int(digit)] for digit in text if digit in "0123456789")


def _below_thousand(number: int) -> list[str]:
    words = []
    if number >= 100:
        words += [_ONES[number // 100], "hundred"]
        number %= 100
    if number >= 20:
        words.append(_TENS[number // 10])
        number %= 10
        return words + ([_ONES[number]] if number else [])
    return words + ([_ONES[number]] if number else [])


def cardinal(text: str | int) -> str:
    """Return an integer in words ("1,234" -> "one thousand two hundred thirty four"); a too long one digit by digit."""
    plain = str(text).replace(",", "")
    if len(plain) > _MAX_DIGITS or (len(plain) > 1 and plain[0] == "0"):
        return digits(plain)
    number = int(plain)
    if number == 0:
        return "zero"
    words: list[str] = []
    for scale in range(len(SCALES), -1, -1):
        group = number // 1000**scale % 1000
        if group:
            words += [*_below_thousand(group), *([SCALES[scale - 1]] if scale else [])]
    return " ".join(words)


def ordinal(text: str | int) -> str:
    """Return an ordinal in words ("21" -> "twenty first")."""
    *head, last = cardinal(text).split()
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "h" if last.endswith("t") else "th"
    return " ".join([*head, last])


def decimal(text: str) -> str:
    """Return a decimal number in words ("-3.14" -> "minus three point one four", ".5" -> "point five")."""
    sign = "minus " if text[:1] in ("-", "−") else ""
    whole, dot, fraction = text.lstrip("-−+").partition(".")
    spoken = cardinal(whole) if whole else ""
    return (sign + spoken + (f" point {digits(fraction)}" if dot and fraction else "")).replace("  ", " ").strip()


def year(text: str | int) -> str:
    """Return a year in words: "1984" -> "nineteen eighty four", "1905" -> "nineteen oh five"."""
    plain = str(text)
    if len(plain) != 4 or plain[0] == "0" or 2000 <= int(plain) <= 2009 or plain[1:3] == "00":
        return cardinal(plain.lstrip("0") or "0")
    century, rest = plain[:2], plain[2:]
    if rest == "00":
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' + cardinal(rest[1]) if rest[0] == '0' else cardinal(rest)}"


def code(text: str) -> str:
    """Return a number in a name in words: "747" -> "seven forty seven", "404" -> "four oh four"."""
    if len(text) > 4 or (len(text) > 1 and text[0] == "0"):
        return digits(text)
    if len(text) < 3 or text.endswith("00"):
        return f"{cardinal(text[:2])} hundred" if len(text) == 4 and text[1] != "0" else cardinal(text)
    head, tail = text[:-2], text[-2:]
    return f"{cardinal(head)} {'oh ' + cardinal(tail[1]) if tail[0] == '0' else cardinal(tail)}"


_SAME_IN_PLURAL = "yen yuan won baht dozen horsepower rand lira dong naira paisa".split()


def plural(word: str) -> str:
    """Return the plural of a number word or unit: "sixty" -> "sixties", "foot" -> "feet", "inch" -> "inches"."""
    if word.endswith("hertz"):
        return word
    irregular = {
        "foot": "feet",
        "penny": "pence",
        "inch": "inches",
        "real": "reais",
        "krona": "kronor",
        "krone": "kroner",
    } | {same: same for same in _SAME_IN_PLURAL}
    if word in irregular:
        return irregular[word]
    if word.endswith("y") and word[-2] not in "aeiou" and word != "zloty":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def fraction(numerator: str, denominator: str) -> str | None:
    """Return a fraction in words ("3", "4" -> "three quarters"), None for an uncommon one."""
    top, bottom = int(numerator), int(denominator)
    if bottom < 2 or (bottom > 100 and bottom not in (1000, 1000000)):
        return None
    name = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom).replace("one ", "")
    if top != 1:
        name = "halves" if bottom == 2 else plural(name)
    return f"{cardinal(top)} {name}"


def mixed(whole: str | None, top: str, bottom: str) -> str | None:
    """Return a mixed number in words ("2", "1", "4" -> "two and a quarter"), None for an uncommon fraction."""
    part = fraction(top, bottom)
    if part is None or not whole:
        return part
    if top == "1":
        part = ("an " if part.split()[1][0] in "aeiou" else "a ") + part.split(" ", 1)[1]
    return f"{cardinal(whole)} and {part}"


def quantity(text: str) -> str:
    """Return a match of QUANTITY in words, with its sign ("-1 1/2" -> "minus one and a half")."""
    sign = "minus " if text[:1] in ("-", "−") else ""
    found = _FRACTION.fullmatch(text.lstrip("-−"))
    if found is None:
        return decimal(text.replace(",", ""))
    top, bottom = map(str, VULGAR[found["sign"]]) if found["sign"] else (found["top"], found["bottom"])
    return sign + (mixed(found["whole"], top, bottom) or f"{cardinal(top)} over {cardinal(bottom)}")


def is_one(text: str) -> bool:
    """Return whether a unit after this number is singular: after one or a fraction below one ("one half mile")."""
    if found := _FRACTION.fullmatch(text.lstrip("-−")):
        return not found["whole"]
    try:
        return abs(Decimal(text.replace(",", "").replace("−", "-"))) == 1 and "." not in text
    except ArithmeticError:
        return False
