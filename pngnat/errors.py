"""Errors that are meant for the person who uses pngnat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

# Characters of the longest message; a file's name may have 4,096, and what is wrong with it stands at the end.
LONGEST_MESSAGE = 2000
# Control characters, line separators, the signs that turn the direction of writing, and halves of surrogate pairs.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class PngnatError(Exception):
    """One line that says what is wrong and what to do; the CLI prints it without a traceback and exits with code 2.

    A message may quote an untrusted file: line breaks in it become spaces, a terminal's escape sequences are
    shown and not obeyed, and the middle of a very long one is left out."""

    def __init__(self, message: str) -> None:
        super().__init__(shorten(printable(re.sub(r"\s*[\r\n]\s*", " ", str(message))), LONGEST_MESSAGE))


def extra_command(extra: str) -> str:
    """Return the command that installs an extra of pngnat."""
    return f'pip install "pngnat[{extra}]"'


@contextmanager
def extra_needed(extra: str) -> Iterator[None]:
    """Raise PngnatError, which names the extra, where the block imports a package that is missing. The error of a
    missing module of pngnat's own stays as it is."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "pngnat":
            raise
        raise PngnatError(f"{error.name} is not installed: {extra_command(extra)}") from error


def is_printable(text: str) -> bool:
    """Return whether the text holds nothing that would move a terminal's cursor, change the line or turn the direction
    of writing."""
    return _UNPRINTABLE.search(text) is None


def printable(text: str) -> str:
    """Return the text with such characters as Python writes them, `\\x1b`."""
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)


def shorten(text: str, longest: int) -> str:
    """Return the text, or its beginning and its end where it has more than `longest` characters."""
    half = (longest - 3) // 2
    return text if len(text) <= longest else f"{text[:half]} … {text[-half:]}"
