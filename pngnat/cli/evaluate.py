"""`pngnat evaluate NAME ...`: one door to the measures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pngnat.evaluation.commands import MEASURES, measure


def main(arguments: Sequence[str]) -> int:
    """Run the measure that the first word names; returns the exit code."""
    name, *rest = arguments or ["--help"]
    if name in MEASURES:
        return measure(name, rest, f"pngnat evaluate {name}")
    _parser().parse_args([name])
    return 0


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<17}{one.summary}" for name, one in MEASURES.items())
    parser = argparse.ArgumentParser(
        prog="pngnat evaluate",
        usage="pngnat evaluate NAME ...",
        description=f"Measure a voice, a vocoder or recordings (pngnat evaluate NAME --help tells more):\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", choices=list(MEASURES), help="what to measure")
    return parser
