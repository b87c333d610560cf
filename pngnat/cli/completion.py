"""`pngnat --print-completion SHELL`: a script that completes commands, options and files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import shtab

from pngnat.cli import flagged
from pngnat.cli.bulk import WORKS
from pngnat.cli.flags import FlaggedRecipe
from pngnat.cli.main import COMMANDS
from pngnat.cli.serve import serve_parser
from pngnat.cli.speak_options import add_speak_options
from pngnat.cli.speech_dispatcher import dispatcher_parser
from pngnat.cli.studio import studio_parser
from pngnat.cli.train import stages_parser
from pngnat.cli.voices import voices_parser
from pngnat.cli.watermark import watermark_parser
from pngnat.evaluation.commands import MEASURES, measure_parser

# What a value is, by the word that stands for it in the help.
_PLACES = {"FILE": shtab.FILE, "FOLDER": shtab.DIRECTORY, "RECORDINGS": shtab.DIRECTORY, "CORPUS": shtab.DIRECTORY}


def completion(shell: str) -> str:
    """The script. shell: one of `speak_options.SHELLS`."""
    speaking = argparse.ArgumentParser(prog="pngnat")
    add_speak_options(speaking)
    parsers: dict[str, argparse.ArgumentParser | Mapping[str, argparse.ArgumentParser]] = {
        "speak": speaking,
        "voices": voices_parser(),
        "serve": serve_parser(),
        "speech-dispatcher": dispatcher_parser(),
        "studio": studio_parser(),
        "watermark": watermark_parser(),
        "train": stages_parser(),
        "bulk": {name: make() for name, (_, make, _) in WORKS.items()},
        "evaluate": {name: measure_parser(name, name) for name in MEASURES},
    }
    parsers |= {one.name: one.parser() for one in vars(flagged).values() if isinstance(one, FlaggedRecipe)}
    # The door takes its commands apart itself; here they become one parser, which shtab can read.
    root = argparse.ArgumentParser(prog="pngnat", parents=[speaking], add_help=False)
    summaries = {name: command.summary for name, command in COMMANDS.items()}
    summaries |= {name: one.summary for name, one in MEASURES.items()} | {
        name: summary for name, (summary, _, _) in WORKS.items()
    }
    _add_commands(root, parsers, summaries)
    return shtab.complete(root, shell)


def _add_commands(parser: argparse.ArgumentParser, parsers: Mapping, summaries: Mapping[str, str]) -> None:
    commands = parser.add_subparsers()
    for name, own in parsers.items():
        if isinstance(own, Mapping):
            _add_commands(commands.add_parser(name, help=summaries[name]), own, summaries)
        else:
            _mark_places(own)
            commands.add_parser(name, help=summaries[name], parents=[own], add_help=False)


def _mark_places(parser: argparse.ArgumentParser) -> None:
    """Tell shtab which values are files and folders."""
    for action in parser._actions:  # argparse has no public way to its actions; shtab itself goes this one
        if isinstance(action.metavar, str) and action.metavar in _PLACES:
            setattr(action, "complete", _PLACES[action.metavar])  # noqa: B010 (an attribute of shtab's, which argparse's types do not know)
