"""Fundamental frequency of speech, frame by frame."""

from __future__ import annotations

import numpy as np

from pngnat.audio.config import AudioConfig

# Below a low male voice's creak and above an excited child's; wider limits bring octave errors.
F0_MIN = 60.0
F0_MAX = 700.0


def f0(samples: np.ndarray, config: AudioConfig) -> np.ndarray:
    """Fundamental frequency in Hz, 0 where unvoiced: float32 (T,), T = S // hop, by WORLD's Harvest refined by StoneMask.

    samples: (S,) in [-1, 1] at config.sample_rate. Frame t is centred at sample (t + 0.5) * hop, as log_mel's frames are.
    Raises ValueError for less than one frame.
    Source: Morise, "Harvest: a high-performance fundamental frequency estimator from speech signals", Interspeech 2017.
    """
    import pyworld  # a training requirement, compiled; speaking never needs it

    hop, rate = config.hop_length, config.sample_rate
    frames = len(samples) // hop
    if frames == 0:
        raise ValueError(f"{len(samples)} samples are less than one frame of {hop}")
    # Harvest's frames are centred at multiples of the hop. With half a hop in front, its frame t + 1 is centred where ours is.
    # A hop behind keeps its last frame from being lost to rounding.
    padded = np.pad(np.asarray(samples[: frames * hop], dtype=np.float64), (hop - hop // 2, hop))
    rough, times = pyworld.harvest(padded, rate, f0_floor=F0_MIN, f0_ceil=F0_MAX, frame_period=1000.0 * hop / rate)
    fine = pyworld.stonemask(padded, rough, times, rate)
    return fine[1 : frames + 1].astype(np.float32)
