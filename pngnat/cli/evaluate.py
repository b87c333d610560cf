"""`pngnat evaluate NAME ...`: one door to the measures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pngnat.cli.choice import choice_parser
from pngnat.evaluation.commands import MEASURES, measure


def main(arguments: Sequence[str]) -> int:
    """Run the measure that the first word names; returns the exit code."""
    name, *rest = arguments or ["--help"]
    if name in MEASURES:
        return measure(name, rest, f"pngnat evaluate {name}")
    _parser().parse_args([name])
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "Measure a voice, a vocoder or recordings (pngnat evaluate NAME --help tells more)"
    return choice_parser("pngnat evaluate", "NAME", "...", about, {name: one.summary for name, one in MEASURES.items()})
