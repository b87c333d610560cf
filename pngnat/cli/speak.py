"""The command `pngnat`: text to sound. Imports PyTorch only once it is sure that something is to be spoken."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pngnat.errors import PngnatError
from pngnat.version import __version__

if TYPE_CHECKING:
    import numpy as np

    from pngnat.synthesis.sentence import Sentence
    from pngnat.synthesis.speech import Speech
    from pngnat.voice.blending import Blend
    from pngnat.voice.card import VoiceCard
    from pngnat.voice.voice import Voice

_EPILOG = """\
examples:
  pngnat "Hello there." -o hello.wav
  pngnat -f story.txt -o story.flac --speaker NAME --pace 0.9 --timings srt
  echo "Hello there." | pngnat -o - | aplay -t raw -f S16_LE -c 1 -r 24000
  pngnat "Hello." -o a.wav --timings TextGrid      # edit a.TextGrid in Praat, then
  pngnat "Hello." -o b.wav --durations a.TextGrid

An existing output file is replaced, once the new one is complete. Exit codes: 0 spoken, 2 bad input, 130 interrupted.
"""
_LONG_TEXT = 400


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = _parser().parse_args(argv)
    try:
        with _termination_as_interrupt():
            return _run(args)
    except PngnatError as error:
        print(f"pngnat: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read our sound has heard enough; keep Python from complaining again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + getattr(signal, "SIGPIPE", 13)
    except KeyboardInterrupt:
        print("pngnat: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pngnat", description="Speak a text.", epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("text", nargs="*", help="what to speak; without it and -f, standard input is read")
    add("-f", "--file", metavar="FILE", help="a UTF-8 text file to speak; - is standard input")
    add("-o", "--output", metavar="FILE", help=".wav, .flac or .ogg; - writes raw 16-bit mono PCM to standard output")
    add("--play", action="store_true", help="play it while it is made")
    add("--batch", metavar="FILE", help="speak each line of a text file into a file of its own, 0001.wav and so on, in the folder -o")
    add("--format", choices=("wav", "flac", "ogg"), default="wav", help="of the files that --batch writes (default: wav)")
    add("--voice", metavar="NAME", help="a bundled voice, a voice folder, or its name in ./voices or $PNGNAT_VOICES")
    add("--speaker", metavar="NAME", help="a speaker of the voice")
    add("--vocoder", metavar="FOLDER", help="speak with this vocoder (pngnat's, HiFi-GAN or Vocos) instead of the voice's own")
    add("--list-voices", action="store_true", help="list the voices that have a name (or the one of --voice) and their speakers")
    add("--pace", type=float, default=1.0, metavar="X", help="2 is twice as fast, 0.5 half (default: 1)")
    add("--pitch", type=float, default=0.0, metavar="SEMITONES", help="2 is higher by two semitones, -2 lower (default: 0)")
    add("--pause", type=float, metavar="SECONDS", help="silence added between sentences (default: the voice's)")
    add("--paragraph-pause", type=float, metavar="SECONDS", help="silence added between paragraphs (default: the voice's)")
    add("--seed", type=int, default=0, metavar="N", help="the same seed makes the same sound (default: 0)")
    add("--timings", choices=("json", "srt", "TextGrid"), help="also write when each word and phoneme is spoken, beside the output")
    add("--durations", metavar="FILE", help="speak with the durations of a .json or .TextGrid file, as --timings wrote it or edited")
    add("--blend-with", metavar="SPEAKER", help="borrow this professional speaker's rhythm")
    add("--blend-weight", type=float, metavar="W", help="0 own rhythm, 1 the professional's (default: 0.5); alone, for the voice's blend")
    add("--lexicon", metavar="FILE", help="pronunciations that win over the dictionary: lines of `word  P H O N E M E S`")
    add("--threads", type=int, metavar="N", help="processor threads to use")
    add("--quiet", action="store_true", help="print nothing but errors")
    add("--version", action="version", version=f"pngnat {__version__}")
    return parser


def _run(args: argparse.Namespace) -> int:
    if args.list_voices:
        _print_voices(args.voice)
        return 0
    _check_outputs(args)
    if args.batch:
        lines = _batch_lines(_read_text(args.batch))
        voice, options = _voice_and_options(args)
        return _speak_batch(lines, voice, options, args)
    text = _text(args)
    voice, options = _voice_and_options(args)
    _speak(text, voice, options, args, args.output)
    return 0


def _check_outputs(args: argparse.Namespace) -> None:
    """Find out what cannot work before a second is spent on it."""
    if args.output is None and not args.play:
        raise PngnatError("say where the sound should go: -o FILE (.wav, .flac, .ogg), -o - for raw sound, or --play")
    if args.timings and (args.output is None or args.output == "-"):
        raise PngnatError("--timings writes beside the sound, and needs -o FILE")
    if args.batch:
        if args.text or args.file or args.durations:
            raise PngnatError("--batch brings its own texts, and goes with neither a text, -f nor --durations")
        _make_folder(args.output)
    elif args.output == "-":
        if sys.stdout.isatty():
            raise PngnatError("-o - writes raw sound, which no terminal can show; pipe it into a player or a file")
    elif args.output is not None:
        from pngnat.audio.sound_writer import check_ending

        check_ending(args.output)
    if args.threads is not None and args.threads < 1:
        raise PngnatError("--threads must be 1 or more")


def _make_folder(path: str | None) -> None:
    if path is None:
        raise PngnatError("--batch needs a folder to write to: -o FOLDER")
    try:
        Path(path).mkdir(exist_ok=True)
    except OSError as error:
        raise PngnatError(f"{path}: --batch needs a folder to write to, and cannot make this one ({error.strerror})") from error


def _text(args: argparse.Namespace) -> str:
    if args.text and args.file:
        raise PngnatError("give a text or -f FILE, not both")
    if args.text:
        return " ".join(args.text)
    if args.file is None and sys.stdin.isatty():
        raise PngnatError('there is nothing to speak: give a text ("..."), -f FILE, or pipe one in')
    return _read_text(args.file or "-")


def _read_text(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise PngnatError(f"{path}: cannot be read ({error.strerror})") from error
    name = "standard input" if path == "-" else path
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PngnatError(f"{name}: is not UTF-8 text (line {line}); save it as UTF-8") from error
    if not text.strip():
        raise PngnatError(f"{name}: is empty; there is nothing to speak")
    return text


def _voice_and_options(args: argparse.Namespace) -> tuple[Voice, dict]:
    blend = _blend(args)
    import torch

    from pngnat.voice.voice import load_voice

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    names = ("speaker", "pace", "pitch", "pause", "paragraph_pause", "seed", "durations", "lexicon")
    options = {name: getattr(args, name) for name in names} | {"blend": blend}
    return load_voice(args.voice, args.vocoder), options


def _blend(args: argparse.Namespace) -> Blend | None:
    """Whose rhythm to borrow: who was named, or for a weight alone, whose the voice borrows anyway; None leaves it to the voice."""
    if args.blend_with is None and args.blend_weight is None:
        return None
    from pngnat.voice.blending import Blend
    from pngnat.voice.card import find_voice, read_card

    if args.blend_with is not None:
        return Blend(args.blend_with, 0.5 if args.blend_weight is None else args.blend_weight)
    card = read_card(find_voice(args.voice))
    if card.blend is None or args.speaker not in (None, card.default_speaker):
        speaker = card.default_speaker if args.speaker is None else args.speaker
        lenders = (card.professional or card).speakers
        others = ", ".join(lender.name for lender in lenders if lender.name != speaker) or "nobody"
        nobody = f"'{speaker}' of the voice '{card.name}' borrows nobody's rhythm"
        raise PngnatError(f"--blend-weight needs --blend-with SPEAKER: {nobody}, and could borrow that of {others}")
    return Blend(card.blend.professional, args.blend_weight)


def _speak(text: str, voice: Voice, options: dict, args: argparse.Namespace, output: str | None) -> None:
    from pngnat.synthesis.synthesize import sentences
    from pngnat.synthesis.timings import Timings

    started, timings, seconds = time.monotonic(), Timings(), 0.0
    parts = sentences(text, voice, **options)
    listened = args.play or output == "-"
    with ExitStack() as stack:
        sinks = [stack.enter_context(sink) for sink in _sinks(output, voice, options["speaker"], args.play)]
        report = stack.enter_context(_progress(text, args.quiet))
        for sentence in parts:
            speech = _sound(sentence, sinks, listened)
            report(speech)
            seconds += speech.duration
            if args.timings:
                timings.add(speech.timings)
    if args.timings:
        timings.write(Path(output).with_suffix(f".{args.timings}"))
    if not args.quiet:
        target = f"{output}: " if output not in (None, "-") else ""
        print(f"{target}{seconds:.2f} s of speech in {time.monotonic() - started:.2f} s", file=sys.stderr)


def _sound(sentence: Sentence, sinks: list[Callable[[np.ndarray], None]], listened: bool) -> Speech:
    """Send a sentence's sound where it should go: where someone listens, as soon as there is any of it."""
    if not listened:
        speech = sentence.speech()
        for append in sinks:
            append(speech.samples)
        return speech
    blocks = []
    for block in sentence.blocks():
        for append in sinks:
            append(block)
        blocks.append(block)
    return sentence.speech(blocks)


def _sinks(output: str | None, voice: Voice, speaker: str | None, play: bool) -> Iterator:
    from pngnat.audio.playback import player
    from pngnat.audio.sound_writer import sound_writer
    from pngnat.synthesis.speech import sound_tags

    if output == "-":
        yield nullcontext(_write_raw)
    elif output is not None:
        yield sound_writer(output, voice.sample_rate, sound_tags(voice.name, speaker or voice.card.default_speaker))
    if play:
        yield player(voice.sample_rate)


def _write_raw(samples: np.ndarray) -> None:
    from pngnat.audio.playback import to_pcm

    sys.stdout.buffer.write(to_pcm(samples))
    sys.stdout.buffer.flush()


@contextmanager
def _progress(text: str, quiet: bool) -> Iterator[Callable[[Speech], None]]:
    """Yields what is told of each sentence: it names what was skipped, and moves a bar where the text is long."""
    from tqdm import tqdm

    shown = not quiet and len(text) > _LONG_TEXT and sys.stderr.isatty()
    with tqdm(total=len(text.split()), unit=" words", disable=not shown, leave=False) as bar:

        def report(speech: Speech) -> None:
            # Numbers are written as one word and spoken as several.
            bar.update(min(len(speech.words), bar.total - bar.n))
            if not quiet:
                for name in speech.skipped:
                    bar.write(f"pngnat: skipped {name}", file=sys.stderr)

        yield report


def _batch_lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _speak_batch(lines: list[tuple[int, str]], voice: Voice, options: dict, args: argparse.Namespace) -> int:
    """Speak what can be spoken, and name the lines that cannot."""
    failed = 0
    for number, line in lines:
        try:
            _speak(line, voice, options, args, str(Path(args.output) / f"{number:04d}.{args.format}"))
        except PngnatError as error:
            failed += 1
            print(f"pngnat: line {number}: {error}", file=sys.stderr)
    return 2 if failed else 0


def _print_voices(name: str | None) -> None:
    from pngnat.voice.card import find_voice, named_voices, read_card

    if name is not None:
        card = read_card(find_voice(name))
        return _print_voice(card.name, card)
    folders = named_voices()
    if not folders:
        raise PngnatError("no voice is installed with pngnat; name a voice folder (--voice FOLDER)")
    for known, folder in folders.items():
        try:
            _print_voice(known, read_card(folder))
        except PngnatError as error:
            # One damaged voice of the user's must not hide the others.
            print(f"pngnat: {error}", file=sys.stderr)


def _print_voice(name: str, card: VoiceCard) -> None:
    print(f"{name}: {card.description}")
    for speaker in card.speakers:
        default = " (default)" if speaker.name == card.default_speaker else ""
        print(f"  {speaker.name}{default}{': ' if speaker.description else ''}{speaker.description}")
    if card.professional:
        print(f"  can lend their rhythm (--blend-with): {', '.join(speaker.name for speaker in card.professional.speakers)}")


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """A polite request to end is a Ctrl-C: what was half written is removed."""

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # only the main thread may; another leaves signals to its owner
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
