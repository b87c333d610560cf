"""An endless, reproducible order of batches of like length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
from torch.utils.data import Sampler


class BucketedBatches(Sampler[list[int]]):
    """Batches of indices of similar length, each at most `max_total` units once padded, without end.

    The order depends on `seed` and the step alone, so that a training that starts at step k sees what it would have seen at step k:
    that is what makes its resume exact. With several processes, process `rank` of `world` takes every `world`th batch.
    """

    def __init__(
        self, lengths: Sequence[float] | np.ndarray, max_total: float, seed: int = 0, start: int = 0, rank: int = 0, world: int = 1
    ):
        if len(lengths) == 0:
            raise ValueError("there is nothing to make batches of")
        self.lengths = np.asarray(lengths)
        self.max_total, self.seed, self.start, self.rank, self.world = max_total, seed, start, rank, world

    def __iter__(self) -> Iterator[list[int]]:
        position = self.start * self.world + self.rank
        for number in count():
            batches = self.epoch(number)
            while position < len(batches):
                yield batches[position]
                position += self.world
            position -= len(batches)

    def epoch(self, number: int) -> Sequence[list[Any]]:
        """The batches of one pass over all indices; an item longer than `max_total` is a batch of its own."""
        random = np.random.default_rng([self.seed, number])
        # Noise in the sorting key changes who shares a batch from epoch to epoch, at the price of a little padding.
        order = np.argsort(self.lengths * random.uniform(0.95, 1.05, len(self.lengths)), kind="stable")
        batches: list[list[int]] = [[]]
        longest = 0.0
        for index in order:
            longest = max(longest, self.lengths[index])
            if batches[-1] and longest * (len(batches[-1]) + 1) > self.max_total:
                batches.append([])
                longest = self.lengths[index]
            batches[-1].append(int(index))
        return [batches[i] for i in random.permutation(len(batches))]
