"""`pngnat.models.vocoder.stft` in NumPy: transforms whose frames lie exactly where the mel's frames lie."""

from __future__ import annotations

import numpy as np


class FramedStft:
    """STFT and its inverse with frame t centred at sample (t + 0.5) * hop, so that T frames are T * hop samples.

    window: samples in a frame, a Hann window, 2 hops or more. K = window // 2 + 1 frequencies.
    """

    def __init__(self, window: int, hop: int) -> None:
        self.size, self.hop, self.pad = window, hop, (window - hop) // 2
        self.window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)
        self._scaled, self._squared = self.window * np.float32(window), self.window * self.window

    @property
    def frequencies(self) -> int:
        """K."""
        return self.size // 2 + 1

    def padded(self, samples: np.ndarray) -> np.ndarray:
        """samples (S,) with silence around them, (S + 2 * pad,), so that the first and last frame are whole."""
        return np.pad(samples, self.pad)

    def of_padded(self, padded: np.ndarray) -> np.ndarray:
        """(T * hop + 2 * pad,) to complex64 (T, K)."""
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.size)[:: self.hop]
        # Without a factor NumPy computes in double precision, eight times as long.
        return np.fft.rfft(frames * self._scaled, norm="forward").astype(np.complex64, copy=False)

    def overlap(self, spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """complex64 (T, K) to the sum of windowed frames (T * hop + 2 * pad,) and the sum of squared windows beneath
        it."""
        frames = np.fft.irfft(spectrum, n=self.size, axis=-1).astype(np.float32, copy=False)
        frames *= self.window
        return self._add(frames), self._add(np.broadcast_to(self._squared, frames.shape))

    def _add(self, frames: np.ndarray) -> np.ndarray:
        """(T, size) to ((T - 1) * hop + size,)."""
        count, hops = len(frames), -(-self.size // self.hop)
        total = np.zeros((count + hops - 1, self.hop), dtype=np.float32)
        for place in range(hops):
            part = frames[:, place * self.hop : (place + 1) * self.hop]
            total[place : place + count, : part.shape[1]] += part
        return total.reshape(-1)[: (count - 1) * self.hop + self.size]


class OverlapAdd:
    """The inverse transform of a spectrum that comes in pieces."""

    def __init__(self, stft: FramedStft) -> None:
        self.stft, self.skip = stft, stft.pad
        self.tail = self.weight = np.zeros(2 * stft.pad, dtype=np.float32)

    def add(self, spectrum: np.ndarray, last: bool) -> np.ndarray:
        """The next frames (T', K), of which the `last` end the sound, to the samples (S',) that no later frame
        changes."""
        total, weight = self.stft.overlap(spectrum)
        total[: 2 * self.stft.pad] += self.tail
        weight[: 2 * self.stft.pad] += self.weight
        ready = len(spectrum) * self.stft.hop
        self.tail, self.weight = total[ready:], weight[ready:]
        inside = slice(self.skip, ready + self.stft.pad if last else ready)
        self.skip = max(0, self.skip - ready)
        return total[inside] / weight[inside]
