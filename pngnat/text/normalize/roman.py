"""Roman numerals: "Chapter IV", "World War II", "Henry VIII", "Thurston Howell III"."""

from __future__ import annotations

import re

from pngnat.text.morphology import common_words
from pngnat.text.normalize.numbers import cardinal, ordinal
from pngnat.text.normalize.rules import Rule, after, any_of, before
from pngnat.text.normalize.tables import WORDS

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_VALID = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_COUNTED = any_of(WORDS["numbered"])
_RULER = any_of(WORDS["rulers"])
_CAPITALIZED = any_of(written for word in WORDS["numbered"] for written in (word.capitalize(), word.upper()))
_NUMERAL = r"(?P<numeral>[IVXLCDM]+)(?=['’]s\b|\b)"
# Words that begin a sentence and name nothing that is numbered.
_NO_NAMES = frozenset(
    "The An My Your His Her Our Their This That Its No Some Any Each Every One And Or But With In On By For From To "
    "At Start".split()
)
_CENTURY = r"(?=\s(?:century|centuries|Century|dynasty|Dynasty|Olympi\w+|arrondissement)\b)"
# The text after the "I" of a ruler, where it cannot be the pronoun.
_NO_PRONOUN = (
    r"""['’]s|\s*(?:[.,;:!?)"'—-]|$)|\s(?:of|and|was|is|in|had|became|died|reigned|ruled|who|by|to|the|at"""
    r"""|on|with|from|for)\b"""
)


def value(numeral: str) -> int | None:
    """Return the value of a numeral ("XIV" -> 14), None for other letters."""
    if not numeral or not _VALID.fullmatch(numeral):
        return None
    values = [_VALUES[letter] for letter in numeral]
    return sum(-one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True))


def _counted(match: re.Match[str]) -> str | None:
    number = value(match["numeral"].upper())
    if number is None:
        return None
    if match["numeral"] == "I" and after(
        match, r"\s(?:am|have|had|will|would|think|do|did|can|could|want|know|saw|said|read|wrote|need)\b"
    ):
        return None
    return match["word"] + cardinal(number)


def _ruler(match: re.Match[str]) -> str | None:
    number = value(match["numeral"])
    if match["word"].strip() == "Malcolm" and match["numeral"] == "X":
        return None
    if number is None or (match["numeral"] == "I" and not after(match, _NO_PRONOUN)):
        return None
    return f"{match['word']}the {ordinal(number)}"


def _after_name(match: re.Match[str]) -> str | None:
    """Return an ordinal after two capitalized words, which are a person, and a number after one, which is a thing."""
    if match["word"].strip() in _NO_NAMES or (
        match["numeral"] in ("IV", "XX")
        and after(match, r"\s(?:drip|drug|fluid|line|bag|pole|access|therapy|chromosome)")
    ):
        return None
    number = value(match["numeral"])
    if number is None or number > 40:
        return None
    person = number < 6 and before(match, r"\b(?!The\b|Final\b|World\b|Super\b)[A-Z][\w.’'-]*\s")
    return f"{match['word']}{'the ' + ordinal(number) if person else cardinal(number)}"


def _heading(match: re.Match[str]) -> str | None:
    """Return the number of a heading ("II. Methods")."""
    number = value(match["numeral"])
    if len(match["numeral"]) == 1 and match["next"].lower() not in common_words():
        return None
    return None if number is None or number > 39 else f"{match['space']}{cardinal(number)}."


def _ordinal(match: re.Match[str]) -> str | None:
    number = value(match["numeral"])
    return None if number is None else ordinal(number)


def _item(match: re.Match[str]) -> str | None:
    """Return the number of an item: "(ii)", or "(i)" where "(ii)" follows."""
    if match["numeral"] in ("i", "v") and "(ii)" not in match.string:
        return None
    number = value(match["numeral"].upper())
    return None if number is None else f"({cardinal(number)})"


# Before the rule for initials.
HEADINGS: tuple[Rule, ...] = (Rule(r"^(?P<space>\s*)(?P<numeral>[IVX]+)\.(?=\s(?P<next>[A-Z]\w*))", _heading),)
RULES: tuple[Rule, ...] = (
    Rule(
        r"\bWW\s?(?:(?P<numeral>I{1,3})|(?P<number>[123]))\b",
        lambda m: f"World War {cardinal(m['number'] or len(m['numeral']))}",
    ),
    Rule(r"\((?P<numeral>i{1,3}|iv|vi{0,3}|ix)\)", _item),
    Rule(rf"\b(?P<numeral>[IVX]{{2,}}|V|X)(?:th|st|nd|rd)?{_CENTURY}", _ordinal),
    Rule(r"\b(?P<numeral>[IVX]{2,}|[VX])th\b", _ordinal),
    Rule(rf"(?P<word>\b(?:{_CAPITALIZED}|{_COUNTED})\.?\s)(?P<numeral>[IVXLCDM]{{2,}}|V|X)(?!['’]?\w)", _counted),
    Rule(rf"(?P<word>\b{_CAPITALIZED}\.?\s)(?P<numeral>I)(?!['’]?\w)", _counted),
    Rule(
        r"(?P<word>\b(?i:chapter|part|act|scene|book|section|pages?|appendix)\.?\s)(?P<numeral>[ivxl]+)(?!['’]?\w)",
        _counted,
    ),
    Rule(r"(?P<word>\b(?:act|scene|chapter|part|book|volume)\s)(?P<numeral>I)(?=[,.:;]|\s*$)", _counted),
    Rule(rf"(?P<word>\b{_RULER}\s){_NUMERAL}", _ruler),
    Rule(r"(?P<word>(?<![\w'’])[A-Z]['’a-z][\w’'-]*\s)(?P<numeral>[IVX]{2,})(?=['’]s\b|(?!['’]?\w))", _after_name),
)
