"""Benchmarks of speed, load and memory, and other engines beside pngnat. They are not part of the package.

Run one as `python -m benchmarks.NAME` from the repository.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from pngnat.errors import PngnatError


def run_command(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], None]) -> int:
    """Parse the command line, run a benchmark, and return the exit code: 2 after an error, which is one line."""
    try:
        run(parser.parse_args())
    except PngnatError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
