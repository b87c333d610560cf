"""`pngnat train STAGE ...`: the stages of a training from nothing, each with settings of its own."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pngnat.cli import recipes
from pngnat.cli.choice import choice_parser
from pngnat.cli.recipe import Recipe

STAGES: dict[str, Recipe] = {
    "pretrain": recipes.pretrain,
    "acoustic": recipes.train,
    "vocoder": recipes.vocoder,
    "make_voice": recipes.make_voice,
}


def main(arguments: Sequence[str]) -> int:
    """Run the stage that the first word names; returns the exit code."""
    name, *rest = arguments or ["--help"]
    if name in STAGES:
        return STAGES[name](rest, command=f"pngnat train {name}")
    stages_parser().parse_args([name])
    return 0


def stages_parser() -> argparse.ArgumentParser:
    """What `pngnat train` takes; what a stage takes are settings."""
    about = "Train a voice from nothing, stage by stage, in this order (pngnat train STAGE --help lists its settings)"
    summaries = {name: stage.summary.splitlines()[0] for name, stage in STAGES.items()}
    return choice_parser("pngnat train", "STAGE", "[NAME=VALUE ...]", about, summaries)
