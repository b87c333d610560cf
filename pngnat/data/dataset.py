"""Aligned recordings as training batches of the acoustic model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pngnat.audio import pitch
from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.audio.wav import read
from pngnat.data.corpus import Recording
from pngnat.data.prosody import token_prosody
from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.models.batch import PngBatch, pad_rows
from pngnat.text.tokenizer import PngTokenizer, PngTokens


class MelStore:
    """Log-mels and pitch of recordings, computed once and kept as half-precision files.

    folder: where they are kept; other audio settings get another place in it, so that they never mix.
    """

    def __init__(self, folder: Path, audio: AudioConfig):
        settings = json.dumps(asdict(audio), sort_keys=True)
        self.folder = Path(folder) / hashlib.sha256(settings.encode()).hexdigest()[:12]
        self.audio = audio

    def load(self, recording: Recording) -> np.ndarray:
        """The recording's log-mel, float32 (T, M). Raises PngnatError where the sound cannot be read."""
        return self._kept(recording, "", lambda samples: log_mel(torch.from_numpy(samples), self.audio).T.numpy())

    def f0(self, recording: Recording) -> np.ndarray:
        """Its fundamental frequency in Hz, 0 where unvoiced, float32 (T,). Raises PngnatError where the sound cannot be read.

        Measured by DIO: what is needed are means over phonemes, and Harvest would take as long for them as an hour of training.
        """
        return self._kept(recording, ".f0", lambda samples: pitch.dio(samples, self.audio))

    def _kept(self, recording: Recording, what: str, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        path = self.folder / f"{recording.id}{what}.npy"
        if path.exists():
            return np.load(path).astype(np.float32)
        found = measure(read(recording.path, self.audio.sample_rate)).astype(np.float16)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as beside:
            np.save(beside, found)
        return found.astype(np.float32)


@dataclass(frozen=True)
class Example:
    """One recording: its tokens, seconds of each of the N phoneme-segment tokens, log-mel (T, M), speaker row, and prosody (N, 2)."""

    id: str
    tokens: PngTokens
    durations: np.ndarray
    mel: np.ndarray
    speaker: int
    prosody: np.ndarray | None = None


# Padding to few different shapes: oneDNN compiles a kernel for each shape it meets, which takes longer than the padding.
FRAME_MULTIPLE = 32
TOKEN_MULTIPLE = 16


@dataclass(frozen=True)
class AcousticBatch:
    """B recordings. durations: (B, N) seconds, 0 at padding; mel: (B, T, M), 0 at padding; speaker: (B,); frames: (B,);
    prosody: (B, N, 2) as `token_prosody` gives it, None where it was not asked for."""

    ids: tuple[str, ...]
    tokens: PngBatch
    durations: Tensor
    mel: Tensor
    speaker: Tensor
    frames: Tensor
    prosody: Tensor | None = None

    @classmethod
    def collate(cls, examples: Sequence[Example]) -> AcousticBatch:
        """The padded batch of these examples."""
        return cls(
            ids=tuple(example.id for example in examples),
            tokens=PngBatch.collate([example.tokens for example in examples], TOKEN_MULTIPLE),
            durations=pad_rows([torch.from_numpy(example.durations) for example in examples]),
            mel=pad_rows([torch.from_numpy(example.mel) for example in examples], FRAME_MULTIPLE),
            speaker=torch.tensor([example.speaker for example in examples]),
            frames=torch.tensor([len(example.mel) for example in examples]),
            prosody=None if examples[0].prosody is None else pad_rows([torch.from_numpy(example.prosody) for example in examples]),
        )

    @property
    def seconds(self) -> float:
        """Seconds of sound in the batch, without padding."""
        return float(self.durations.sum())

    def to(self, device: torch.device | str) -> AcousticBatch:
        """The same batch on another device."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return AcousticBatch(**{name: value.to(device) if hasattr(value, "to") else value for name, value in values.items()})


class AcousticDataset(Dataset[Example]):
    """Recordings of a prepared corpus. speakers: names in the order of the model's speaker table. with_prosody: for a model that has it."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        tokenizer: PngTokenizer,
        speakers: Sequence[str],
        mels: MelStore,
        with_prosody: bool = False,
    ):
        rows = {name: row for row, name in enumerate(speakers)}
        unknown = sorted({recording.speaker for recording in recordings} - set(rows))
        if unknown:
            raise PngnatError(f"the model has no row for speaker {unknown[0]!r}; it knows {', '.join(speakers)}")
        self.recordings, self.tokenizer, self.rows, self.mels = list(recordings), tokenizer, rows, mels
        self.with_prosody = with_prosody

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def padded_seconds(self) -> np.ndarray:
        """The length of each recording as a batch pads it."""
        multiple = FRAME_MULTIPLE / self.mels.audio.frame_rate
        return np.ceil([recording.seconds / multiple for recording in self.recordings]) * multiple

    def __getitem__(self, index: int) -> Example:
        recording = self.recordings[index]
        tokens = self.tokenizer.encode(recording.utterance)
        if tokens.num_phoneme_tokens != len(recording.durations):
            raise PngnatError(
                f"{recording.id}: {len(recording.durations)} durations for {tokens.num_phoneme_tokens} tokens; prepare the corpus again"
            )
        mel, rate = self.mels.load(recording), self.mels.audio.frame_rate
        if abs(len(mel) - recording.seconds * rate) > 1:
            raise PngnatError(
                f"{recording.id}: its mel in {self.mels.folder} has {len(mel) / rate:.2f} s, its durations {recording.seconds:.2f} s; "
                "one of them is another recording's of that name: name another folder for mels, or prepare the corpus again"
            )
        durations = _within(recording.durations, len(mel) / rate)
        prosody = token_prosody(self.mels.f0(recording)[: len(mel)], mel, durations, rate) if self.with_prosody else None
        return Example(recording.id, tokens, durations, mel, self.rows[recording.speaker], prosody)


def _within(durations: np.ndarray, seconds: float) -> np.ndarray:
    """The durations, cut so that they end where the last whole mel frame ends."""
    return np.diff(np.minimum(np.cumsum(durations, dtype=np.float64), seconds), prepend=0.0).astype(np.float32)
