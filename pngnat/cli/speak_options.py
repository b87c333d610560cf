"""The options of `pngnat TEXT ...`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from pngnat.version import __version__

_EXAMPLES = """\
examples:
  pngnat "Hello there." -o hello.wav
  pngnat -f story.txt -o story.flac --speaker af_sarah --pace 0.9 --timings srt
  echo "Hello there." | pngnat -o - --format wav | aplay
  pngnat "Hello." -o a.wav --timings TextGrid      # edit a.TextGrid in Praat, then
  pngnat "Hello." -o b.wav --durations a.TextGrid

An existing output file is replaced, once the new one is complete. Exit codes: 0 spoken, 2 bad input, 130 interrupted.
"""

# What --format and the ending of -o FILE can be, but for sound without a header, which goes to standard output alone.
FORMATS = ("wav", "flac", "ogg", "mp3", "opus")
RAW = "raw"
# Those that shtab knows.
SHELLS = ("bash", "zsh", "tcsh")


def speak_parser(commands: Mapping[str, str]) -> argparse.ArgumentParser:
    """commands: what else a first word may ask for, for the help; a word that is one of them is spoken by `pngnat speak
    WORD`."""
    listed = "\n".join(f"  {name:<19}{summary}" for name, summary in commands.items())
    parser = argparse.ArgumentParser(
        prog="pngnat",
        usage="pngnat [speak] [TEXT ...] [options]\n       pngnat COMMAND ...",
        description=f"Speak a text, or do one of these commands (pngnat COMMAND --help tells more):\n\n{listed}",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "text", nargs="*", metavar="TEXT", help="what to speak; without it and -f, standard input is read"
    )
    add_speak_options(parser)
    return parser


def add_speak_options(parser: argparse.ArgumentParser) -> None:
    """Add all but the text itself."""
    _add_texts_and_outputs(parser.add_argument)
    _add_voices(parser.add_argument)
    _add_manner(parser.add_argument)
    parser.add_argument(
        "--engine", choices=("onnx", "torch"), help="what computes (default: onnx, where the voice was exported)"
    )
    parser.add_argument("--device", metavar="NAME", help="where it computes, such as cuda (default: the processor)")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads to use")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.add_argument(
        "--print-completion", choices=SHELLS, help="print a script that completes pngnat's commands in this shell"
    )
    parser.add_argument("--version", action="version", version=f"pngnat {__version__}")


def _add_texts_and_outputs(add) -> None:
    add("-f", "--file", metavar="FILE", help="a UTF-8 text file to speak; - is standard input")
    add(
        "-o",
        "--output",
        metavar="FILE",
        help="a file that ends in .wav, .flac, .ogg, .mp3 or .opus; - is standard output",
    )
    add("--play", action="store_true", help="play it while it is made")
    add(
        "--batch",
        metavar="FILE",
        help="speak each line (a text, or id|text) into a file of its own in the folder -o, if it is not there yet",
    )
    add("--jobs", type=int, default=1, metavar="N", help="processes that --batch speaks in (default: 1)")
    formats = (*FORMATS, RAW)
    add(
        "--format",
        choices=formats,
        help=f"of -o - (default: {RAW}, 16-bit mono PCM) and of the files of --batch (default: wav)",
    )
    add(
        "--phonemes",
        action="store_true",
        help="make no sound: print the sentences, words and phonemes that would be said",
    )
    add("--watermark", action="store_true", help="mark the sound, unheard, so that pngnat watermark knows it")
    add(
        "--ssml",
        action=argparse.BooleanOptionalAction,
        help="whether the text is SSML (default: where it begins with <speak>)",
    )
    add(
        "--timings",
        choices=("json", "srt", "TextGrid"),
        help="also write when each word and phoneme is spoken, beside the output",
    )


def _add_voices(add) -> None:
    add("--voice", metavar="NAME", help="a bundled voice, a voice folder, or its name in ./voices or $PNGNAT_VOICES")
    add("--speaker", metavar="NAME", help="a speaker of the voice")
    add(
        "--vocoder",
        metavar="FOLDER",
        help="speak with this vocoder (pngnat's, HiFi-GAN or Vocos) instead of the voice's own",
    )
    add(
        "--list-voices",
        action="store_true",
        help="list the voices that have a name (or the one of --voice) and their speakers",
    )


def _add_manner(add) -> None:
    add("--pace", type=float, default=1.0, metavar="X", help="2 is twice as fast, 0.5 half (default: 1)")
    add(
        "--pitch",
        type=float,
        default=0.0,
        metavar="SEMITONES",
        help="2 is higher by two semitones, -2 lower (default: 0)",
    )
    add("--pause", type=float, metavar="SECONDS", help="silence added between sentences (default: the voice's)")
    add(
        "--paragraph-pause",
        type=float,
        metavar="SECONDS",
        help="silence added between paragraphs (default: the voice's)",
    )
    add(
        "--max-pause",
        type=float,
        default=1200.0,
        metavar="SECONDS",
        help="all that the text's [pause:...] may ask for (default: 1200)",
    )
    add("--seed", type=int, default=0, metavar="N", help="the same seed makes the same sound (default: 0)")
    add(
        "--durations",
        metavar="FILE",
        help="speak with the durations of a .json or .TextGrid file, as --timings wrote it or edited",
    )
    add("--blend-with", metavar="SPEAKER", help="borrow this professional speaker's rhythm")
    add(
        "--blend-weight",
        type=float,
        metavar="W",
        help="0 own rhythm, 1 the professional's (default: 0.5); alone, for the voice's blend",
    )
    add(
        "--lexicon",
        metavar="FILE",
        help="pronunciations that win over the dictionary: lines of `word  P H O N E M E S`",
    )
