"""`pngnat voices`: which voices there are, and who speaks in them; `pngnat voices export FOLDER`: a voice for machines without PyTorch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pngnat.errors import PngnatError

if TYPE_CHECKING:
    from pngnat.voice.card import VoiceCard


def main(arguments: Sequence[str]) -> int:
    """List the voices, or export one; returns the exit code."""
    if arguments[:1] == ["export"]:
        return _export(arguments[1:])
    print_voices(voices_parser().parse_args(arguments).voice)
    return 0


def voices_parser() -> argparse.ArgumentParser:
    """What `pngnat voices` takes."""
    about = "List the voices that have a name, and their speakers. `pngnat voices export FOLDER` makes one speak without PyTorch."
    parser = argparse.ArgumentParser(prog="pngnat voices", description=about)
    parser.add_argument("voice", nargs="?", help="this one alone: a bundled voice, a voice folder, or its name")
    return parser


def _export(arguments: Sequence[str]) -> int:
    about = "Write the ONNX graphs of a voice into its folder, with which it speaks where there is no PyTorch."
    parser = argparse.ArgumentParser(prog="pngnat voices export", description=about)
    parser.add_argument("voice", help="a voice folder, or its name")
    parser.add_argument(
        "--int8", action="store_true", help="round the dense layers' weights to 8 bits: quicker, with almost the same sound"
    )
    args = parser.parse_args(arguments)
    from pngnat.voice.card import find_voice

    try:
        from pngnat.voice.graphs.export import export_graphs
    except ModuleNotFoundError as error:
        raise PngnatError(f'a voice is exported with PyTorch and onnx, and {error.name} is missing: pip install "pngnat[train]"') from error

    for path in export_graphs(find_voice(args.voice), args.int8):
        print(path)
    return 0


def print_voices(name: str | None) -> None:
    """Print the voice of that name, or all. Raises PngnatError where there is none."""
    from pngnat.voice.card import find_voice, named_voices, read_card

    if name is not None:
        card = read_card(find_voice(name))
        return _print_voice(card.name, card)
    folders = named_voices()
    if not folders:
        raise PngnatError("no voice is installed with pngnat; name a voice folder (--voice FOLDER)")
    for known, folder in folders.items():
        try:
            card = read_card(folder)
        except PngnatError as error:
            # One damaged voice of the user's must not hide the others.
            print(f"pngnat: {error}", file=sys.stderr)
        else:
            _print_voice(known, card)


def _print_voice(name: str, card: VoiceCard) -> None:
    print(f"{name}: {card.description}")
    for speaker in card.speakers:
        default = " (default)" if speaker.name == card.default_speaker else ""
        print(f"  {speaker.name}{default}{': ' if speaker.description else ''}{speaker.description}")
    if card.professional:
        print(f"  can lend their rhythm (--blend-with): {', '.join(speaker.name for speaker in card.professional.speakers)}")
