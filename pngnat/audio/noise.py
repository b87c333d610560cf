"""Noise for sounds, the same numbers for the same seed in every engine and on every machine."""

from __future__ import annotations

import numpy as np

# Random bytes that are added to one number. Of two numbers their sum is within 0.3 of a Gaussian's kurtosis of 3, and
# of the hundreds whose inverse transform a sample of sound is, nothing is left to tell it from one; numbers that are
# Gaussian themselves take five times as long.
_BYTES = 4
_MEAN, _DEVIATION = -0.5 * _BYTES, (_BYTES * (256**2 - 1) / 12) ** 0.5


def noise_source(seed: int) -> np.random.Generator:
    """The noise of one speech. SFC64 is NumPy's quickest generator."""
    return np.random.Generator(np.random.SFC64(seed))


def draw_noise(source: np.random.Generator, frames: int, kinds: int, frequencies: int) -> np.ndarray:
    """White complex noise of variance 2, complex64 (T, kinds, K), drawn frame by frame: in parts it is what it is at
    once."""
    numbers = 2 * kinds * frequencies
    words = source.integers(0, 2**64, size=(frames, _BYTES, -(-numbers // 8)), dtype=np.uint64)
    # The bytes in the same order everywhere.
    drawn = words.astype("<u8", copy=False).view(np.int8).sum(axis=1, dtype=np.int16)[:, :numbers]
    real = (drawn - np.float32(_MEAN)) * np.float32(1 / _DEVIATION)
    return real.view(np.complex64).reshape(frames, kinds, frequencies)
