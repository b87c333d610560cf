"""Duration blending: the rhythm of one speaker joined with that of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pngnat.errors import PngnatError
from pngnat.untrusted import shown

# Seconds. A pause that one side alone makes shrinks towards this; it does not drag the mean to zero.
FLOOR = 0.001


@dataclass(frozen=True)
class Blend:
    """Whose rhythm to borrow, and how much of it.

    professional: a speaker of the voice. weight: 0 keeps the speaker's own durations, 1 takes the professional's, 0.5
    is their geometric mean; one number, or one for each token of the phoneme segment as `Speech.phonemes` lists them.
    Raises PngnatError for a weight outside 0 to 1.
    """

    professional: str
    weight: float | Sequence[float] | np.ndarray = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.professional, str):
            raise PngnatError(f"the professional to blend with must be a name, and is {shown(self.professional)}")
        try:
            weight = np.asarray(self.weight, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise PngnatError(
                f"the blend weight must be a number, or one for each token, and is {shown(self.weight)}"
            ) from error
        if weight.ndim > 1 or not np.all((weight >= 0) & (weight <= 1)):
            raise PngnatError(
                "the blend weight must be a number from 0 (own rhythm) to 1 (the professional's), or one for each token"
            )


def blend_durations(
    target: np.ndarray, professional: np.ndarray, weight: float | np.ndarray, floor: float = FLOOR
) -> np.ndarray:
    """The weighted geometric mean d = exp((1-w) log max(d_target, e) + w log max(d_prof, e)), token by token.

    target, professional: (N,) seconds, at least 0. weight: w, a number or (N,). floor: e, seconds.
    Returns (N,) float64 seconds: exactly `target` at w = 0 and `professional` at w = 1, and never above the longer of
    the two, so that a boundary where neither pauses stays without a pause."""
    target, professional = np.asarray(target, dtype=np.float64), np.asarray(professional, dtype=np.float64)
    if target.shape != professional.shape:
        raise ValueError(f"durations of {target.shape} and {professional.shape} tokens cannot be blended")
    weight = np.broadcast_to(np.asarray(weight, dtype=np.float64), target.shape)
    logs = (1 - weight) * np.log(np.maximum(target, floor)) + weight * np.log(np.maximum(professional, floor))
    blended = np.minimum(np.exp(logs), np.maximum(target, professional))
    return np.where(weight == 0, target, np.where(weight == 1, professional, blended))
