"""The commands that a person calls with flags, and what each flag sets."""

from __future__ import annotations

from pngnat.cli import recipes
from pngnat.cli.flags import Flag, FlaggedRecipe

prepare = FlaggedRecipe(
    "prepare",
    recipes.prepare,
    (
        Flag("RECORDINGS", "path"),
        Flag("--out", "out"),
        Flag("--corpus", "corpus"),
        Flag("--speaker", "speaker"),
        Flag("--lexicon", "lexicon"),
        Flag("--workers", "workers"),
    ),
)
check = FlaggedRecipe("check", recipes.check, (Flag("CORPUS", "path"), Flag("--out", "out")))
