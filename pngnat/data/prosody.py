"""Pitch and loudness of a recording, one value for each token."""

from __future__ import annotations

import numpy as np

# Typical mean and spread of speech, so that the networks work near zero mean and unit variance.
_LOG_F0, _LOG_F0_SPREAD = float(np.log(160.0)), 0.4
_LOUDNESS, _LOUDNESS_SPREAD = -1.0, 2.5


def token_prosody(f0: np.ndarray, log_mel: np.ndarray, durations: np.ndarray, frame_rate: float) -> np.ndarray:
    """Return normalized pitch and loudness of the N tokens, float32 (N, 2).

    f0: (T,) in Hz, 0 where unvoiced. log_mel: (T, M). durations: (N,) seconds. Pitch is the mean log F0 of a token's
    voiced frames, loudness the mean log energy of all its frames. A token without voiced frames is interpolated
    linearly in time; an utterance without any has the mean.
    """
    ends = np.cumsum(durations, dtype=np.float64) * frame_rate
    centres = ends - durations * frame_rate / 2
    token = np.minimum(np.searchsorted(ends, np.arange(len(f0)) + 0.5, side="right"), len(durations) - 1)
    voiced = f0 > 0
    pitch = _means(np.log(f0[voiced]), token[voiced], centres, _LOG_F0)
    energy = 0.5 * np.log(np.exp(2 * log_mel.astype(np.float64)).sum(1))
    loudness = _means(energy, token, centres, _LOUDNESS)
    values = [(pitch - _LOG_F0) / _LOG_F0_SPREAD, (loudness - _LOUDNESS) / _LOUDNESS_SPREAD]
    return np.stack(values, axis=1).astype(np.float32)


def _means(values: np.ndarray, token: np.ndarray, centres: np.ndarray, otherwise: float) -> np.ndarray:
    """Return the mean of the values at each token, (N,). Tokens without values are interpolated over `centres`; without
    any value, all are `otherwise`."""
    counts = np.bincount(token, minlength=len(centres))
    known = counts > 0
    if not known.any():
        return np.full(len(centres), otherwise)
    means = np.bincount(token, values, minlength=len(centres))[known] / counts[known]
    return np.interp(centres, centres[known], means)


def hertz(pitch: np.ndarray) -> np.ndarray:
    """Convert normalized pitch to Hz."""
    return np.exp(pitch * _LOG_F0_SPREAD + _LOG_F0)
