"""Which recordings of the probe corpus a model learns from, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from pngnat.data.corpus import Recording


def few(recordings: Sequence[Recording], size: int, seed: int) -> list[Recording]:
    """`size` recordings of different sentences, half of them of the menus that end in "two", the rest of others; 0
    means all."""
    if not size:
        return list(recordings)
    shuffled = [recordings[place] for place in np.random.default_rng(seed).permutation(len(recordings))]
    different = list({recording.utterance.text: recording for recording in shuffled}.values())
    two, others = by_ending(different)
    return [*two[: size // 2], *others[: size - size // 2]]


@dataclass(frozen=True)
class ProbeDraws:
    """What one pass of a training draws."""

    probe: int = 1200
    """Recordings of the probe corpus, each as often as it is drawn."""
    share: float = 0.5
    """That they are of all."""

    def mixed(self, probe: Sequence[Recording], corpus: Sequence[Recording], seed: int) -> list[Recording]:
        """Recordings of both corpora, those of `corpus` chosen at random.

        Half of the probe's end in "two" whatever `probe` holds of each, so that trainings differ only in how many
        different ones there are."""
        order = np.random.default_rng(seed).permutation(len(corpus))
        others = [corpus[place] for place in islice(cycle(order), round(self.probe * (1 - self.share) / self.share))]
        return [
            *others,
            *(recording for ending in by_ending(probe) for recording in islice(cycle(ending), self.probe // 2)),
        ]


def by_ending(recordings: Sequence[Recording]) -> tuple[list[Recording], list[Recording]]:
    """Those whose last word is "two", and the others."""
    found: tuple[list[Recording], list[Recording]] = [], []
    for recording in recordings:
        found[recording.utterance.words[-1].text != "two"].append(recording)
    return found
