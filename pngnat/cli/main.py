"""The door of the command `pngnat`: which command is meant, and how the process ends. Imports nothing that takes
time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from pngnat.cli.ending import ended_well


@dataclass(frozen=True)
class Command:
    """One command of pngnat's."""

    target: str
    """MODULE:NAME of what is called with the words after the command's own, and returns the exit code."""
    summary: str
    """What it does, in a few words."""
    speaks: bool = False
    """Whether it speaks in this process, in which NumPy then has one thread."""


COMMANDS = {
    "speak": Command("pngnat.cli.speak:main", "speak a text; `pngnat TEXT ...` is the same", speaks=True),
    "create": Command("pngnat.cli.flagged:create", "make a voice of a person's recordings"),
    "voices": Command("pngnat.cli.voices:main", "list the voices that have a name, and their speakers"),
    "prepare": Command("pngnat.cli.flagged:prepare", "align recordings with their texts, to a corpus to learn from"),
    "check": Command(
        "pngnat.cli.flagged:check", "warn of recordings in a corpus that are clipped, noisy, cut off or misread"
    ),
    "train": Command("pngnat.cli.train:main", "train a voice from nothing, stage by stage"),
    "bulk": Command("pngnat.cli.bulk:main", "speak millions of lines, on processes or a Ray cluster", speaks=True),
    "serve": Command("pngnat.cli.serve:main", "speak for other programs, over HTTP", speaks=True),
    "speech-dispatcher": Command(
        "pngnat.cli.speech_dispatcher:main", "speak for screen readers and browsers, on Linux", speaks=True
    ),
    "studio": Command("pngnat.cli.studio:main", "record, make, shape and use a voice, in a browser", speaks=True),
    "watermark": Command("pngnat.cli.watermark:main", "tell which sounds carry the watermark of --watermark"),
    "evaluate": Command("pngnat.cli.evaluate:main", "measure a voice, a vocoder or recordings"),
}

# The products of matrices that NumPy makes in speaking are small. On two cores OpenBLAS's threads, which wait busily
# for each other, took as long again as all else, and two processes that spoke took 2.4 times as long. NumPy reads it
# when it is imported, which comes later.
_BLAS_THREADS = "OPENBLAS_NUM_THREADS"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first word names, else speak; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    named = bool(arguments) and arguments[0] in COMMANDS
    name = arguments.pop(0) if named else "speak"
    if COMMANDS[name].speaks:
        os.environ.setdefault(_BLAS_THREADS, "1")
    return ended_well(lambda: _called(COMMANDS[name])(arguments), "pngnat" if name == "speak" else f"pngnat {name}")


def _called(command: Command) -> Callable[[list[str]], int]:
    module, _, name = command.target.partition(":")
    return getattr(import_module(module), name)
