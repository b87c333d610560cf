"""Ordinals, versions, products, codes of letters and digits, and all remaining numbers."""

from __future__ import annotations

import re

from pngnat.text.lexicon import dictionary
from pngnat.text.normalize.numbers import (
    PLAIN_NUMBER,
    VULGAR,
    WHOLE,
    cardinal,
    code,
    decimal,
    digits,
    mixed,
    ordinal,
    plural,
    year,
)
from pngnat.text.normalize.rules import NumberRule, Rule, after, any_of, before, letters
from pngnat.text.normalize.tables import WORDS

_DECIMAL = rf"(?:{WHOLE})(?:\.\d+)?"


_SCALES = {
    "k": "thousand",
    "K": "thousand",
    "M": "million",
    "mn": "million",
    "B": "billion",
    "bn": "billion",
    "T": "trillion",
}
_COUNTED = (
    r"\+?\s(?:(?:new|more|active|monthly|daily|unique|total|paid|registered|other|different|free|extra|additional"
    r"|square)\s)*"
    r"(?:people|men|women|children|(?!(?:is|was|has|this|as|us|always|across|less|plus|does|its|his|runs|races|videos"
    r"|monitors|displays|screens)\b)"
    r"[a-z]{2,}s)\b"
)


def _vulgar(match: re.Match[str]) -> str | None:
    top, bottom = VULGAR[match["sign"]]
    minus = "minus " if match["minus"] else ""
    lead = "" if match["whole"] or minus or not before(match, r"\w") else " "
    return minus + lead + (mixed(match["whole"], str(top), str(bottom)) or "")


def _product(match: re.Match[str]) -> str:
    return " by ".join(_side(part) for part in re.findall(r"[\d.]+", match[0]))


def _hexadecimal(match: re.Match[str]) -> str:
    return "zero x " + re.sub(r"\d", lambda digit: digits(digit[0]), letters(match["hex"]))


def _side(text: str) -> str:
    return decimal(text) if "." in text or len(text) != 4 else year(text)


def _version(match: re.Match[str]) -> str:
    parts = match[0].split(".")
    joint = " dot " if len(parts) > 3 else " point "
    return joint.join(digits(part) if len(part) > 2 else cardinal(part) for part in parts)


def _number(match: re.Match[str]) -> str:
    text = match["number"].replace(",", "")
    sign = ""
    if match["sign"]:
        sign = {"+": "plus ", "±": "plus or minus "}.get(match["sign"], "minus ")
    gap = " " if after(match, r"[A-Za-z]") else ""
    return sign + (decimal(text) if "." in text else cardinal(text)) + gap


def _letters_and_digits(match: re.Match[str]) -> str | None:
    """Return letters and numbers in turn: "H1N1", "x1y2", "MP3", "F-16", "python3.11", "7a"."""
    if not re.search(r"[A-Za-z]", match[0]):
        return None
    spoken = []
    for piece in re.findall(r"[A-Za-z]+|\d+(?:\.\d+)*", match[0]):
        if not piece[0].isalpha():
            spoken.append(_code_number(piece) + " ")
        elif piece in ("a", "A"):
            spoken.append("A-")
        else:
            spoken.append(_code_letters(piece) + " ")
    return "".join(spoken).rstrip(" -")


def _code_letters(text: str) -> str:
    """Return the letters of a code, spelled where they could be a word ("ES6", "IPv6"); words stay ("python3")."""
    if len(text) == 2 and text.isupper() and text.lower() in dictionary():
        return f"{text[0]}{'-' if text[0] == 'A' else ' '}{text[1]}"
    if 1 < len(text) < 5 and text.lower() not in dictionary() and not text.istitle():
        return text.upper()
    return "I" if text == "i" else text


def _scaled(match: re.Match[str]) -> str | None:
    """Return the number of "10M downloads", "4.7B years", "5K stars"; None for names: "a 5K run", "4K video", "3M"."""
    number, scale = match["number"], match["scale"]
    counted = bool(after(match, _COUNTED))
    if scale == "M" and not counted and number == "3":
        return None
    if (
        scale not in ("M", "bn", "mn")
        and not counted
        and ("." not in number or after(match, r"\s(?:run|race|video|monitor|display|screen|tv|TV)\b"))
    ):
        return None
    return f"{decimal(number.replace(',', ''))} {_SCALES[scale]}"


def _code_number(text: str) -> str:
    if "." in text:
        return " point ".join(
            digits(part) if len(part) > 2 or part[0] == "0" else cardinal(part) for part in text.split(".")
        )
    return code(text) if len(text) == 3 or (len(text) == 4 and "0" not in (text[0], text[2])) else cardinal(text)


def _formula(match: re.Match[str]) -> str | None:
    """Return the spelled symbols of a chemical formula ("NaCl", "CaCO3"), None for other words."""
    if not re.search(r"[a-z].*[A-Z]|[A-Z].*[A-Z].*[a-z]", match[0]) or match[0].lower() in dictionary():
        return None
    return " ".join(
        letters(piece) if piece.isalpha() else cardinal(piece) for piece in re.findall(r"[A-Za-z]+|\d+", match[0])
    )


def _chess(match: re.Match[str]) -> str:
    takes = " takes" if match["takes"] else ""
    check = {"+": " check", "#": " mate"}.get(match["check"] or "", "")
    file = letters(match["file"]) + ("-" if match["file"] == "a" else " ")
    return f"{_PIECES[match['piece']]}{takes} {file}{cardinal(match['rank'])}{check}"


_PIECES = {"K": "king", "Q": "queen", "R": "rook", "B": "bishop", "N": "knight"}
_ELEMENT = any_of(WORDS["elements"])

WITHOUT_NUMBERS: tuple[Rule, ...] = (
    Rule(rf"\b(?:{_ELEMENT}\d{{0,2}}){{2,8}}\b", _formula),
    Rule(
        r"\b(?:(?P<first>A)\s?[-–]\s?(?P<last>Z)|(?P<from>[A-Y])–(?P<to>[B-Z]))\b(?![-'’])",
        lambda m: (
            f"{m['first'] or m['from']}{'-' if (m['first'] or m['from']) == 'A' else ' '}to {m['last'] or m['to']}"
        ),
    ),
)
RULES: tuple[Rule, ...] = (
    NumberRule(r"\b(?P<piece>[KQRBN])(?P<takes>x)?(?P<file>[a-h])(?P<rank>[1-8])(?P<check>[+\#])?(?!\w)", _chess),
    NumberRule(
        r"(?<![\w.])(?P<first>\d[\d,]*(?:st|nd|rd|th))\s?[-–—]\s?(?=\d[\d,]*(?:st|nd|rd|th)\b)",
        lambda m: m["first"] + " to ",
    ),
    NumberRule(
        r"(?<![\w.])(?P<number>\d[\d,]*)(?:st|nd|rd|th)(?P<more>s?)\b",
        lambda m: plural(ordinal(m["number"])) if m["more"] else ordinal(m["number"]),
    ),
    NumberRule(rf"(?P<minus>(?<!\w)[-−])?(?:(?<![\w.,])(?P<whole>\d+)[\ ]?)?(?P<sign>[{''.join(VULGAR)}])", _vulgar),
    NumberRule(
        r"\b802\.(?P<number>\d{1,2})(?P<letters>[a-z]{1,2})?\b",
        lambda m: f"eight oh two dot {cardinal(m['number'])} {letters(m['letters'] or '')}".rstrip(),
    ),
    NumberRule(r"(?<![\w.])(?P<word>[Vv]ersion\ )?v(?:er)?\.?(?=\d+\.\d)", lambda m: m["word"] or "version "),
    NumberRule(r"(?<![\w.,])\d+(?:\.\d+){2,}(?![\w.]*\d)", _version),
    NumberRule(r"(?<![\w.,])0x(?P<hex>[0-9A-Fa-f]{2,})(?!\w)", _hexadecimal),
    NumberRule(r"(?<![\w.,])\d+(?:\.\d+)?(?:\s?[x×]\s?\d+(?:\.\d+)?)+(?![\w.]*\d)", _product),
    NumberRule(r"(?<![\w.,])(?P<number>\d+)(?:\s?[x×]|X)(?!\w)", lambda m: f"{cardinal(m['number'])} times"),
    NumberRule(
        r"\b(?P<letter>[A-Z])(?P<first>\d{1,3})(?:-(?=(?P=letter)\d)|\s?–\s?(?=[A-Z]\d))",
        lambda m: f"{m['letter']}{m['first']} to ",
    ),
    NumberRule(
        r"(?<![\w.,])(?P<first>\d+)[kK]?\s?[-–]\s?(?P<last>\d+)[kK](?!\w)",
        lambda m: f"{cardinal(m['first'])} to {cardinal(m['last'])} thousand",
    ),
    NumberRule(rf"(?<![\w.,$£€-])(?P<number>{PLAIN_NUMBER})\ ?(?P<scale>[KMBTk]|bn|mn)(?![\w'’-])", _scaled),
    NumberRule(
        r"(?<![\w.,])(?:[A-Za-z]+-(?=\d))?(?=[A-Za-z]*\d|\d+[A-Za-z])[A-Za-z\d]+(?:(?<=\d)(?:\.\d+)+)?(?!\w)",
        _letters_and_digits,
    ),
    NumberRule(
        r"(?<![\w.,])(?P<whole>\d+)(?=-(?:year|day|week|month|hour|minute|second|mile|foot|inch|page|man|way|point"
        r"|time|story)s?\b)",
        lambda m: cardinal(m["whole"]),
    ),
    NumberRule(
        rf"(?<!\w)(?P<sign>[-−+±](?=[\d.])|(?<!\S)(?<!\d\ )–(?=[\d.]))?(?P<number>{_DECIMAL}|(?<!\.)\.\d+)", _number
    ),
    NumberRule(rf"(?P<number>{WHOLE})(?P<sign>)", _number),
)
