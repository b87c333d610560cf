"""Batches of masked sentences for pre-training; a sentence gets a new mask in each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pngnat.data.batching import BucketedBatches
from pngnat.data.pretraining.masking import IGNORED, IdSpaces, MaskedTokens, MaskingConfig, generator, mask
from pngnat.data.pretraining.tokens import StoredTokens, TokenStore
from pngnat.models.batch import PngBatch, pad_rows
from pngnat.text.tokenizer import PngTokenizer

# Few different shapes: oneDNN compiles a kernel for each shape, which takes longer than padding.
TOKEN_MULTIPLE = 16


def id_spaces(tokenizer: PngTokenizer) -> IdSpaces:
    """Return the tokenizer's ranges of ids for masking."""
    return IdSpaces(tokenizer.mask_id, tokenizer.phoneme_ids, tokenizer.boundary_ids, tokenizer.wordpiece_ids)


@dataclass(frozen=True)
class MaskedSentence:
    """A sentence in an epoch. key: (epoch, index in the store); tokens: unmasked; masked: inputs and labels."""

    key: tuple[int, int]
    tokens: StoredTokens
    masked: MaskedTokens


@dataclass(frozen=True)
class MaskedBatch:
    """A batch of B masked sentences. ids: names, "epoch 3 sentence 17". labels: (B, L), IGNORED where unmasked. tasks:
    (B, L) `Task`."""

    ids: tuple[str, ...]
    tokens: PngBatch
    labels: Tensor
    tasks: Tensor

    @classmethod
    def collate(cls, sentences: Sequence[MaskedSentence]) -> MaskedBatch:
        """Return the padded batch of sentences."""
        seen = [replace(sentence.tokens, ids=sentence.masked.ids) for sentence in sentences]
        # Shifted while they are padded with zeros, so that padding becomes IGNORED.
        labels = [torch.from_numpy(s.masked.labels - IGNORED) for s in sentences]
        tasks = [torch.from_numpy(s.masked.tasks) for s in sentences]
        return cls(
            ids=tuple(f"epoch {epoch} sentence {index}" for epoch, index in (s.key for s in sentences)),
            tokens=PngBatch.collate(seen, TOKEN_MULTIPLE),
            labels=pad_rows(labels, TOKEN_MULTIPLE) + IGNORED,
            tasks=pad_rows(tasks, TOKEN_MULTIPLE),
        )

    @property
    def num_tokens(self) -> int:
        """The number of tokens without padding."""
        return int(self.tokens.lengths.sum())

    def to(self, device: torch.device | str) -> MaskedBatch:
        """Return the batch on another device."""
        return MaskedBatch(self.ids, self.tokens.to(device), self.labels.to(device), self.tasks.to(device))


class MaskedSentences(Dataset[MaskedSentence]):
    """The sentences of a store, masked; `dataset[epoch, index]` is the same on every machine and in every worker."""

    def __init__(self, store: TokenStore, spaces: IdSpaces, masking: MaskingConfig, seed: int = 0) -> None:
        self.store, self.spaces, self.masking, self.seed = store, spaces, masking, seed

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, key: tuple[int, int]) -> MaskedSentence:
        epoch, index = key
        tokens = self.store[index]
        drawn = generator(self.seed, epoch, index)
        return MaskedSentence(
            key, tokens, mask(tokens.ids, tokens.segments, tokens.word_positions, self.spaces, self.masking, drawn)
        )


class EpochBatches(BucketedBatches):
    """Batches of (epoch, index) with few shapes: all sentences of a batch share a padded width.

    In each epoch, the shards of the text are permuted, and the sentences of `window` shards at a time are batched, so
    that memory is bounded for a text of any size. All processes go through the same shards; each takes every `world`th
    batch.
    """

    def __init__(
        self,
        lengths: Sequence[float] | np.ndarray,
        max_total: float,
        seed: int = 0,
        start: int = 0,
        rank: int = 0,
        world: int = 1,
        *,
        starts: np.ndarray | None = None,
        window: int = 64,
    ):
        """Create the sampler. starts: (shards + 1,) the first sentence of each shard, and the number of sentences; None
        is one shard."""
        super().__init__(lengths, max_total, seed, start, rank, world)
        self.starts, self.window = np.array([0, len(lengths)]) if starts is None else starts, window

    def windows(self, number: int) -> Iterator[Sequence[list[tuple[int, int]]]]:
        """Yield the batches of one pass over all sentences, each of at most `max_total` padded tokens; a longer
        sentence is a batch of its own."""
        order = np.random.default_rng([self.seed, number]).permutation(len(self.starts) - 1)
        for first in range(0, len(order), self.window):
            spans = [
                (int(self.starts[shard]), int(self.starts[shard + 1])) for shard in order[first : first + self.window]
            ]
            yield self._window(number, spans, np.random.default_rng([self.seed, number, first]))

    def _window(self, number: int, spans: Sequence[tuple[int, int]], random: np.random.Generator) -> _Batches:
        items = np.concatenate([np.arange(start, end) for start, end in spans])
        widths = -(
            -np.concatenate([self.lengths[start:end] for start, end in spans]).astype(np.int64) // TOKEN_MULTIPLE
        )
        shuffled = random.permutation(len(items))
        order = shuffled[np.argsort(widths[shuffled], kind="stable")]
        starts = [0]
        for width, count in zip(*np.unique(widths, return_counts=True), strict=True):
            end = starts[-1] + count
            starts += [*range(starts[-1], end, max(1, int(self.max_total // (width * TOKEN_MULTIPLE)))), end][1:]
        return _Batches(number, items[order], np.array(starts), random.permutation(len(starts) - 1))


@dataclass(frozen=True)
class _Batches(Sequence[list[tuple[int, int]]]):
    """The batches of a window, computed when they are needed."""

    number: int
    order: np.ndarray
    starts: np.ndarray
    shuffled: np.ndarray

    def __len__(self) -> int:
        return len(self.shuffled)

    def __getitem__(self, place: Any) -> Any:  # an index; a slice is never asked for
        batch = int(self.shuffled[place])
        return [(self.number, int(index)) for index in self.order[self.starts[batch] : self.starts[batch + 1]]]
