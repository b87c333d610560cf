"""A corpus that a test can train on in seconds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.audio.wav import write
from pngnat.data.corpus import Recording
from pngnat.data.dataset import AcousticDataset
from pngnat.data.features import FeatureStore
from pngnat.text.tokenizer import PngTokenizer
from pngnat.text.utterance import Boundary, Utterance, Word

SPELLINGS = {
    "see": ("S", "IY1"),
    "me": ("M", "IY1"),
    "two": ("T", "UW1"),
    "cats": ("K", "AE1", "T", "S"),
    "now": ("N", "AW1"),
}


@dataclass(frozen=True)
class ToyCorpus:
    """Recordings of beeps: each phoneme has a pitch of its own, boundaries are silent."""

    recordings: list[Recording]
    tokenizer: PngTokenizer
    folder: Path

    def dataset(self, split: str, with_prosody: bool = False) -> AcousticDataset:
        chosen = [recording for recording in self.recordings if recording.split == split]
        return AcousticDataset(
            chosen, self.tokenizer, ["a", "b"], FeatureStore(self.folder / "features", AudioConfig()), with_prosody
        )


def make_toy_corpus(folder: Path) -> ToyCorpus:
    """Fourteen recordings of two speakers, a and b, the last three in the split `valid`."""
    rng = np.random.default_rng(0)
    utterances = [_utterance(rng) for _ in range(14)]
    tokenizer = PngTokenizer.train(utterances, 250)
    recordings = []
    for index, utterance in enumerate(utterances):
        symbols = tokenizer.encode(utterance).symbols
        durations = np.array([0.05 if s in "[CLS] .," else 0.06 + 0.01 * (len(s) % 3) for s in symbols])
        path = folder / f"r{index}.wav"
        write(path, np.concatenate([_beep(s, d) for s, d in zip(symbols, durations, strict=True)]), 24000)
        split = "train" if index < 11 else "valid"
        recordings.append(
            Recording(f"r{index}", "ab"[index % 2], split, path, utterance, durations.astype(np.float32), symbols)
        )
    return ToyCorpus(recordings, tokenizer, folder)


def wordless(name: str, path: Path, split: str = "train") -> Recording:
    """A recording of nobody who says nothing, for what learns from sound alone."""
    return Recording(name, "nobody", split, path, Utterance((), (Boundary(),)), np.zeros(2, np.float32))


def _utterance(rng: np.random.Generator) -> Utterance:
    words = tuple(Word(text, SPELLINGS[text]) for text in rng.choice(list(SPELLINGS), rng.integers(2, 6)))
    return Utterance(words, (Boundary(), *(Boundary() for _ in words[1:]), Boundary(".")))


def _beep(symbol: str, seconds: float) -> np.ndarray:
    times = np.arange(round(seconds * 24000)) / 24000
    silent = not symbol[0].isalpha()
    pitch = 150 + 37 * (sum(map(ord, symbol)) % 50)
    return (0.0 if silent else 0.3) * np.sin(2 * np.pi * pitch * times).astype(np.float32)
