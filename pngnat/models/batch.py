"""PnG tokens of several utterances as padded tensors: the only input of the models from text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class EncodedText(Protocol):
    """An utterance: ids, segments and word_positions, (L,). The first `num_phoneme_tokens` belong to the phoneme
    segment."""

    @property
    def ids(self) -> np.ndarray: ...

    @property
    def segments(self) -> np.ndarray: ...

    @property
    def word_positions(self) -> np.ndarray: ...

    @property
    def num_phoneme_tokens(self) -> int: ...


@dataclass(frozen=True)
class PngBatch:
    """Tokens `[CLS] phonemes [SEP] wordpieces [SEP]` of B utterances, padded with 0 to the longest.

    ids, segments, word_positions: (B, L) int64; segment 0 is the phoneme segment with its closing [SEP], 1 the grapheme
    segment. lengths: (B,) tokens of both segments. phoneme_lengths: (B,) tokens of the phoneme segment, which come
    first in each row; N is the largest.
    """

    ids: Tensor
    segments: Tensor
    word_positions: Tensor
    lengths: Tensor
    phoneme_lengths: Tensor

    @classmethod
    def collate(cls, tokens: Sequence[EncodedText], multiple: int = 1) -> PngBatch:
        """Return the batch of these utterances in their order; L is padded to a multiple of `multiple`."""

        def pad(rows: list) -> Tensor:
            return pad_rows([torch.as_tensor(row, dtype=torch.long) for row in rows], multiple)

        return cls(
            ids=pad([t.ids for t in tokens]),
            segments=pad([t.segments for t in tokens]),
            word_positions=pad([t.word_positions for t in tokens]),
            lengths=torch.tensor([len(t.ids) for t in tokens]),
            phoneme_lengths=torch.tensor([t.num_phoneme_tokens for t in tokens]),
        )

    @property
    def mask(self) -> Tensor:
        """Return (B, L), True at tokens, False at padding."""
        return length_mask(self.lengths, self.ids.shape[1])

    @property
    def phoneme_mask(self) -> Tensor:
        """Return (B, N), True at tokens of the phoneme segment, False elsewhere."""
        return length_mask(self.phoneme_lengths, int(self.phoneme_lengths.max()))

    @property
    def phoneme_ids(self) -> Tensor:
        """Return the ids of the phoneme segment, (B, N), 0 at padding."""
        mask = self.phoneme_mask
        return self.ids[:, : mask.shape[1]] * mask

    def to(self, device: torch.device | str) -> PngBatch:
        """Return the batch on another device."""
        return PngBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


def pad_rows(rows: Sequence[Tensor], multiple: int = 1) -> Tensor:
    """Return rows (length, ...) of any length as (B, longest, ...), padded with zeros.

    The longest length is rounded up to a multiple of `multiple`.
    """
    longest = -(-max(len(row) for row in rows) // multiple) * multiple
    padded = rows[0].new_zeros(len(rows), longest, *rows[0].shape[1:])
    for into, row in zip(padded, rows, strict=True):
        into[: len(row)] = row
    return padded


def length_mask(lengths: Tensor, size: int) -> Tensor:
    """Return (B, size), True at the first lengths[b] places of row b."""
    return torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]
