"""Level and buzz of pauses."""

from __future__ import annotations

import math

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.synthesis.speech import Speech

# dB below the recording's loudest frame: quieter frames are pauses.
PAUSE = -50.0
# Seconds of a window, and range of the pitches to search.
_WINDOW = 0.05
_LOWEST, _HIGHEST = 60.0, 400.0
# From this normalized autocorrelation on, a window buzzes: noise of 50 ms reaches about 0.3, a vowel 0.9.
_PERIODIC = 0.5
# dBFS: quieter sound is inaudible at any usual volume.
_INAUDIBLE = -85.0


def paused_frames(recording: np.ndarray, audio: AudioConfig) -> np.ndarray:
    """Return whether each frame (T,) of a recording (S,) is 50 dB or more below its loudest frame, T = S // hop."""
    levels = _powers(recording, audio.hop_length)
    return levels <= levels.max() * 10 ** (PAUSE / 10)


def silent_frames(speech: Speech, audio: AudioConfig) -> np.ndarray:
    """Return whether each frame (T,) of synthetic speech lies in a silence, 50 ms or more from the sounds on either
    side, T = S // hop."""
    silent = np.zeros(len(speech.samples) // audio.hop_length, dtype=bool)
    for phoneme in speech.phonemes:
        if phoneme.word is None:
            first = math.ceil((phoneme.start + _WINDOW) * audio.frame_rate)
            silent[first : max(first, int((phoneme.end - _WINDOW) * audio.frame_rate))] = True
    return silent


def pause_level(sound: np.ndarray, paused: np.ndarray, audio: AudioConfig) -> float | None:
    """Return the level in dBFS of a sound (S,) in the frames `paused` (T,); None without pauses.

    Vocoders that hiss or buzz are louder there than the recording.
    """
    levels = _powers(sound, audio.hop_length)[: len(paused)]
    return _decibels(levels[paused].mean()) if paused.any() else None


def buzzing_share(sound: np.ndarray, paused: np.ndarray, audio: AudioConfig) -> float | None:
    """Return the fraction of the pauses `paused` (T,) in which a sound (S,) is audible and periodic; None without a
    pause of 50 ms.

    Each window of 50 ms in a pause is differenced, so that a rumble is no tone. It buzzes if its normalized
    autocorrelation at some lag of 60 to 400 Hz exceeds 0.5 (Boersma, "Accurate short-term analysis of the fundamental
    frequency and the harmonics-to-noise ratio of a sampled sound", 1993, has a voicing threshold of 0.45).
    """
    hop, length = audio.hop_length, round(_WINDOW * audio.sample_rate)
    frames = -(-length // hop)
    starts = [start for start in range(len(paused) - frames + 1) if paused[start : start + frames].all()]
    if not starts:
        return None
    sharp = np.diff(sound.astype(np.float64), prepend=0.0)
    buzzing = [
        _decibels(np.mean(np.square(sound[place : place + length], dtype=np.float64))) > _INAUDIBLE
        and periodicity(sharp[place : place + length], audio.sample_rate) > _PERIODIC
        for place in (start * hop for start in starts)
    ]
    return float(np.mean(buzzing))


def periodicity(window: np.ndarray, sample_rate: int) -> float:
    """Return the largest normalized autocorrelation of a window (S,) at lags of 60 to 400 Hz; 0 for silence."""
    shortest, longest = int(sample_rate / _HIGHEST), int(sample_rate / _LOWEST)
    size = 1 << (2 * len(window) - 1).bit_length()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)[: longest + 1]
    energy = np.cumsum(np.square(window))
    lags = np.arange(shortest, longest + 1)
    head, tail = energy[len(window) - 1 - lags], energy[-1] - energy[lags - 1]
    return float(np.max(correlation[lags] / np.sqrt(np.maximum(head * tail, 1e-20))))


def _powers(samples: np.ndarray, hop: int) -> np.ndarray:
    frames = len(samples) // hop
    return np.square(samples[: frames * hop].astype(np.float64)).reshape(frames, hop).mean(1)


def _decibels(power: float) -> float:
    return 10 * math.log10(max(power, 1e-12))
