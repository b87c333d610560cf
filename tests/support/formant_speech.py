"""A buzz through three resonances a sound: as much of a voice as an aligner needs, and nobody's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter

FORMANTS = {"OW": (600, 1000, 2500), "N": (300, 1400, 2400), "": ()}
_PITCH = 120
_BANDWIDTH = 90


def formant_speech(sounds: Sequence[tuple[str, float]], rate: int, noise: float = 3e-3) -> np.ndarray:
    """sounds: (name in FORMANTS or "" for silence, seconds), one after the other. Returns float64 (S,) with steady
    noise behind."""
    parts = []
    for name, seconds in sounds:
        buzz = np.zeros(round(seconds * rate))
        buzz[:: rate // _PITCH] = 1.0 if name else 0.0
        for hertz in FORMANTS[name]:
            radius = np.exp(-np.pi * _BANDWIDTH / rate)
            buzz = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hertz / rate), radius**2], buzz)
        parts.append(0.3 * buzz * np.hanning(len(buzz)) ** 0.3 / max(np.abs(buzz).max(initial=0.0), 1e-9))
    samples = np.concatenate(parts)
    return samples + noise * np.random.default_rng(0).normal(size=len(samples))
