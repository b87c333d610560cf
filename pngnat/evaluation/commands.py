"""The measures as commands: a table of their options, for `pngnat evaluate NAME` and `python -m
pngnat.evaluation.NAME`.

Imports nothing that takes time: a measure's module is imported when it runs, and has a function `run` of the parsed
options.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from pngnat.errors import PngnatError, extra_command


@dataclass(frozen=True)
class Measure:
    """A command that measures."""

    summary: str
    """Its question, in a line."""
    options: Callable[[argparse.ArgumentParser], None]
    """Adds its options to a parser."""
    extra: str = "eval"
    """The extra in `pip install "pngnat[EXTRA]"` that it needs."""


def measure_parser(name: str, prog: str) -> argparse.ArgumentParser:
    """Return the parser of a measure's command."""
    parser = argparse.ArgumentParser(prog=prog, description=MEASURES[name].summary)
    MEASURES[name].options(parser)
    return parser


def measure(name: str, arguments: Sequence[str], prog: str) -> int:
    """Run a measure's command, and return its exit code. Raise PngnatError for a user's mistake."""
    options = measure_parser(name, prog).parse_args(arguments)
    try:
        import_module(f"pngnat.evaluation.{name}").run(options)
    except ModuleNotFoundError as error:
        missing = (error.name or "pngnat").split(".")[0]
        if missing == "pngnat":
            raise
        raise PngnatError(f"this needs {missing}: {extra_command(MEASURES[name].extra)}") from error
    return 0


def main(name: str, arguments: Sequence[str] | None = None) -> int:
    """Run `python -m pngnat.evaluation.NAME`: a PngnatError becomes one line and exit code 2."""
    try:
        return measure(name, sys.argv[1:] if arguments is None else arguments, f"python -m pngnat.evaluation.{name}")
    except PngnatError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _spoken(parser: argparse.ArgumentParser, speaker: str = "default: the voice's default speaker") -> None:
    """Add the options of all commands that judge speech: sentences, voice, report."""
    add, texts = parser.add_argument, parser.add_mutually_exclusive_group()
    texts.add_argument("--corpus", metavar="FOLDER", help="a prepared corpus: its sentences and recordings")
    texts.add_argument(
        "--sentences", metavar="FILE", help="sentences, one a line (without it and --corpus: 200 that come with pngnat)"
    )
    add("--split", default="test", help="of the corpus: train, valid or test (default), or all")
    add("--limit", type=int, help="the first so many sentences")
    add("--voice", help="a bundled voice's name or a voice folder; default: the first bundled one")
    add("--speaker", help=speaker)
    add("--threads", type=int, default=1, help="CPU threads of the recognizer")
    add("--json", metavar="FILE", help="write figures and sentences there")


def _intelligibility(parser: argparse.ArgumentParser) -> None:
    _spoken(parser, "speaks every sentence; default: who recorded it, else the voice's default speaker")
    parser.add_argument("--recordings-only", action="store_true", help="measure the corpus's recordings alone")
    parser.add_argument("--no-mos", action="store_true", help="leave out DistilMOS")
    parser.add_argument("--watermark", action="store_true", help="measure the voice with a watermark")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw mels and pitch of the first five, recording beside voice"
    )


def _recreated(parser: argparse.ArgumentParser) -> None:
    """Add the options of all commands that judge recreated voices."""
    add = parser.add_argument
    add("--corpus", type=Path, help="prepared corpus of the person's recordings")
    add("--split", default="test", help="of the corpus (default: test)")
    add(
        "--fewest-words",
        type=int,
        default=1,
        help="leave out shorter sentences, which recognizers guess at (default: 1)",
    )
    add("--limit", type=int, help="the first so many sentences")
    add("--threads", type=int, default=1, help="CPU threads of the recognizer")
    add("--no-mos", action="store_true", help="leave out DistilMOS")
    add("--json", metavar="FILE", help="write the figures there")


def _similarity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("voices", nargs="+", help="voices of the person, each a name or a folder")
    parser.add_argument(
        "--professionals", metavar="VOICE", help="a voice or a prepared corpus (default: the first bundled voice)"
    )
    _recreated(parser)


def _blending(parser: argparse.ArgumentParser) -> None:
    _recreated(parser)
    add = parser.add_argument
    add("--voice", help="the recreated voice; default: the first bundled one")
    add("--professional", help="whose rhythm to borrow; default: the voice's")
    add("--weights", type=float, nargs="+", help="default: 0 0.25 0.5 0.75 1, and 0 0.5 for a picture")
    add("--sentence", help="draw this sentence instead")
    add("--picture", type=Path, help="where to (.png, .svg, .pdf); the sounds come beside it")


def _disfluency(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", type=Path, help="recordings with a metadata.csv, or a prepared corpus")
    add("--split", help="of a corpus: train, valid or test; default: all")
    add("--voice", help="whose professionals; default: the first bundled voice")
    add("--professional", action="append", help="one of them, may be given more than once; default: all of them")
    add("--weight", type=float, default=0.5, help="of the blend that is tried, 0 to 1 (default: 0.5)")
    add("--out", type=Path, help="folder for disfluency.json, .txt and .png")


def _durations(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--corpus", type=Path, required=True, help="prepared corpus of the voice's speakers")
    add("--split", default="test", help="of the corpus (default: test)")
    add("--voice", help="a voice, by name or folder; the default is the first bundled one")
    add("--json", type=Path, help="file for the figures")


def _pauses(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--sentences", metavar="FILE", help="sentences, one a line (default: 200 that come with pngnat)")
    add("--voice", help="a voice, by name or folder; the default is the first bundled one")
    add("--speaker", help="one of its speakers; default: all that it offers")
    add("--json", type=Path, help="file for the figures")


def _prosody(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--corpus", type=Path, required=True, help="prepared corpus of the model's speakers")
    add("--split", default="test", help="of the corpus (default: test)")
    add("--voice", help="a voice, by name or folder; with --run its vocoder alone is used")
    add("--run", type=Path, help="folder of an acoustic training")
    add(
        "--features",
        type=Path,
        required=True,
        help="folder of what is measured in recordings, as of an acoustic training",
    )
    add("--json", type=Path, help="file for the figures")


def _vocoder(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--vocoder", type=Path, help="folder of a training, an export, or a HiFi-GAN or Vocos checkpoint")
    add("--voice", help="a voice, by name or folder: its own vocoder is measured, or --vocoder with its mel settings")
    add(
        "--corpus",
        type=Path,
        required=True,
        nargs="+",
        help="prepared corpora, say one of seen and one of unseen speakers",
    )
    add("--split", default="valid", help="their split (default: valid)")
    add("--clips", type=int, default=16, help="how many recordings of each; 0 for all (default: 16)")
    add("--only", action="store_true", help="leave out Griffin-Lim and WORLD")
    add("--save", type=Path, help="folder for the copies")
    add("--json", type=Path, help="file for the figures")


MEASURES = {
    "intelligibility": Measure(
        "How well a voice is understood, and how natural it is judged to sound.", _intelligibility
    ),
    "robustness": Measure("Whether a voice says every word once, and nothing else.", _spoken),
    "joins": Measure(
        "Whether clicks are heard where blocks and sentences meet, and what its pauses sound like.", _spoken
    ),
    "similarity": Measure("How much a recreated voice is like the person, beside other speakers.", _similarity),
    "blending": Measure("What borrowing a professional's rhythm does to a recreated voice.", _blending),
    "disfluency": Measure("How recordings differ in their rhythm from professionals.", _disfluency, "finetune"),
    "durations": Measure("How near predicted durations and pauses are to recordings'.", _durations, "train"),
    "pauses": Measure('How many commas are heard, and whether ", two." is told from ", too.".', _pauses),
    "prosody": Measure(
        "How near a model's melody and loudness are to recordings', with their own durations.", _prosody, "train"
    ),
    "vocoder": Measure(
        "What a vocoder makes of recordings' own mels, beside Griffin-Lim and WORLD.", _vocoder, "finetune"
    ),
}
