"""Aligned recordings as training batches of the acoustic model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pngnat.data.corpus import Recording
from pngnat.data.features import FeatureStore
from pngnat.data.prosody import token_prosody
from pngnat.data.recordings import Recordings
from pngnat.errors import PngnatError
from pngnat.models.batch import PngBatch, pad_rows
from pngnat.text.tokenizer import PngTokenizer, PngTokens


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


def speakers_of(recordings: Sequence[Recording]) -> list[str]:
    """The speakers' names in alphabetical order, which is the order of the model's speaker table."""
    return recordings.speakers if isinstance(recordings, Recordings) else sorted({recording.speaker for recording in recordings})


class AcousticDataset(Dataset[Example]):
    """Recordings of a prepared corpus. speakers: names in the order of the model's speaker table. with_prosody: for a model that has it."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        tokenizer: PngTokenizer,
        speakers: Sequence[str],
        features: FeatureStore,
        with_prosody: bool = False,
    ):
        rows = {name: row for row, name in enumerate(speakers)}
        unknown = sorted(set(speakers_of(recordings)) - set(rows))
        if unknown:
            raise PngnatError(f"the model has no row for speaker {unknown[0]!r}; it knows {', '.join(speakers)}")
        self.recordings, self.tokenizer, self.rows, self.features = recordings, tokenizer, rows, features
        self.with_prosody = with_prosody

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def padded_seconds(self) -> np.ndarray:
        """The length of each recording as a batch pads it."""
        multiple = FRAME_MULTIPLE / self.features.audio.frame_rate
        recordings = self.recordings
        seconds = recordings.seconds if isinstance(recordings, Recordings) else np.array([one.seconds for one in recordings])
        return np.ceil(seconds / multiple) * multiple

    @property
    def shards(self) -> np.ndarray | None:
        """The shard of each recording; None where they lie in none."""
        return self.recordings.shard if isinstance(self.recordings, Recordings) and self.recordings.is_sharded else None

    def __getitem__(self, index: int) -> Example:
        recording = self.recordings[index]
        tokens = self.tokenizer.encode(recording.utterance)
        if tokens.num_phoneme_tokens != len(recording.durations):
            raise PngnatError(
                f"{recording.id}: {len(recording.durations)} durations for {tokens.num_phoneme_tokens} tokens; prepare the corpus again"
            )
        mel, rate = self.features.mel(recording).T, self.features.audio.frame_rate
        if abs(len(mel) - recording.seconds * rate) > 1:
            raise PngnatError(
                f"{recording.id}: its mel in {self.features.folder} has {len(mel) / rate:.2f} s, its durations {recording.seconds:.2f} s; "
                "one of them is another recording's of that name: name another folder for features, or prepare the corpus again"
            )
        durations = _within(recording.durations, len(mel) / rate)
        # By DIO: what is needed are means over phonemes, and Harvest would take as long for them as an hour of training.
        prosody = token_prosody(self.features.f0(recording, "dio"), mel, durations, rate) if self.with_prosody else None
        return Example(recording.id, tokens, durations, mel, self.rows[recording.speaker], prosody)


def _within(durations: np.ndarray, seconds: float) -> np.ndarray:
    """The durations, cut so that they end where the last whole mel frame ends."""
    return np.diff(np.minimum(np.cumsum(durations, dtype=np.float64), seconds), prepend=0.0).astype(np.float32)
