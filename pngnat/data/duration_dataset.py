"""Aligned recordings as batches for what learns durations alone; their sound is not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pngnat.data.corpus import Recording
from pngnat.data.dataset import TOKEN_MULTIPLE
from pngnat.models.batch import PngBatch, pad_rows
from pngnat.text.tokenizer import PngTokenizer, PngTokens


@dataclass(frozen=True)
class TimedTokens:
    """One utterance: its tokens, seconds of each of the N phoneme-segment tokens, and its speaker's row."""

    id: str
    tokens: PngTokens
    durations: np.ndarray
    speaker: int


@dataclass(frozen=True)
class DurationBatch:
    """B utterances. durations: (B, N) seconds, 0 at padding; speaker: (B,)."""

    ids: tuple[str, ...]
    tokens: PngBatch
    durations: Tensor
    speaker: Tensor

    @classmethod
    def collate(cls, examples: Sequence[TimedTokens]) -> DurationBatch:
        """The padded batch of these utterances."""
        return cls(
            ids=tuple(example.id for example in examples),
            tokens=PngBatch.collate([example.tokens for example in examples], TOKEN_MULTIPLE),
            durations=pad_rows([torch.from_numpy(example.durations) for example in examples]),
            speaker=torch.tensor([example.speaker for example in examples]),
        )

    def to(self, device: torch.device | str) -> DurationBatch:
        """The same batch on another device."""
        return DurationBatch(self.ids, self.tokens.to(device), self.durations.to(device), self.speaker.to(device))


class DurationDataset(Dataset[TimedTokens]):
    """Recordings of prepared corpora. speakers: names in the order of the model's speaker table."""

    def __init__(self, recordings: Sequence[Recording], tokenizer: PngTokenizer, speakers: Sequence[str]):
        rows = {name: row for row, name in enumerate(speakers)}
        self.examples = [TimedTokens(r.id, tokenizer.encode(r.utterance), r.durations, rows[r.speaker]) for r in recordings]

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> TimedTokens:
        return self.examples[index]

    @property
    def padded_lengths(self) -> np.ndarray:
        """The number of PnG tokens of each utterance as a batch pads it."""
        return np.array([-(-len(example.tokens.ids) // TOKEN_MULTIPLE) * TOKEN_MULTIPLE for example in self.examples])
