"""The normalization rule, and helpers of several kinds of rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pngnat.text.normalize.stops import ends_sentence

_DIGITS = "0123456789²³½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒"


@dataclass(frozen=True)
class Rule:
    """A verbose pattern and the function that returns the spoken text of a match, or None to leave the match as it is.

    needs: the rule applies only to sentences with one of these characters; "" applies it to all.
    """

    pattern: str
    spoken: Callable[[re.Match[str]], str | None]
    needs: str = ""

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        """Compile at the first use: a short text needs a third of the rules, and all take a tenth of a second."""
        return re.compile(self.pattern, re.VERBOSE)

    def apply(self, text: str) -> str:
        """Return the text with each match replaced by its spoken text."""
        return self._compiled.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        spoken = self.spoken(match)
        return match[0] if spoken is None else spoken


@dataclass(frozen=True)
class NumberRule(Rule):
    """A rule for sentences that contain a digit or a fraction sign."""

    needs: str = _DIGITS


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of `words`, the longest first."""
    return "(?:" + "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True)) + ")"


def before(match: re.Match[str], pattern: str) -> re.Match[str] | None:
    """Return the match of `pattern` that ends right before `match`, at most 60 characters long, or None."""
    return _compiled(f"(?:{pattern})$").search(match.string[max(0, match.start() - 60) : match.start()])


def after(match: re.Match[str], pattern: str) -> re.Match[str] | None:
    """Return the match of `pattern` that begins right after `match`, or None."""
    return _compiled(pattern).match(match.string, match.end())


_compiled = lru_cache(maxsize=None)(re.compile)


def letters(text: str) -> str:
    """Return the letters of `text` one by one; the silent hyphen after an A marks the letter, not the article."""
    return "".join(letter + ("-" if letter == "A" else " ") for letter in text.upper()).rstrip(" -")


_CLOSERS = re.compile(r"""["')\]]*""")


def full_stop(match: re.Match[str]) -> str:
    """Return a full stop where the dot of a matched abbreviation also ends the sentence, else an empty text."""
    if not match[0].endswith("."):
        return ""
    closers = _CLOSERS.match(match.string, match.end())
    closed = closers.end() if closers else match.end()
    return "." if ends_sentence(match.string, match.end() - 1, closed) else ""
