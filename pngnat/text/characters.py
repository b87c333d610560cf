"""Characters that can be spoken: one form of quotes and dashes, and names for the characters that are left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "‛": "'", "ʼ": "'", "´": "'", "`": "'", "＇": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‹": '"', "›": '"', "＂": '"',
        "‐": "-", "‑": "-", "‒": "–", "―": "—", "⸺": "—", "﹘": "—", "⁻": "−",
        "。": ".", "，": ",", "、": ",", "？": "?", "！": "!", "：": ":", "；": ";", "؟": "?", "،": ",", "¿": "",
        "¡": "", "‼": "!!", "⁇": "??", "⁈": "?!", "⁉": "!?", "‽": "?!",
        "\u00a0": " ", "\u2028": "\n", "\u2029": "\n", "\x85": "\n",
        "‚": ",", "⅟": "1/", "ſ": "s", "…": "…", "•": "•",
    }
)  # fmt: skip
# Besides ASCII: spoken by a rule of normalize/, or punctuation.
_SPOKEN = frozenset("£€¥°±×÷≤≥≠≈√∞©®™§¶→⇒∑∫−‰¢℃℉№∂∈²³·₹₿₩₽₺₪₫₱₦฿½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒µμΩ′″–—…•‣◦▪⁄")
# A Greek letter alone is mathematics; a Greek word is not English.
_LONE_GREEK = re.compile(r"(?<![Α-Ωα-ω])[Α-Ωα-ω](?![Α-Ωα-ω])")
_SILENT = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f\u200e\u200f")
_LIGATURES = str.maketrans(
    {
        "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ß": "ss", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "th", "Ð": "Th", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H",
        "ŋ": "ng", "Ŋ": "Ng", "ŧ": "t", "Ŧ": "T", "ẞ": "Ss",
    }
)  # fmt: skip
_SUPERSCRIPT = re.compile(r"(?<=[0-9)a-z])[⁻⁺]?[⁰¹²³⁴-⁹]+(?![A-Za-z])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]")


def plain_letters(text: str) -> str:
    """Return `text` without accents, and with ligatures written out ("café" -> "cafe")."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _raised(match: re.Match[str]) -> str:
    """Return a power as it is typed ("10⁻⁶" -> "10^-6"); ² and ³ alone stay, since a rule speaks them."""
    return match[0] if match[0] in "²³" else "^" + unicodedata.normalize("NFKC", match[0]).replace("−", "-")


def speakable(text: str, on_skipped: Callable[[str], None] | None = None) -> str:
    """Return `text` with plain quotes and spaces, composed letters, and without characters that English cannot speak.

    on_skipped: called with a line for each run of characters that is left out, with the name of the first one.
    """
    composed = unicodedata.normalize("NFC", _SUPERSCRIPT.sub(_raised, text).translate(_PLAIN))
    if composed.isascii() and not _CONTROL.search(composed):
        return composed
    lone_greek = {match.start() for match in _LONE_GREEK.finditer(composed)}
    spoken = [character if index in lone_greek else _spoken(character) for index, character in enumerate(composed)]
    kinds = "".join("x" if one is None else " " if one.isspace() or not one else "." for one in spoken)
    parts, start = [], 0
    for run in re.finditer("x(?:[x ]*x)?", kinds):
        parts += [*filter(None, spoken[start : run.start()]), " "]
        start = run.end()
        if on_skipped:
            on_skipped(_description(composed[run.start() : start]))
    return "".join([*parts, *filter(None, spoken[start:])])


def _spoken(character: str) -> str | None:
    """Return the text that stands for `character`, None where it is left out."""
    if character in _SILENT or unicodedata.category(character) == "Mn":
        return ""
    if character.isspace():
        return character if character in "\n\r\t" else " "
    if character.isascii():
        return None if _CONTROL.match(character) else character
    if character in _SPOKEN or (_LATIN.match(character) and plain_letters(character).isascii()):
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    compatible = unicodedata.normalize("NFKC", character)
    if compatible != character and all(_spoken(part) == part for part in compatible):
        return compatible
    if category == "Pd":
        return "—"
    return "," if category in ("Po", "Ps", "Pe") else None


def _description(run: str) -> str:
    """Return the characters, shortened, and the name of the first one."""
    name = unicodedata.name(run[0], "").lower() or f"control character U+{ord(run[0]):04X}"
    shown = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in run[:40])
    return f"'{shown}{'…' if len(run) > 40 else ''}' ({name}{', ...' if len(set(run)) > 1 else ''})"
