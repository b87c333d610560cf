"""`pngnat train STAGE ...`: the stages of a training from nothing, each with settings of its own."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pngnat.cli import recipes
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
    listed = "\n".join(f"  {name:<12}{stage.summary.splitlines()[0]}" for name, stage in STAGES.items())
    parser = argparse.ArgumentParser(
        prog="pngnat train",
        usage="pngnat train STAGE [NAME=VALUE ...]",
        description=f"Train a voice from nothing, stage by stage (pngnat train STAGE --help lists its settings):\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stage", metavar="STAGE", choices=list(STAGES), help="one of the above, in this order")
    return parser
