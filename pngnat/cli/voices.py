"""`pngnat voices`: which voices there are, who speaks in them, and how one goes to another machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pngnat.errors import PngnatError, extra_command, is_printable

if TYPE_CHECKING:
    from pngnat.voice.card import VoiceCard

_MORE = """\
to take a voice elsewhere (each with its own --help):
  pngnat voices export ann                make it speak without PyTorch
  pngnat voices pack ann                  one file, ann.voice, of the voice ann
  pngnat voices unpack ann.voice          the voice in ./voices/ann
  pngnat voices remove ann                delete it; asks first
  pngnat voices push ann hf://you/ann     publish it on the Hugging Face Hub; --voice hf://you/ann speaks with it
"""


def main(arguments: Sequence[str]) -> int:
    """List the voices, or do what the first word says; returns the exit code."""
    if arguments and arguments[0] in ACTIONS:
        parser, act = ACTIONS[arguments[0]]
        act(parser().parse_args(arguments[1:]))
    else:
        print_voices(voices_parser().parse_args(arguments).voice)
    return 0


def voices_parser() -> argparse.ArgumentParser:
    """What `pngnat voices` takes."""
    about = "List the voices that have a name, and their speakers."
    parser = argparse.ArgumentParser(
        prog="pngnat voices", description=about, epilog=_MORE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("voice", nargs="?", help="this one alone: a bundled voice, a voice folder, or its name")
    return parser


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
    for speaker in card.offered:
        default = " (default)" if speaker.name == card.default_speaker else ""
        print(f"  {speaker.name}{default}{': ' if speaker.description else ''}{speaker.description}")
    kept = card.professional.speakers if card.professional else ()
    lenders = [speaker.name for speaker in (*kept, *(one for one in card.speakers if not one.offered))]
    if lenders:
        print(f"  can lend their rhythm (--blend-with): {', '.join(lenders)}")


def _parser(name: str, about: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"pngnat voices {name}", description=about)


def _export_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "export", "Write the ONNX graphs of a voice into its folder, with which it speaks where there is no PyTorch."
    )
    parser.add_argument("voice", help="a voice folder, or its name")
    parser.add_argument(
        "--float32",
        action="store_true",
        help="round no weights to 8 bits: a third slower, and the same sound as PyTorch's to about 1/1000",
    )
    return parser


def _export(args: argparse.Namespace) -> None:
    from pngnat.voice.card import find_voice

    try:
        from pngnat.voice.graphs.export import export_graphs
    except ModuleNotFoundError as error:
        raise PngnatError(
            f"a voice is exported with PyTorch and onnx, and {error.name} is missing: {extra_command('train')}"
        ) from error

    for path in export_graphs(find_voice(args.voice), int8=not args.float32):
        print(path)


def _pack_parser() -> argparse.ArgumentParser:
    parser = _parser("pack", "Write a voice to one file, to be sent or kept.")
    parser.add_argument("voice", help="a voice's name or folder")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the file (default: NAME.voice)")
    return parser


def _pack(args: argparse.Namespace) -> None:
    from pngnat.voice.card import find_voice
    from pngnat.voice.packing import SUFFIX, pack

    folder = find_voice(args.voice)
    file = args.output or Path(folder.resolve().name + SUFFIX)
    pack(folder, file)
    print(f"{file}: {file.stat().st_size / 2**20:.1f} MB")


def _unpack_parser() -> argparse.ArgumentParser:
    parser = _parser("unpack", "Put a voice that was packed into ./voices, once all that it holds is checked.")
    parser.add_argument("file", type=Path, metavar="FILE", help="what `pngnat voices pack` wrote")
    parser.add_argument("--as", dest="name", metavar="NAME", help="the folder's name (default: the file's)")
    return parser


def _unpack(args: argparse.Namespace) -> None:
    from pngnat.engine.loading import load_voice
    from pngnat.voice.card import OWN, bundled_voices
    from pngnat.voice.packing import unpack

    name = args.name or args.file.stem
    if not name or name.startswith(".") or Path(name).name != name or not is_printable(name):
        raise PngnatError(f"'{name}' is no name for a folder; give one with --as NAME")
    if name in bundled_voices():
        raise PngnatError(f"'{name}' is the name of a voice that came with pngnat; give another with --as NAME")
    unpack(args.file, OWN / name, load_voice)
    print(f'{OWN / name}: speak with it: pngnat "Hello." --voice {name} -o hello.wav')


def _remove_parser() -> argparse.ArgumentParser:
    parser = _parser("remove", "Delete a voice folder, after a question. Voices that came with pngnat stay.")
    parser.add_argument("voice", help="a voice's name or folder")
    parser.add_argument("--yes", action="store_true", help="without the question")
    return parser


def _remove(args: argparse.Namespace) -> None:
    from pngnat.voice.card import find_voice
    from pngnat.voice.hub import PREFIX
    from pngnat.voice.packing import check_removable, remove

    if args.voice.startswith(PREFIX):
        raise PngnatError("a voice on the Hub is removed on its page there")
    folder = find_voice(args.voice)
    check_removable(folder)
    if _agreed(f"Delete {folder.resolve()} for good?", args.yes):
        remove(folder)
        print(f"{folder}: deleted")


def _push_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "push", "Publish a voice on the Hugging Face Hub, with its card (log in with `hf auth login`, or set HF_TOKEN)."
    )
    parser.add_argument("voice", help="a voice's name or folder")
    parser.add_argument("to", metavar="hf://USER/VOICE", help="where to")
    parser.add_argument("--private", action="store_true", help="for yourself alone, if it is new")
    parser.add_argument("--yes", action="store_true", help="without the question")
    return parser


def _push(args: argparse.Namespace) -> None:
    from pngnat.voice.card import find_voice, read_card
    from pngnat.voice.hub import PREFIX, model_card, upload
    from pngnat.voice.packing import files_of

    if not args.to.startswith(PREFIX):
        raise PngnatError(f"'{args.to}' is no place on the Hub; write {PREFIX}USER/VOICE")
    folder = find_voice(args.voice)
    files, card = files_of(folder), read_card(folder)
    agreed = "; ".join(f"{name}: {text}" for name, text in (card.consent or {}).items()) or "its card has none"
    print(f"Whoever has a voice can make it say anything. Consent to '{card.name}': {agreed}")
    if not _agreed(f"Send it to {args.to}{' (private)' if args.private else ', for everyone'}?", args.yes):
        return
    text = (
        (folder / "README.md").read_text(encoding="utf-8", errors="replace")
        if "README.md" in files
        else f"# {card.name}\n"
    )
    print(upload(folder, files, args.to, model_card(text, card.licence, card.consent), args.private))


def _agreed(question: str, yes: bool) -> bool:
    """Whether the person says yes. Raises PngnatError where nobody can be asked."""
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise PngnatError("nobody is there to be asked; --yes does it without the question")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


ACTIONS: dict[str, tuple[Callable[[], argparse.ArgumentParser], Callable[[argparse.Namespace], None]]] = {
    "export": (_export_parser, _export),
    "pack": (_pack_parser, _pack),
    "unpack": (_unpack_parser, _unpack),
    "remove": (_remove_parser, _remove),
    "push": (_push_parser, _push),
}
