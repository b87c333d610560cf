"""A sound is brought nearer to its mel, in NumPy: `pngnat.models.vocoder.correction`, at once and in pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel_filters import mel_filters
from pngnat.engine.fourier import FramedStft, OverlapAdd

# As in pngnat.models.vocoder.correction: a test holds the two together.
LARGEST = 3.0


class MelCorrection:
    """See `pngnat.models.vocoder.correction.MelCorrection`."""

    def __init__(self, audio: AudioConfig, stft: FramedStft) -> None:
        self.stft, self._floor = stft, np.float32(audio.log_floor)
        # Of fewer frequencies, each stands for more.
        bands = mel_filters(replace(audio, n_fft=audio.window_length)) * np.float32(audio.n_fft / audio.window_length)
        self.shares = bands / np.maximum(bands.sum(0), 1e-9)
        self.bands = np.ascontiguousarray(bands.T)
        # Beyond the last band there is nothing to compare.
        self.beyond = (self.shares.sum(0) < 0.5).astype(np.float32)

    def corrected(self, spectrum: np.ndarray, mel: np.ndarray, trust: np.ndarray) -> np.ndarray:
        """spectrum (T, K), of a sound, mel and trust (T, M) to the spectrum (T, K) that is nearer to the mel."""
        magnitude = np.sqrt(spectrum.real**2 + spectrum.imag**2)
        found = np.log(np.maximum(magnitude @ self.bands, self._floor))
        gains = np.exp(trust * np.clip(mel - found, -LARGEST, LARGEST))
        return spectrum * (gains @ self.shares + self.beyond)


class CorrectedStream:
    """A MelCorrection of a sound that comes in pieces. It lags behind by the half window that its last whole frame
    needs."""

    def __init__(self, correction: MelCorrection) -> None:
        self.correction, self.joined = correction, OverlapAdd(correction.stft)
        self.waiting = np.zeros(correction.stft.pad, dtype=np.float32)
        self.mel = self.trust = np.zeros((0, correction.bands.shape[1]), dtype=np.float32)

    def add(self, samples: np.ndarray, mel: np.ndarray, trust: np.ndarray, last: bool) -> np.ndarray:
        """The next samples (S',), and mel and trust (T', M) of the next frames, to the corrected samples that are
        ready."""
        stft = self.correction.stft
        self.waiting = np.concatenate([self.waiting, samples, np.zeros(stft.pad if last else 0, dtype=np.float32)])
        self.mel, self.trust = np.concatenate([self.mel, mel]), np.concatenate([self.trust, trust])
        count = (len(self.waiting) - stft.size) // stft.hop + 1
        if count < 1:
            return samples[:0]
        spectrum = stft.of_padded(self.waiting[: (count - 1) * stft.hop + stft.size])
        made = self.joined.add(self.correction.corrected(spectrum, self.mel[:count], self.trust[:count]), last)
        self.waiting = self.waiting[count * stft.hop :]
        self.mel, self.trust = self.mel[count:], self.trust[count:]
        return made
