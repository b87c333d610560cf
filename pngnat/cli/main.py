"""The door of the command `pngnat`: which command is meant, and how the process ends. Imports nothing that takes time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from pngnat.cli.ending import ended_well


@dataclass(frozen=True)
class Command:
    """A command's module, whose `main(arguments)` returns the exit code, and what it does in a few words."""

    module: str
    summary: str


COMMANDS = {
    "speak": Command("pngnat.cli.speak", "speak a text; `pngnat TEXT ...` is the same"),
    "voices": Command("pngnat.cli.voices", "list the voices that have a name, and their speakers"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first word names, else speak; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    named = bool(arguments) and arguments[0] in COMMANDS
    name = arguments.pop(0) if named else "speak"
    return ended_well(lambda: _command(name)(arguments), "pngnat" if name == "speak" else f"pngnat {name}")


def _command(name: str) -> Callable[[list[str]], int]:
    return import_module(COMMANDS[name].module).main
