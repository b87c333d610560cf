"""Recordings as other microphones, rooms, lines and speakers would have them, so that a vocoder that knows few copies
many."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# Frames around a segment that are changed with it and then cut off: what wraps around in the Fourier transform, and
# half windows.
GUARD = 8
# Hz over which a band's edge falls.
_EDGE = 400.0
# Hz: a filter's gains are drawn at about so many mels' distance, and its echoes fade away by this many seconds.
_ECHO = 0.08


@dataclass(frozen=True)
class AugmentationConfig:
    """How segments are changed, each in its sound, from which its mel is then made. Every share is of all segments.

    Trained on recordings that all reach to 12 kHz, a vocoder copied the same recordings without what lies above 8 kHz
    with a DistilMOS of 3.9 instead of 4.3: its network had never seen a mel that ends there."""

    rate_share: float = 0.4
    """Played faster or slower, which moves pitch and formants together: other speakers."""
    rate: float = 1.25
    """Largest factor of that."""
    band_share: float = 0.4
    """Without what lies above a frequency."""
    cutoffs: tuple[float, float] = (3400.0, 11000.0)
    """Hz, between which that frequency lies; half of them are 8 kHz, as of recordings of 16 kHz."""
    filter_share: float = 0.4
    """Through a smooth filter: other microphones."""
    filter_db: float = 6.0
    """dB, largest gain of that filter."""
    noise_share: float = 0.25
    """With steady noise."""
    noise_db: tuple[float, float] = (-80.0, -45.0)
    """dB under full scale, between which the noise lies."""
    room_share: float = 0.15
    """With echoes that fade within 80 ms."""
    room_db: tuple[float, float] = (5.0, 20.0)
    """dB, between which the echoes are weaker than the sound."""


def draw_rate(config: AugmentationConfig, random: np.random.Generator) -> float:
    """How many times faster a segment is to be played."""
    if random.random() >= config.rate_share:
        return 1.0
    return math.exp(random.uniform(-1, 1) * math.log(config.rate))


def resampled(samples: np.ndarray, length: int) -> np.ndarray:
    """samples (S,) as `length` samples, (length,): all frequencies that both can hold, by Fourier transform."""
    if len(samples) == length:
        return samples
    spectrum = np.fft.rfft(samples)
    kept = min(len(spectrum), length // 2 + 1)
    spectrum = np.pad(spectrum[:kept], (0, length // 2 + 1 - kept))
    return np.fft.irfft(spectrum, length) * (length / len(samples))


def changed(
    samples: np.ndarray, sample_rate: int, config: AugmentationConfig, random: np.random.Generator
) -> np.ndarray:
    """samples (S,) through what was drawn: filter, room, noise, and at last the band, which a line gives to all of
    them; (S,)."""
    frequencies = np.fft.rfftfreq(len(samples), 1 / sample_rate)
    response = np.ones(len(frequencies), dtype=np.complex128)
    if random.random() < config.filter_share:
        response *= _filter(frequencies, config.filter_db, random)
    if random.random() < config.room_share:
        response *= _room(len(samples), sample_rate, config.room_db, random)
    noise = np.zeros(len(samples))
    if random.random() < config.noise_share:
        level = 10 ** (random.uniform(*config.noise_db) / 20)
        coloured = np.fft.rfft(random.standard_normal(len(samples))) * _filter(
            frequencies, 3 * config.filter_db, random
        )
        noise = np.fft.irfft(coloured, len(samples))
        noise *= level / max(np.sqrt(np.mean(np.square(noise))), 1e-9)
    band = np.ones(len(frequencies))
    if random.random() < config.band_share:
        cutoff = 8000.0 if random.random() < 0.5 else math.exp(random.uniform(*np.log(config.cutoffs)))
        band = _band(frequencies, cutoff)
    return np.fft.irfft((np.fft.rfft(samples) * response + np.fft.rfft(noise)) * band, len(samples))


def _filter(frequencies: np.ndarray, largest: float, random: np.random.Generator) -> np.ndarray:
    """Gains (K,), smooth over the logarithm of frequency, of up to `largest` dB."""
    corners = np.geomspace(60, frequencies[-1], 8)
    decibels = np.interp(
        np.log(np.maximum(frequencies, 1)), np.log(corners), random.uniform(-largest, largest, len(corners))
    )
    return 10 ** (decibels / 20)


def _room(length: int, sample_rate: int, decibels: tuple[float, float], random: np.random.Generator) -> np.ndarray:
    """The response (K,) of a sound that arrives first and of echoes after it, noise that falls by 60 dB within 80
    ms."""
    count = round(_ECHO * sample_rate)
    echoes = random.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    echoes *= 10 ** (-random.uniform(*decibels) / 20) / np.sqrt(np.sum(np.square(echoes)))
    echoes[0] = 1.0
    return np.fft.rfft(echoes, length)


def _band(frequencies: np.ndarray, cutoff: float) -> np.ndarray:
    """Gains (K,): 1 below `cutoff`, in Hz, falling to 0 above it."""
    above = np.clip((frequencies - cutoff + _EDGE) / _EDGE, 0, 1)
    return 0.5 * (1 + np.cos(np.pi * above))
