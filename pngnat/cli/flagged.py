"""The commands that a person calls with flags, and what each flag sets."""

from __future__ import annotations

from pngnat.cli import recipes
from pngnat.cli.flags import Flag, FlaggedRecipe

_WORKERS = (
    Flag("--jobs", "workers", "N"),
    Flag("--engine", "engine", "NAME"),
    Flag("--address", "address", "HOST:PORT"),
    Flag("--shard", "shard", "I/N"),
)
prepare = FlaggedRecipe(
    "prepare",
    recipes.prepare,
    (
        Flag("RECORDINGS", "path"),
        Flag("--out", "out", "FOLDER"),
        Flag("--corpus", "corpus", "NAME"),
        Flag("--speaker", "speaker", "NAME"),
        Flag("--lexicon", "lexicon", "FILE"),
        *_WORKERS,
    ),
)
check = FlaggedRecipe("check", recipes.check, (Flag("CORPUS", "path"), Flag("--out", "out", "FOLDER"), *_WORKERS))
create = FlaggedRecipe(
    "create",
    recipes.finetune,
    (
        Flag("RECORDINGS", "target"),
        Flag("--name", "name", "NAME"),
        Flag("--consent", "consent", "FILE"),
        Flag("--minutes", "minutes", "N"),
        Flag("--budget", "budget", "MINUTES"),
        Flag("--out", "out", "FOLDER"),
        Flag("--work", "work", "FOLDER"),
        Flag("--base", "base", "VOICE"),
        Flag("--professionals", "professionals", "FOLDER", "list"),
        Flag("--lexicon", "lexicon", "FILE"),
        Flag("--description", "about.description"),
        Flag("--licence", "about.licence"),
        Flag("--jobs", "workers", "N"),
    ),
)
