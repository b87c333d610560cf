"""What is measured of a recording as it was made, before it is converted and trimmed."""

from __future__ import annotations

import numpy as np

# A converter that is driven too far gives several equal samples at the top.
_CLIPPED_RUN = 3
_FRAME = 0.02


def measure(samples: np.ndarray, sample_rate: int, leading: float, trailing: float) -> dict[str, float | int]:
    """Figures of one recording.

    samples: (S, channels) in [-1, 1]. leading, trailing: seconds of silence at the ends, from the alignment.
    Returns sample_rate (Hz), channels, seconds, peak and level and noise (dB of full scale; level is the loudness of the speech, the
    RMS of frames within 30 dB of the loudest, noise the level of the quietest tenth of frames), clipped (share of samples in
    runs of equal full-scale ones), leading and trailing (seconds).
    """
    mono = samples.mean(axis=1, dtype=np.float64)
    frame = max(1, int(_FRAME * sample_rate))
    count = max(1, len(mono) // frame)
    power = np.square(mono[: count * frame]).reshape(count, -1).mean(axis=1) if len(mono) >= frame else np.array([np.square(mono).mean()])
    speech = power[power >= power.max() * 1e-3]
    return {
        "sample_rate": sample_rate,
        "channels": samples.shape[1],
        "seconds": round(len(samples) / sample_rate, 4),
        "peak": _decibel(np.abs(samples).max() ** 2),
        "level": _decibel(speech.mean()),
        "noise": _decibel(np.percentile(power, 10)),
        "clipped": round(_clipped_share(samples), 6),
        "leading": round(leading, 3),
        "trailing": round(trailing, 3),
    }


def _clipped_share(samples: np.ndarray) -> float:
    """Share of samples that stand in runs of at least three equal ones at the recording's own ceiling, if that is near full scale."""
    ceiling = np.abs(samples).max()
    if ceiling < 0.9:
        return 0.0
    at_top = np.abs(samples) >= ceiling * 0.999
    clipped = 0
    for channel in at_top.T:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], channel.astype(np.int8), [0]])))
        runs = edges[1::2] - edges[::2]
        clipped += runs[runs >= _CLIPPED_RUN].sum()
    return float(clipped / samples.size)


def _decibel(power: float) -> float:
    return round(float(10 * np.log10(power + 1e-10)), 2)
