"""Silences of exact length in sound that is still being made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pngnat.synthesis.durations import Timeline

_FADE = 0.005
# Seconds.
_BLOCK = 1


def fit_pauses(blocks: Iterable[np.ndarray], timeline: Timeline, sample_rate: int) -> Iterator[np.ndarray]:
    """What the model speaks, in blocks of samples (S_i,), with each silence cut or filled up in its middle to the
    length that is to be heard. Every cut, and both ends, fade over 5 ms. However the sound is divided, joined it is the
    same; a long silence comes in blocks too."""
    stretches = _stretches(timeline)
    start = 0
    for block in blocks:
        waiting: list[np.ndarray] = []
        for piece in (piece for stretch in stretches for piece in stretch.part(block, start, sample_rate)):
            waiting.append(piece)
            if sum(map(len, waiting)) >= _BLOCK * sample_rate:
                yield np.concatenate(waiting)
                waiting = []
        if waiting:
            yield np.concatenate(waiting)
        start += len(block)


@dataclass(frozen=True)
class _Stretch:
    """Samples `start` to `end` of what the model speaks are heard, and after them so many samples of silence."""

    start: int
    end: int
    silence: int

    def part(self, block: np.ndarray, block_start: int, sample_rate: int) -> Iterator[np.ndarray]:
        """What is heard of this stretch while the block is spoken."""
        block_end = block_start + len(block)
        first, last = max(self.start, block_start), min(self.end, block_end)
        if first < last:
            yield block[first - block_start : last - block_start] * self._gain(np.arange(first, last), sample_rate)
        if self.silence and (block_start < self.end <= block_end or self.end == block_start == 0):
            longest = _BLOCK * sample_rate
            yield from (
                np.zeros(min(longest, self.silence - done), dtype=np.float32)
                for done in range(0, self.silence, longest)
            )

    def _gain(self, places: np.ndarray, sample_rate: int) -> np.ndarray:
        fade = max(1, min(round(_FADE * sample_rate), (self.end - self.start) // 2))
        distance = np.minimum(places - self.start, self.end - 1 - places)
        return np.minimum((distance + 0.5) / fade, 1).astype(np.float32)


def _stretches(timeline: Timeline) -> list[_Stretch]:
    stretches, done = [], 0
    for token in np.flatnonzero(np.diff(timeline.borders) != timeline.heard):
        start, end = timeline.borders[token : token + 2].tolist()
        heard = int(timeline.heard[token])
        kept = min(end - start, heard)
        stretches.append(_Stretch(done, start + kept // 2, heard - kept))
        done = end - (kept - kept // 2)
    return [*stretches, _Stretch(done, int(timeline.borders[-1]), 0)]
