"""Speaker embeddings: the encoder of Resemblyzer (Wan et al., arXiv 1710.10467), from the wheel `resemblyzer`.

The wheel's weights are read, and its code is not run: its import needs a compiled voice detector.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pngnat.audio.wav import resample
from pngnat.errors import PngnatError

NAME = "Resemblyzer 0.1.4"
SAMPLE_RATE = 16000
_WINDOW, _HOP, _MELS, _WIDTH = 400, 160, 40, 256
# Frames of a part, distance between parts, and the least fraction of the last part.
_PART, _STEP, _COVERAGE = 160, 77, 0.75
_LEVEL = -30.0
# Longer pauses say nothing about the voice. Seconds, and dB below the loudest 20 ms.
_LONGEST_PAUSE, _SILENCE = 0.2, 40.0


class SpeakerEncoder(nn.Module):
    """A speaker encoder: sound to a unit vector (256,); near vectors are similar voices. Raise PngnatError if the wheel
    is not installed."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(_MELS, _WIDTH, 3, batch_first=True)
        self.linear = nn.Linear(_WIDTH, _WIDTH)
        weights = torch.load(_weights(), map_location="cpu", weights_only=True)["model_state"]
        self.load_state_dict({name: value for name, value in weights.items() if not name.startswith("similarity")})
        self.eval().requires_grad_(False)

    def forward(self, mels: Tensor) -> Tensor:
        """Encode mel power (B, T, 40) of parts to unit vectors (B, 256)."""
        embedded = torch.relu(self.linear(self.lstm(mels)[1][0][-1]))
        return embedded / embedded.norm(dim=1, keepdim=True).clamp(min=1e-9)

    @torch.inference_mode()
    def embed(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return the unit vector (256,), float32, of samples (S,) in [-1, 1] at `sample_rate` Hz: the mean over
        overlapping parts of 1.6 s.

        Raises ValueError for a silent sound.
        """
        sound = without_pauses(resample(samples, sample_rate, SAMPLE_RATE), SAMPLE_RATE)
        level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0
        if level < 1e-5:
            raise ValueError("a silent sound has no voice")
        return self.embed_prepared(sound * max(1.0, 10 ** (_LEVEL / 20) / level))

    @torch.inference_mode()
    def embed_prepared(self, sound: np.ndarray) -> np.ndarray:
        """Embed a sound (S,) at 16 kHz as `embed` does, unchanged."""
        import librosa

        starts = _part_starts(len(sound))
        sound = np.pad(sound, (0, max(0, (starts[-1] + _PART) * _HOP - len(sound))))
        mel = (
            librosa.feature.melspectrogram(y=sound, sr=SAMPLE_RATE, n_fft=_WINDOW, hop_length=_HOP, n_mels=_MELS)
            .astype(np.float32)
            .T
        )
        parts = self(torch.from_numpy(np.stack([mel[start : start + _PART] for start in starts]))).numpy()
        return centre(parts)


def _part_starts(samples: int) -> list[int]:
    frames = -(-(samples + 1) // _HOP)
    starts = list(range(0, max(1, frames - _PART + _STEP + 1), _STEP))
    filled = (samples - starts[-1] * _HOP) / (_PART * _HOP)
    return starts[:-1] if filled < _COVERAGE and len(starts) > 1 else starts


def centre(embeddings: Iterable[np.ndarray]) -> np.ndarray:
    """Return the mean of vectors (256,), as a unit vector."""
    mean = np.mean(list(embeddings), axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)


def without_pauses(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the sound (S,) with each silence shortened to 0.2 s; silence is 40 dB or more below the loudest 20 ms."""
    step = sample_rate // 50
    usable = samples[: len(samples) // step * step].reshape(-1, step)
    if not len(usable):
        return samples
    power = np.square(usable, dtype=np.float64).mean(axis=1)
    quiet = power < power.max() * 10 ** (-_SILENCE / 10)
    since = np.zeros(len(quiet), dtype=int)
    for index in np.flatnonzero(quiet):
        since[index] = since[index - 1] + 1 if index else 1
    return usable[since <= _LONGEST_PAUSE * 50].reshape(-1)


def _weights() -> Path:
    spec = find_spec("resemblyzer")
    path = Path(spec.origin).parent / "pretrained.pt" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise PngnatError(
            "speaker similarity needs Resemblyzer's weights; install them with: pip install --no-deps resemblyzer"
        )
    return path
