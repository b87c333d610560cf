"""The text that is to be spoken: given as words, in a file, or on standard input."""

from __future__ import annotations

import argparse
import sys

from pngnat.errors import PngnatError
from pngnat.files import read_limited, read_stream

# A long novel has 3 MB. More is a mistake (a device, a video), and would fill the memory before anybody is told.
LARGEST_TEXT = 64 * 2**20


def given_text(args: argparse.Namespace) -> str:
    """The text of the command line, of -f FILE, or of standard input. Raises PngnatError where there is none, or
    two."""
    if args.text and args.file:
        raise PngnatError("give a text or -f FILE, not both")
    if args.text:
        return " ".join(args.text)
    if args.file is None and (sys.stdin is None or sys.stdin.isatty()):
        raise PngnatError('there is nothing to speak: give a text ("..."), -f FILE, or pipe one in')
    return read_text(args.file or "-")


def read_text(path: str) -> str:
    """The text of a UTF-8 file; - is standard input.

    Raises PngnatError, with the line where it can, for what is unreadable, empty, too large or no UTF-8.
    """
    name = "standard input" if path == "-" else path
    if path != "-":
        data = read_limited(path, LARGEST_TEXT)
    elif sys.stdin is None:
        raise PngnatError(f"{name}: is closed")
    else:
        data = read_stream(sys.stdin.buffer, name, LARGEST_TEXT)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PngnatError(f"{name}: is not UTF-8 text (line {line}); save it as UTF-8") from error
    if not text.strip():
        raise PngnatError(f"{name}: is empty; there is nothing to speak")
    return text
