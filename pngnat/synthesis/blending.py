"""Blending: the rhythm of one speaker joined with the rhythm of another, by the geometric mean of their durations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Seconds. A pause of only one speaker shrinks towards this value; it does not reduce the mean to 0.
FLOOR = 0.001


def blend_durations(
    target: np.ndarray, professional: np.ndarray, weight: float | np.ndarray, floor: float = FLOOR
) -> np.ndarray:
    """Return the weighted geometric mean of two speakers' durations, token by token.

    d = exp((1-w) log max(d_target, e) + w log max(d_professional, e)). Source: docs/research.md, "recreated voice".
    target, professional: (N,) seconds, at least 0. weight: w, a number or (N,). floor: e, seconds.
    Returns (N,) float64 seconds: exactly `target` at w = 0 and `professional` at w = 1, and never above the longer of
    the two, so that a boundary where neither pauses stays without a pause. Raises ValueError for different lengths."""
    target, professional = np.asarray(target, dtype=np.float64), np.asarray(professional, dtype=np.float64)
    if target.shape != professional.shape:
        raise ValueError(f"durations of {target.shape} and {professional.shape} tokens cannot be blended")
    weight = np.broadcast_to(np.asarray(weight, dtype=np.float64), target.shape)
    mean = geometric_mean([target, professional], [1 - weight, weight], floor)
    blended = np.minimum(mean, np.maximum(target, professional))
    return np.where(weight == 0, target, np.where(weight == 1, professional, blended))


def geometric_mean(
    durations: Sequence[np.ndarray], weights: Sequence[float | np.ndarray], floor: float = FLOOR
) -> np.ndarray:
    """Return exp(sum_i w_i log max(d_i, e) / sum_i w_i), (N,) float64 seconds.

    durations: d_i, (N,) seconds of each speaker. weights: w_i, a number or (N,) of each. floor: e, seconds."""
    logs = [np.log(np.maximum(seconds, floor, dtype=np.float64)) for seconds in durations]
    total = sum(weight * log for weight, log in zip(weights, logs, strict=True))
    return np.exp(total / sum(weights))
