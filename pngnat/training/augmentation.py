"""Augmentation of recordings: other microphones, rooms, lines and speakers, for a vocoder with few training voices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# Frames around a segment that are changed with it and then cut off: the Fourier transform wraps around, and windows are
# cut in half.
GUARD = 8
# Width of a band's edge in Hz.
_EDGE = 400.0
# Hz: distance of the random gains of a filter on the mel scale; its echoes fade within this many seconds.
_ECHO = 0.08


@dataclass(frozen=True)
class AugmentationConfig:
    """How segments are changed, in the sound, from which the mel is then computed. Each share is a fraction of all
    segments. The reason is in docs/decisions.md."""

    rate_share: float = 0.4
    """Segments that are played faster or slower; pitch and formants move together, as with other speakers."""
    rate: float = 1.25
    """Largest factor of the rate."""
    band_share: float = 0.4
    """Segments that are low-passed."""
    cutoffs: tuple[float, float] = (3400.0, 11000.0)
    """Range of the cutoff in Hz; half of the cutoffs are 8 kHz, as in recordings at 16 kHz."""
    filter_share: float = 0.4
    """Segments through a smooth filter, as of other microphones."""
    filter_db: float = 6.0
    """Largest gain of the filter in dB."""
    noise_share: float = 0.25
    """Segments with steady noise."""
    noise_db: tuple[float, float] = (-80.0, -45.0)
    """Range of the noise level in dBFS."""
    room_share: float = 0.15
    """Segments with echoes that fade within 80 ms."""
    room_db: tuple[float, float] = (5.0, 20.0)
    """Range of the attenuation of the echoes in dB."""


def draw_rate(config: AugmentationConfig, random: np.random.Generator) -> float:
    """Draw the factor by which a segment is played faster."""
    if random.random() >= config.rate_share:
        return 1.0
    return math.exp(random.uniform(-1, 1) * math.log(config.rate))


def resampled(samples: np.ndarray, length: int) -> np.ndarray:
    """Resample samples (S,) to (length,) with a Fourier transform."""
    if len(samples) == length:
        return samples
    spectrum = np.fft.rfft(samples)
    kept = min(len(spectrum), length // 2 + 1)
    spectrum = np.pad(spectrum[:kept], (0, length // 2 + 1 - kept))
    return np.fft.irfft(spectrum, length) * (length / len(samples))


def changed(
    samples: np.ndarray, sample_rate: int, config: AugmentationConfig, random: np.random.Generator
) -> np.ndarray:
    """Apply the drawn filter, room and noise to samples (S,), and finally the band limit; return (S,)."""
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
    """Draw gains (K,), smooth over log-frequency, up to `largest` dB."""
    corners = np.geomspace(60, frequencies[-1], 8)
    decibels = np.interp(
        np.log(np.maximum(frequencies, 1)), np.log(corners), random.uniform(-largest, largest, len(corners))
    )
    return 10 ** (decibels / 20)


def _room(length: int, sample_rate: int, decibels: tuple[float, float], random: np.random.Generator) -> np.ndarray:
    """Draw the response (K,) of a direct sound and echoes: noise that falls by 60 dB within 80 ms."""
    count = round(_ECHO * sample_rate)
    echoes = random.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    echoes *= 10 ** (-random.uniform(*decibels) / 20) / np.sqrt(np.sum(np.square(echoes)))
    echoes[0] = 1.0
    return np.fft.rfft(echoes, length)


def _band(frequencies: np.ndarray, cutoff: float) -> np.ndarray:
    """Return gains (K,): 1 below `cutoff` in Hz, falling to 0 above it."""
    above = np.clip((frequencies - cutoff + _EDGE) / _EDGE, 0, 1)
    return 0.5 * (1 + np.cos(np.pi * above))
