"""Quotes, spoken signs (& % + = # @), Greek letters, and the silent marks of lists and emphasis."""

from __future__ import annotations

import re

from pngnat.text.normalize.rules import Rule, after, any_of, before, letters

_SPOKEN = {
    "&": "and", "+": "plus", "=": "equals", "%": "percent", "@": "at", "#": "number", "$": "dollars", "£": "pounds",
    "€": "euros", "¥": "yen", "°": "degrees", "±": "plus or minus", "×": "times", "÷": "divided by",
    "≤": "is less than or equal to", "≥": "is greater than or equal to", "≠": "does not equal", "≈": "is about",
    "√": "the square root of", "∞": "infinity", "©": "copyright", "®": "registered", "™": "trademark", "§": "section",
    "¶": "paragraph", "→": "to", "⇒": "implies", "∑": "the sum of", "∫": "the integral of", "−": "minus",
    "\\": "backslash", "^": "to the power of", "‰": "per mille", "¢": "cents", "℃": "degrees Celsius",
    "℉": "degrees Fahrenheit", "№": "number", "∂": "partial", "∈": "in", "²": "squared", "³": "cubed", "·": "times",
    "<": "is less than", ">": "is greater than", "~": "about", "₹": "rupees", "₿": "bitcoins", "₩": "won",
    "₽": "rubles", "₺": "lira", "₪": "shekels", "₫": "dong", "₱": "pesos", "₦": "naira", "฿": "baht",
    "!=": "does not equal", "==": "equals", "<=": "is less than or equal to", ">=": "is greater than or equal to",
    "<>": "does not equal", "->": "to", "+/-": "plus or minus", "=>": "to",
}  # fmt: skip
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi "
    "chi psi omega"
).split()
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", _GREEK_NAMES * 2, strict=True)) | {"ς": "sigma"}
_EITHER = {
    ("and", "or"),
    ("he", "she"),
    ("she", "he"),
    ("his", "her"),
    ("him", "her"),
    ("his", "hers"),
    ("s", "he"),
    ("yes", "no"),
    ("either", "or"),
}


_COUNT = r"(?:\d|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+(?:teen|ty))"


def _slash(match: re.Match[str]) -> str:
    pair = (match["left"].lower(), match["right"].lower())
    if pair == ("and", "or"):
        return f"{match['left']} {match['right']}"
    if pair == ("s", "he"):
        return "she or he"
    left = "A-" if match["left"] in ("a", "A") else match["left"] + " "
    return f"{left}{'or' if pair in _EITHER else 'slash'} {match['right']}"


def _sign(match: re.Match[str]) -> str:
    spoken = _SPOKEN[match["sign"]]
    # "takes < 5 min", but "price > cost".
    if spoken.startswith("is ") and (
        not before(match, r"[\w)]\s?")
        or (before(match, r"[a-z]{2,}\s") and not before(match, rf"\b{_COUNT}\s") and after(match, rf"\s?{_COUNT}\b"))
    ):
        spoken = spoken[3:]
    lead = " " if before(match, r"\S") else ""
    return lead + spoken + (" " if after(match, r"""[^\s.,;:!?)"'…—]""") else "")


def _ampersand(match: re.Match[str]) -> str:
    """Return the words for "R&D" or "AT&T", whose letters stay initials."""
    left = "A-" if match["left"] == "A" else match["left"] + " "
    return f"{left}and {match['right']}"


_ELISIONS = r"(?:tis|twas|twere|twill|em|til|till|cause|bout|round|neath|n)\b|\d"
_INSIDE = r"[^'\"]"


def _quoted(match: re.Match[str]) -> str | None:
    """Return the text in double quotes, or None where the last quote is an apostrophe ("'Twas nothin' much")."""
    if re.search(r"(?:in|\b(?:th|o|ol|an|wi))$", match["inside"]) and after(match, r"[^']*[\w.,!?]'(?!\w)"):
        return None
    return f'"{match["inside"]}"'


# Single quotes that enclose become double ones; the apostrophes of contractions, possessives and elisions stay.
QUOTES: tuple[Rule, ...] = (
    Rule(
        rf"(?<![\w'])'(?!(?i:{_ELISIONS}))(?=\w)(?P<inside>{_INSIDE}{{1,300}}(?:\w'\w{_INSIDE}{{0,300}}){{0,5}})'"
        r"(?!\w)",
        _quoted,
    ),
    Rule(r"(?<=[.,!?…])'(?!\w)", lambda m: '"'),
    Rule(rf"(?<![\w'])'(?!(?i:{_ELISIONS}))(?=[A-Z])", lambda m: '"'),
)
RULES: tuple[Rule, ...] = (
    Rule(r"^\s*(?:[*•‣◦▪·-]|\#{1,6}|>)\s+", lambda m: ""),
    Rule(r"(?<!\w)([*_~`]{1,3})(?=\S)(?P<inside>[^*_~`\n]+?)(?<=\S)\1(?!\w)", lambda m: m["inside"]),
    Rule(r"\b(?P<left>[A-Z]{1,3})&(?P<right>[A-Z]{1,3})\b", _ampersand),
    Rule(r"\b(?P<left>[A-Z])/(?P<right>[A-Z])\b", lambda m: letters(m["left"] + m["right"]), needs="/"),
    Rule(r"(?<=\b[A-Z]{2})/(?=[A-Z]{2,4}\b)|(?<=\b[A-Z]{3})/(?=[A-Z]{2,4}\b)", lambda m: " ", needs="/"),
    Rule(r"(?<=[\w)])\s\*\s(?=[\w(])", lambda m: " times "),
    Rule(r"\b(?P<left>[A-Za-z]+)/(?P<right>[A-Za-z]+)\b", _slash, needs="/"),
    Rule(r"(?<=\w)(?:/|\s/\s)(?=\w)", lambda m: " slash ", needs="/"),
    Rule(r"(?<=\w)_+(?=\w)", lambda m: " "),
    Rule(r"(?<=\w)\s?\|\s?(?=\w)", lambda m: ", "),
    Rule(
        r"(?<=[a-z])\s-\s(?=(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|minus)\b)",
        lambda m: (
            " minus " if before(m, r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|hundred)") else " — "
        ),
    ),
    Rule(r"§§", lambda m: "sections"),
    Rule(r"\b(?P<letter>[ACDFG])(?P<sign>[#♯])(?!\w)", lambda m: f"{m['letter']} sharp"),
    Rule(
        r"(?<![\w-])(?P<grade>[A-DF])-(?=\s(?:grade|average|student|paper|work|range)|[.,!?;]|\s?$)",
        lambda m: f"{m['grade']}-minus",
    ),
    Rule(r"(?<=\s)-{1,3}(?=\s)|-{2,3}", lambda m: "—"),
    Rule(
        r"[~≈](?=\s?(?:\d|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+(?:teen|ty)\b))",
        lambda m: "about ",
    ),
    Rule(rf"(?P<sign>{any_of(_SPOKEN)})", _sign),
    Rule(rf"(?P<letter>{any_of(_GREEK)})", lambda m: f" {_GREEK[m['letter']]} "),
)
