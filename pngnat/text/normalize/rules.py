"""What a normalization rule is, and helpers that several kinds of rules share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Replace what `pattern` matches by what `spoken` makes of the match; None leaves the match as it is."""

    pattern: re.Pattern[str]
    spoken: Callable[[re.Match[str]], str | None]

    def apply(self, text: str) -> str:
        return self.pattern.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        spoken = self.spoken(match)
        return match[0] if spoken is None else spoken


def rule(pattern: str, spoken: Callable[[re.Match[str]], str | None], flags: int = 0) -> Rule:
    return Rule(re.compile(pattern, flags | re.VERBOSE), spoken)


def any_of(words: object) -> str:
    """A pattern for any of `words`, the longest first."""
    return "(?:" + "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True)) + ")"


def before(match: re.Match[str], pattern: str) -> re.Match[str] | None:
    """Whether `pattern` (to be anchored with $ by this function) ends right before the match; looks back 60 characters."""
    return re.search(f"(?:{pattern})$", match.string[max(0, match.start() - 60) : match.start()])


def after(match: re.Match[str], pattern: str) -> re.Match[str] | None:
    """Whether `pattern` begins right after the match."""
    return re.compile(pattern).match(match.string, match.end())


# These begin a sentence rather than go on with one.
SENTENCE_STARTS = (
    r"\s+[\"'(]?(?:He|She|It|They|We|I|The|A|An|There|This|That|These|Those|In|On|At|But|And|Then|His|Her|My|Our|You|When|If|As"
    r"|So|After|For)\b"
)


def full_stop(match: re.Match[str]) -> str:
    """A full stop where the abbreviation that the match is also ends the sentence, so that its dot has two jobs."""
    return "." if match[0].endswith(".") and after(match, rf"""["')\]]*\s*$|{SENTENCE_STARTS}""") else ""
