"""`pngnat TEXT ...`: text to sound. Imports PyTorch only once it is sure that something is to be spoken."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pngnat.cli.main import COMMANDS
from pngnat.cli.speak_options import RAW, speak_parser
from pngnat.cli.texts import given_text, read_text
from pngnat.errors import PngnatError

if TYPE_CHECKING:
    from pngnat.engine.voice import Voice
    from pngnat.synthesis.speech import Speech
    from pngnat.voice.card import Blend, VoiceCard

_LONG_TEXT = 400
# More than any machine has processors; the operating system's own limit is met with a crash.
_MOST_THREADS = 1024
_MOST_JOBS = 256


def main(arguments: Sequence[str]) -> int:
    """Speak as the arguments say; returns the exit code."""
    parser = speak_parser({name: command.summary for name, command in COMMANDS.items()})
    args = parser.parse_args(arguments)
    if not arguments and sys.stdin is not None and sys.stdin.isatty():
        parser.print_usage()
        print('\nFor example: pngnat "Hello there." -o hello.wav\npngnat --help tells all of it.')
        return 0
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    if args.print_completion:
        from pngnat.cli.completion import completion

        print(completion(args.print_completion))
        return 0
    if args.list_voices:
        from pngnat.cli.voices import print_voices

        print_voices(args.voice)
        return 0
    if args.phonemes:
        return _print_phonemes(args)
    _check_outputs(args)
    if args.batch:
        return _speak_batch(args)
    text = given_text(args)
    options = _options(args)
    from pngnat.engine.loading import load_voice

    _speak(text, load_voice(**_loaded(args)), options, args, args.output)
    return 0


def _check_outputs(args: argparse.Namespace) -> None:
    """Raise PngnatError for options that exclude each other, before anything is loaded."""
    if args.output is None and not args.play:
        raise PngnatError(
            "say where the sound should go: -o FILE (.wav, .flac, .ogg, .mp3, .opus), -o - for standard output, or --play"
        )
    if args.timings and (args.output is None or args.output == "-"):
        raise PngnatError("--timings writes beside the sound, and needs -o FILE")
    if args.batch:
        if args.text or args.file or args.durations or args.play:
            raise PngnatError("--batch brings its own texts, and goes with neither a text, -f, --durations nor --play")
        if args.format == RAW:
            raise PngnatError(
                "--format raw has no header and goes to -o - alone; --batch writes wav, flac, ogg, mp3 or opus"
            )
        _make_folder(args.output)
    elif args.output == "-":
        if sys.stdout.isatty():
            raise PngnatError("-o - writes sound, which no terminal can show; pipe it into a player or a file")
    elif args.output is not None:
        from pngnat.audio.formats import format_of

        format_of(args.output)
        if args.format is not None:
            raise PngnatError("--format is for -o - and --batch; the ending of -o FILE names its format")
    if args.jobs != 1 and not (args.batch and 1 <= args.jobs <= _MOST_JOBS):
        raise PngnatError(f"--jobs goes with --batch, from 1 to {_MOST_JOBS}")
    if args.threads is not None and not 1 <= args.threads <= _MOST_THREADS:
        raise PngnatError(f"--threads must be from 1 to {_MOST_THREADS}, and is {args.threads}")


def _make_folder(path: str | None) -> None:
    if path is None:
        raise PngnatError("--batch needs a folder to write to: -o FOLDER")
    try:
        Path(path).mkdir(exist_ok=True)
    except OSError as error:
        raise PngnatError(
            f"{path}: --batch needs a folder to write to, and cannot make this one ({error.strerror})"
        ) from error


def _options(args: argparse.Namespace) -> dict:
    """Return the keywords of SpeechOptions. Raises PngnatError for what they and the card of the voice exclude."""
    names = (
        "speaker",
        "pace",
        "pitch",
        "pause",
        "paragraph_pause",
        "max_pause",
        "seed",
        "durations",
        "lexicon",
        "ssml",
        "watermark",
    )
    from pngnat.synthesis.options import SpeechOptions
    from pngnat.voice.card import find_voice, read_card

    # Checked here, of the card alone: importing PyTorch takes a second.
    card = read_card(find_voice(args.voice))
    options = {name: getattr(args, name) for name in names} | {"blend": _blend(args, card)}
    SpeechOptions(**options)
    card.row(args.speaker)
    if options["blend"] is not None:
        card.professional_row(options["blend"].professional)
    return options


def _loaded(args: argparse.Namespace) -> dict:
    """Return the keywords of `load_voice`."""
    return {name: getattr(args, name) for name in ("voice", "vocoder", "engine", "device", "threads")}


def _print_phonemes(args: argparse.Namespace) -> int:
    """Print the spoken text with the pronunciations of --lexicon and of the voice's card; loads no weights."""
    from pngnat.text.lexicon import load_lexicon
    from pngnat.text.phonemize import phonemize

    if args.output or args.play or args.batch or args.timings:
        raise PngnatError("--phonemes makes no sound, and goes with neither -o, --play, --batch nor --timings")
    text = given_text(args)
    lexicon = load_lexicon(args.lexicon) if args.lexicon else {}
    if args.voice is not None:
        from pngnat.voice.card import find_voice, read_card

        lexicon = {**read_card(find_voice(args.voice)).lexicon, **lexicon}
    phonemized = phonemize(text, lexicon, args.ssml)
    print(phonemized)
    if not args.quiet:
        for name in phonemized.skipped:
            print(f"pngnat: skipped {name}", file=sys.stderr)
    return 0


def _blend(args: argparse.Namespace, card: VoiceCard) -> Blend | None:
    """Return the blend with the professional of --blend-with, or, for a weight alone, with the voice's own; None
    leaves it to the voice."""
    if args.blend_with is None and args.blend_weight is None:
        return None
    from pngnat.voice.card import Blend

    if args.blend_with is not None:
        return Blend(args.blend_with, 0.5 if args.blend_weight is None else args.blend_weight)
    if card.blend is None or args.speaker not in (None, card.default_speaker):
        speaker = card.default_speaker if args.speaker is None else args.speaker
        lenders = (card.professional or card).speakers
        others = ", ".join(lender.name for lender in lenders if lender.name != speaker) or "nobody"
        nobody = f"'{speaker}' of the voice '{card.name}' borrows nobody's rhythm"
        raise PngnatError(f"--blend-weight needs --blend-with SPEAKER: {nobody}, and could borrow that of {others}")
    return Blend(card.blend.professional, args.blend_weight)


def _speak(text: str, voice: Voice, options: dict, args: argparse.Namespace, output: str | None) -> None:
    from pngnat.cli.sinks import send, sinks
    from pngnat.synthesis.synthesize import sentences
    from pngnat.synthesis.timings import Timings

    started, timings, seconds = time.monotonic(), Timings(), 0.0
    parts = sentences(text, voice, **options)
    live = args.play or output == "-"
    with ExitStack() as stack:
        places = [
            stack.enter_context(sink)
            for sink in sinks(output, voice, options["speaker"], args.play, args.format or RAW)
        ]
        report = stack.enter_context(_progress(text, args.quiet))
        for sentence in parts:
            speech = send(sentence, places, live)
            report(speech)
            seconds += speech.duration
            if args.timings:
                timings.add(speech.timings)
    if args.timings and output is not None:
        timings.write(Path(output).with_suffix(f".{args.timings}"))
    if not args.quiet:
        target = f"{output}: " if output not in (None, "-") else ""
        print(f"{target}{seconds:.2f} s of speech in {time.monotonic() - started:.2f} s", file=sys.stderr)


@contextmanager
def _progress(text: str, quiet: bool) -> Iterator[Callable[[Speech], None]]:
    """Yield a function of each sentence's speech, which prints what was skipped and moves a bar for a long text."""
    if quiet or len(text) <= _LONG_TEXT or not sys.stderr.isatty():
        yield lambda speech: None if quiet else _tell_skipped(speech, lambda line: print(line, file=sys.stderr))
        return
    from tqdm import tqdm

    with tqdm(total=len(text.split()), unit=" words", leave=False) as bar:

        def report(speech: Speech) -> None:
            # Numbers are written as one word and spoken as several.
            bar.update(min(len(speech.words), bar.total - bar.n))
            _tell_skipped(speech, lambda line: bar.write(line, file=sys.stderr))

        yield report


def _tell_skipped(speech: Speech, write: Callable[[str], None]) -> None:
    for name in speech.skipped:
        write(f"pngnat: skipped {name}")


def _speak_batch(args: argparse.Namespace) -> int:
    from pngnat.cli.batch import Batch, batch_lines, speak_batch

    lines, options = batch_lines(read_text(args.batch)), _options(args)
    # Several processes with a thread each do more than one with several.
    loaded = _loaded(args) | ({"threads": args.threads or 1} if args.jobs > 1 else {})
    return speak_batch(
        lines, Batch(Path(args.output), loaded, options, args.format or "wav", args.timings), args.jobs, args.quiet
    )
