"""Speed of a voice: `python -m benchmarks.speed [--voice NAME] [--json FILE]`.

real-time factor: seconds of work for a second of speech, in clock time and in processor time, which a busy machine does
not blur. first sound: from the call to the first sentence of `stream`, or to the first block of `stream_samples`. cold
start: the whole command `pngnat "..." -o FILE`. peak memory: of that command, and of one that speaks 5,000 words.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import run_command
from benchmarks.process import GREETING, CommandSpeed, run_measured
from pngnat.files import write_text

if TYPE_CHECKING:
    from pngnat.engine.voice import Voice

# From the Harvard sentences (IEEE Recommended Practice for Speech Quality Measurements, 1969).
SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "It's easy to tell the depth of a well.",
    "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
    "The box was thrown beside the parked truck, and the hogs were fed chopped corn and garbage before the sun went "
    "down.",
    "Four hours of steady work faced us.",
    "A large size in stockings is hard to sell.",
    "The boy was there when the sun rose, and a rod is used to catch pink salmon in the cold river above the town.",
)
LONG_SENTENCE = (
    "The boy was there when the sun rose, and a rod is used to catch pink salmon in the cold river above the town, "
    "where the hogs were fed "
    "chopped corn and garbage before the sun went down behind the hills."
)


@dataclass(frozen=True)
class ThreadSpeed:
    """Speed of a loaded voice on `threads` threads.

    first_sound: median seconds to the first sentence of a short text, of a long text, and of one long sentence.
    first_block: median seconds to the first block of that sentence.
    """

    threads: int
    real_time_factor: float
    processor_factor: float
    first_sound_short: float
    first_sound_long: float
    first_sound_sentence: float
    first_block_sentence: float


def measure_threads(voice: str | None, threads: int, repeat: int) -> ThreadSpeed:
    """Return medians over `repeat` repetitions of SENTENCES, after one warm-up."""
    from pngnat.engine.loading import load_voice
    from pngnat.synthesis.synthesize import stream, stream_samples, synthesize

    loaded = load_voice(voice, threads=threads)
    list(stream(" ".join(SENTENCES[:3]), loaded))
    list(stream_samples(LONG_SENTENCE, loaded))
    clock, processor, waits = [], [], []
    for _ in range(repeat):
        started, started_processor = time.perf_counter(), time.process_time()
        spoken = sum(synthesize(sentence, loaded).duration for sentence in SENTENCES)
        clock.append((time.perf_counter() - started) / spoken)
        processor.append((time.process_time() - started_processor) / spoken)
        texts = (GREETING, " ".join(SENTENCES), LONG_SENTENCE)
        waits.append([_wait(stream, text, loaded) for text in texts] + [_wait(stream_samples, LONG_SENTENCE, loaded)])
    waiting = zip(*waits, strict=True)
    return ThreadSpeed(threads, *(statistics.median(values) for values in (clock, processor, *waiting)))


def _wait(stream: Callable[[str, Voice], Iterator], text: str, voice: Voice) -> float:
    """Return the seconds until the first piece of a stream."""
    started = time.perf_counter()
    next(stream(text, voice))
    return time.perf_counter() - started


def measure_command(voice: str | None, text: str, threads: int | None = None) -> CommandSpeed:
    """Run `pngnat -f text -o FILE` in a new process. Raise PngnatError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "text.txt").write_text(text, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pngnat",
            "-f",
            str(Path(folder) / "text.txt"),
            "-o",
            str(Path(folder) / "speech.wav"),
            "--quiet",
        ]
        command += ["--voice", voice] if voice else []
        command += ["--threads", str(threads)] if threads else []
        return run_measured(command, len(text.split()))


def long_text(words: int) -> str:
    """Repeat SENTENCES, in paragraphs, up to at least `words` words."""
    paragraph = " ".join(SENTENCES)
    return "\n\n".join([paragraph] * -(-words // len(paragraph.split())))


def table(speeds: list[ThreadSpeed], commands: list[CommandSpeed]) -> str:
    """Return the figures as a table."""
    lines = [
        "threads  real-time factor  (processor)  first sound, short text  long text  long sentence  its first block"
    ]
    for speed in speeds:
        lines.append(
            f"{speed.threads:7d}  {speed.real_time_factor:16.3f}  {speed.processor_factor:11.3f}"
            f"  {speed.first_sound_short:21.3f} s  {speed.first_sound_long:7.3f} s"
            f"  {speed.first_sound_sentence:11.3f} s  {speed.first_block_sentence:13.3f} s"
        )
    lines += ["", "command with  clock        processor    peak memory"]
    for command in commands:
        processor = "unknown" if command.processor_seconds is None else f"{command.processor_seconds:.2f} s"
        peak = "unknown" if command.peak_megabytes is None else f"{command.peak_megabytes:.0f} MB"
        lines.append(f"{command.words:6d} words  {command.seconds:8.2f} s   {processor:>10}   {peak:>10}")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="Measure the speed of a voice.")
    add = parser.add_argument
    add("--voice", metavar="NAME", help="a bundled voice, or a voice folder")
    add("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="thread counts to measure (default: 1 2)")
    add("--repeat", type=int, default=5, metavar="N", help="repetitions; medians are shown (default: 5)")
    add("--words", type=int, default=5000, metavar="N", help="length of the long text (default: 5000)")
    add("--json", metavar="FILE", help="also write the figures to this file")
    return parser


def run(args: argparse.Namespace) -> None:
    """Measure, print a table, and write the figures."""
    commands = [measure_command(args.voice, GREETING), measure_command(args.voice, long_text(args.words))]
    speeds = [measure_threads(args.voice, threads, args.repeat) for threads in args.threads]
    print(table(speeds, commands))
    if args.json:
        figures = {
            "speaking": [asdict(speed) for speed in speeds],
            "command": [asdict(command) for command in commands],
        }
        write_text(args.json, json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(run_command(parser(), run))
