"""What a normalization rule is, and helpers that several kinds of rules share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pngnat.text.normalize.stops import ends_sentence

_DIGITS = "0123456789²³½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒"


@dataclass(frozen=True)
class Rule:
    """Replace what `pattern`, a verbose one, matches by what `spoken` makes of the match; None leaves the match as it
    is.

    needs: characters of which a sentence must have one for the rule to apply, where the pattern has such; "" applies it
    to each."""

    pattern: str
    spoken: Callable[[re.Match[str]], str | None]
    needs: str = ""

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        """Made at the first use: a short text needs a third of the rules, and all take a tenth of a second."""
        return re.compile(self.pattern, re.VERBOSE)

    def apply(self, text: str) -> str:
        """The text with each match written out."""
        return self._compiled.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        spoken = self.spoken(match)
        return match[0] if spoken is None else spoken


@dataclass(frozen=True)
class NumberRule(Rule):
    """A rule for sentences that contain a digit or a fraction sign."""

    needs: str = _DIGITS


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of `words`, the longest first."""
    return "(?:" + "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True)) + ")"


def before(match: re.Match[str], pattern: str) -> re.Match[str] | None:
    """Whether `pattern` (to be anchored with $ by this function) ends right before the match; looks back 60
    characters."""
    return _compiled(f"(?:{pattern})$").search(match.string[max(0, match.start() - 60) : match.start()])


def after(match: re.Match[str], pattern: str) -> re.Match[str] | None:
    """Whether `pattern` begins right after the match."""
    return _compiled(pattern).match(match.string, match.end())


_compiled = lru_cache(maxsize=None)(re.compile)


def letters(text: str) -> str:
    """The letters of `text` one by one; the hyphen after an A says that it is the letter and no article, and is not
    said."""
    return "".join(letter + ("-" if letter == "A" else " ") for letter in text.upper()).rstrip(" -")


_CLOSERS = re.compile(r"""["')\]]*""")


def full_stop(match: re.Match[str]) -> str:
    """A full stop where the abbreviation that the match is also ends the sentence, so that its dot has two jobs."""
    if not match[0].endswith("."):
        return ""
    closers = _CLOSERS.match(match.string, match.end())
    closed = closers.end() if closers else match.end()
    return "." if ends_sentence(match.string, match.end() - 1, closed) else ""
