"""Endless batches of similar length, in a reproducible order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
from torch.utils.data import Sampler


class BucketedBatches(Sampler[list[Any]]):
    """Endless batches of indices of similar length, each of at most `max_total` padded units.

    The order depends on `seed` and the step alone: a training that starts at step k draws what it would have drawn at
    step k, and so resumes exactly. With several processes, process `rank` of `world` takes every `world`th batch.
    """

    def __init__(
        self,
        lengths: Sequence[float] | np.ndarray,
        max_total: float,
        seed: int = 0,
        start: int = 0,
        rank: int = 0,
        world: int = 1,
    ):
        """Create the sampler. start: the first step."""
        if len(lengths) == 0:
            raise ValueError("there is nothing to make batches of")
        self.lengths = np.asarray(lengths)
        self.max_total, self.seed, self.start, self.rank, self.world = max_total, seed, start, rank, world

    def __iter__(self) -> Iterator[list[Any]]:
        position = self.start * self.world + self.rank
        for number in count():
            for batches in self.windows(number):
                while position < len(batches):
                    yield batches[position]
                    position += self.world
                position -= len(batches)

    def windows(self, number: int) -> Iterator[Sequence[list[Any]]]:
        """Yield the batches of one pass over all indices, in the pieces in which they are computed.

        An item longer than `max_total` is a batch of its own.
        """
        random = np.random.default_rng([self.seed, number])
        yield _batches(np.arange(len(self.lengths)), self.lengths, self.max_total, random)

    def epoch(self, number: int) -> list[list[Any]]:
        """Return the batches of one pass over all indices."""
        return [batches[place] for batches in self.windows(number) for place in range(len(batches))]


class ShardedBatches(BucketedBatches):
    """Batches whose items lie in few shards, which are fast to read: at most `window` shards are read at a time.

    In each epoch, the shards are permuted and divided among the processes; each process batches the items of `window`
    shards by length. The order depends on seed, process and step alone.
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
        shards: np.ndarray,
        window: int = 16,
    ):
        """Create the sampler. shards: (n,) the shard of each item. Raise ValueError for fewer shards than processes."""
        # A process takes every batch of its own windows.
        super().__init__(lengths, max_total, seed, start)
        order = np.argsort(shards, kind="stable")
        starts = np.flatnonzero(np.diff(shards[order], prepend=-1))
        self.shards, self.window, self.partition = np.split(order, starts[1:]), window, (rank, world)
        if len(self.shards) < world:
            raise ValueError(f"{len(self.shards)} shards cannot be shared out among {world} processes")

    def windows(self, number: int) -> Iterator[Sequence[list[int]]]:
        """Yield the batches of this process in one pass over its shards, window by window."""
        rank, world = self.partition
        order = np.random.default_rng([self.seed, number]).permutation(len(self.shards))[rank::world]
        for first in range(0, len(order), self.window):
            items = np.concatenate([self.shards[shard] for shard in order[first : first + self.window]])
            random = np.random.default_rng([self.seed, number, rank, first])
            yield _batches(items, self.lengths, self.max_total, random)


def _batches(items: np.ndarray, lengths: np.ndarray, max_total: float, random: np.random.Generator) -> list[list[int]]:
    """Return items (n,), indices of `lengths`, in batches of similar length, in random order."""
    # Noise in the sorting key varies the batches from epoch to epoch, at the price of a little padding.
    order = items[np.argsort(lengths[items] * random.uniform(0.95, 1.05, len(items)), kind="stable")]
    batches: list[list[int]] = [[]]
    longest = 0.0
    for index in order:
        longest = max(longest, lengths[index])
        if batches[-1] and longest * (len(batches[-1]) + 1) > max_total:
            batches.append([])
            longest = lengths[index]
        batches[-1].append(int(index))
    return [batches[i] for i in random.permutation(len(batches))]
