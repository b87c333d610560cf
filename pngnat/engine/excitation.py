"""The source of the sound in NumPy: pulses at the pitch, and noise; `pngnat.models.vocoder.source` and its use in
`Vocoder`."""

from __future__ import annotations

import numpy as np

# As in pngnat.models.vocoder: a test holds the two together.
BANDWIDTH = 0.92
SURE_VOICE = 0.2


def pulse_train(f0: np.ndarray, hop: int, sample_rate: int, starts: np.ndarray) -> np.ndarray:
    """f0 (T,) in Hz, above 0, of the frames' centres, and starts (T,), with which frames a period begins, to pulses
    float32 (T * hop,): see `pngnat.models.vocoder.source.pulse_train`."""
    frequency = interpolate(f0, hop)
    # Minutes of speech hold 10^5 periods: single precision would blur the high harmonics.
    elapsed = np.cumsum(frequency / np.float64(sample_rate))
    by_frame = elapsed.reshape(len(f0), hop)
    by_frame -= np.maximum.accumulate(np.where(starts, by_frame[:, 0], 0))[:, None]
    angle = (2 * np.pi) * (elapsed - np.round(elapsed)).astype(np.float32)
    room = np.maximum(BANDWIDTH * sample_rate / 2 / frequency, np.float32(1))
    harmonics = np.floor(room)
    half = np.sin(angle / 2)
    near_pulse = np.abs(half) < 1e-4
    half[near_pulse] = 1
    ratio = np.sin((harmonics + np.float32(0.5)) * angle) / half
    # At the pulse's middle the ratio is 0 / 0; its limit is 2K + 1.
    ratio[near_pulse] = 2 * harmonics[near_pulse] + 1
    # The next harmonic fades in as f0 falls, so that a glide has no steps.
    return (np.float32(0.5) * (ratio - 1) + (room - harmonics) * np.cos((harmonics + 1) * angle)) / np.sqrt(room)


def new_starts(unvoiced: np.ndarray, frames: int) -> np.ndarray:
    """(T,) to (T,): see `pngnat.models.vocoder.source.new_starts`."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(unvoiced, frames // 2), frames)[:-1]
    inside = np.logical_and.reduce(windows, axis=1)
    return inside & ~np.pad(inside, (0, 1))[1:]


def interpolate(values: np.ndarray, hop: int) -> np.ndarray:
    """(T,) at the frames' centres to float32 (T * hop,), linear between them and level at the ends."""
    edged = np.pad(values.astype(np.float32), 1, mode="edge")
    share = (np.arange(hop // 2, dtype=np.float32) + np.float32(0.5)) / np.float32(hop)
    # A frame's first half lies between the centre before and its own, its second half between its own and the next.
    before, own, after = edged[:-2, None], edged[1:-1, None], edged[2:, None]
    return np.concatenate(
        [before + (own - before) * (share + np.float32(0.5)), own + (after - own) * share], axis=1
    ).reshape(-1)


def excite(source: np.ndarray, voicing: np.ndarray, noise: np.ndarray, gain: float) -> np.ndarray:
    """The pulses' transform (T, K) where there is voice, noise (T, K) of their power elsewhere, and a mixture between,
    complex64 (T, K).

    voicing: (T,), the probability of voice. gain: how much stronger noise must be, since its frames do not agree where
    they overlap."""
    voiced = np.minimum(voicing / np.float32(SURE_VOICE), np.float32(1))
    unsure = np.flatnonzero(voiced < 1)
    mixed = source * np.sqrt(voiced)[:, None]
    part = source[unsure]
    power = (part.real**2 + part.imag**2).mean(axis=1) * np.float32(gain / 2)
    mixed[unsure] += noise[unsure] * (np.sqrt(1 - voiced[unsure]) * np.sqrt(power))[:, None]
    return mixed
