"""What PnG BERT has to guess: whole words masked in both segments, or in one of them alone (arXiv 2103.15060, section
2.2).

A *unit* is what shares one word position: a word's phonemes and its wordpieces, or a punctuation boundary's token and
the wordpieces of its marks. Position 0 ([CLS], [SEP], plain word boundaries) is never masked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from pngnat.errors import PngnatError

IGNORED = -100  # the label of a token that no one asks for, as in torch's cross entropy


class Task(IntEnum):
    """Why a token is asked for. The two MLM tasks belong to one unit masked in both segments."""

    NONE = 0
    MLM_PHONEME = 1
    MLM_GRAPHEME = 2
    G2P = 3
    P2G = 4


@dataclass(frozen=True)
class MaskingConfig:
    """Shares of units; what is left of 1 stays as it is."""

    mlm: float = 0.15
    """Units asked for in both segments."""
    g2p: float = 0.10
    """Words whose phonemes alone are masked. Punctuation takes no part, since a mark is its own spelling."""
    p2g: float = 0.10
    """Words whose wordpieces alone are masked; no punctuation either."""
    masked: float = 0.8
    """Of the MLM units, those that become [MASK]."""
    replaced: float = 0.1
    """Of the MLM units, those that become random tokens; the rest is kept."""
    consistent: bool = True
    """false draws the MLM units of each segment apart (an ablation: the other segment then gives the word away)."""

    def __post_init__(self) -> None:
        shares = (self.mlm, self.g2p, self.p2g, self.masked, self.replaced)
        if min(shares) < 0 or self.mlm + self.g2p + self.p2g > 1 or self.masked + self.replaced > 1:
            raise PngnatError(
                f"masking shares {shares} are negative or add up to more than 1 (mlm + g2p + p2g, masked + replaced): correct the config"
            )


@dataclass(frozen=True)
class IdSpaces:
    """Which ids mean what. The ranges do not overlap, and no special token is in any of them."""

    mask: int
    phonemes: range
    boundaries: range
    wordpieces: range


@dataclass(frozen=True)
class MaskedTokens:
    """ids: (L,) what the model sees. labels: (L,) the true id where asked for, else IGNORED. tasks: (L,) `Task`."""

    ids: np.ndarray
    labels: np.ndarray
    tasks: np.ndarray


def _within(ids: np.ndarray, space: range) -> np.ndarray:
    return (ids >= space.start) & (ids < space.stop)


def _random_ids(ids: np.ndarray, spaces: IdSpaces, rng: np.random.Generator) -> np.ndarray:
    """For each of `ids` (L,) another id drawn from the space it belongs to; special tokens stay."""
    drawn = ids.copy()
    for space in (spaces.phonemes, spaces.boundaries, spaces.wordpieces):
        drawn = np.where(_within(ids, space), rng.integers(space.start, space.stop, len(ids)), drawn)
    return drawn


def mask(
    ids: np.ndarray,
    segments: np.ndarray,
    word_positions: np.ndarray,
    spaces: IdSpaces,
    config: MaskingConfig,
    rng: np.random.Generator,
) -> MaskedTokens:
    """Draw the units to ask for and hide them.

    ids, segments, word_positions: (L,) as in `PngTokens`. All randomness comes from `rng`.
    """
    graphemes = segments == 1
    maskable = (word_positions > 0) & (
        _within(ids, spaces.phonemes) | _within(ids, spaces.boundaries) | _within(ids, spaces.wordpieces)
    )
    units = int(word_positions.max()) + 1
    is_word = np.zeros(units, dtype=bool)
    is_word[word_positions[_within(ids, spaces.phonemes)]] = True

    draw = rng.random(units)
    in_mlm = np.stack([draw < config.mlm] * 2)  # (2, units): segment, unit
    alone = is_word & ~in_mlm[0]
    in_g2p = alone & (draw < config.mlm + config.g2p)
    in_p2g = alone & ~in_g2p & (draw < config.mlm + config.g2p + config.p2g)
    if not config.consistent:
        in_mlm[1] = (rng.random(units) < config.mlm) & ~in_g2p & ~in_p2g

    of_mlm = maskable & in_mlm[segments, word_positions]
    of_g2p = maskable & ~graphemes & in_g2p[word_positions]
    of_p2g = maskable & graphemes & in_p2g[word_positions]
    tasks = np.select(
        [of_mlm & ~graphemes, of_mlm & graphemes, of_g2p, of_p2g],
        [Task.MLM_PHONEME, Task.MLM_GRAPHEME, Task.G2P, Task.P2G],
        Task.NONE,
    ).astype(np.int8)

    treatment = rng.random(units)[word_positions]
    hidden = of_g2p | of_p2g | (of_mlm & (treatment < config.masked))
    swapped = of_mlm & ~hidden & (treatment < config.masked + config.replaced)
    seen = np.where(hidden, spaces.mask, np.where(swapped, _random_ids(ids, spaces, rng), ids))
    return MaskedTokens(seen, np.where(tasks != Task.NONE, ids, IGNORED), tasks)


def generator(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The random numbers of one sentence in one epoch: the same on every machine, whatever batch or worker it lands
    in."""
    return np.random.default_rng((seed, epoch, index))
