"""Masking for PnG BERT: words masked in both segments, or in one of them (arXiv 2103.15060, section 2.2).

A *unit* is all tokens of one word position: a word's phonemes and wordpieces, or a punctuation boundary's token and the
wordpieces of its marks. Position 0 ([CLS], [SEP], plain word boundaries) is never masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from pngnat.errors import PngnatError

IGNORED = -100  # the label of a token that no one asks for, as in torch's cross entropy


class Task(IntEnum):
    """The task of a masked token. The two MLM tasks belong to a unit masked in both segments."""

    NONE = 0
    MLM_PHONEME = 1
    MLM_GRAPHEME = 2
    G2P = 3
    P2G = 4


@dataclass(frozen=True)
class MaskingConfig:
    """Fractions of units; the rest stays unchanged."""

    mlm: float = 0.15
    """Fraction of units masked in both segments."""
    g2p: float = 0.10
    """Fraction of words whose phonemes alone are masked. Punctuation is excluded: a mark is its own spelling."""
    p2g: float = 0.10
    """Fraction of words whose wordpieces alone are masked; punctuation is excluded."""
    masked: float = 0.8
    """Fraction of MLM units that become [MASK]."""
    replaced: float = 0.1
    """Fraction of MLM units that become random tokens; the rest is kept."""
    consistent: bool = True
    """false draws the MLM units of each segment separately (an ablation: the other segment then reveals the word)."""

    def __post_init__(self) -> None:
        shares = (self.mlm, self.g2p, self.p2g, self.masked, self.replaced)
        if min(shares) < 0 or self.mlm + self.g2p + self.p2g > 1 or self.masked + self.replaced > 1:
            raise PngnatError(
                f"masking shares {shares} are negative or add up to more than 1 (mlm + g2p + p2g, masked + replaced): "
                "correct the config"
            )


@dataclass(frozen=True)
class IdSpaces:
    """Ranges of ids by kind. They do not overlap, and contain no special token."""

    mask: int
    phonemes: range
    boundaries: range
    wordpieces: range


@dataclass(frozen=True)
class MaskedTokens:
    """A masked sentence. ids: (L,) inputs. labels: (L,) the true id of a masked token, else IGNORED. tasks: (L,)
    `Task`."""

    ids: np.ndarray
    labels: np.ndarray
    tasks: np.ndarray


def _within(ids: np.ndarray, space: range) -> np.ndarray:
    return (ids >= space.start) & (ids < space.stop)


def _random_ids(ids: np.ndarray, spaces: IdSpaces, rng: np.random.Generator) -> np.ndarray:
    """Draw, for each of `ids` (L,), another id of its kind; special tokens stay."""
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
    """Draw the units to mask, and mask them.

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
    """Return the random generator of a sentence in an epoch: the same on every machine, in any batch and worker."""
    return np.random.default_rng((seed, epoch, index))
