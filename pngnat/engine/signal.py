"""`pngnat.models.vocoder.signal` in NumPy: the short-time Fourier transform, the excitation, and the correction of a
sound towards its mel, at once and in pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel_filters import mel_filters

# The same values as in pngnat.models.vocoder; a test compares them.
BANDWIDTH = 0.92
SURE_VOICE = 0.2
LARGEST = 3.0


class FramedStft:
    """STFT and its inverse, with frame t centred at sample (t + 0.5) * hop: T frames are T * hop samples.

    window: samples in a frame, a Hann window of 2 hops or more. K = window // 2 + 1 frequencies.
    """

    def __init__(self, window: int, hop: int) -> None:
        self.size, self.hop, self.pad = window, hop, (window - hop) // 2
        self.window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)
        self._scaled, self._squared = self.window * np.float32(window), self.window * self.window

    @property
    def frequencies(self) -> int:
        """Return K."""
        return self.size // 2 + 1

    def padded(self, samples: np.ndarray) -> np.ndarray:
        """Return samples (S,) with silence around them, (S + 2 * pad,), so that all frames are complete."""
        return np.pad(samples, self.pad)

    def of_padded(self, padded: np.ndarray) -> np.ndarray:
        """Transform (T * hop + 2 * pad,) to complex64 (T, K)."""
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.size)[:: self.hop]  # (T, size)
        # Without a factor NumPy computes in double precision, which takes eight times as long.
        return np.fft.rfft(frames * self._scaled, norm="forward").astype(np.complex64, copy=False)

    def overlap(self, spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the sum of the windowed frames of a complex64 spectrum (T, K), and of the squared windows.

        Both are (T * hop + 2 * pad,).
        """
        frames = np.fft.irfft(spectrum, n=self.size, axis=-1).astype(np.float32, copy=False)  # (T, size)
        frames *= self.window
        return self._add(frames), self._add(np.broadcast_to(self._squared, frames.shape))

    def _add(self, frames: np.ndarray) -> np.ndarray:
        """Add (T, size) where frames overlap, to ((T - 1) * hop + size,)."""
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
        """Add the next frames (T', K), and return the samples (S',) that no later frame changes.

        last: whether these frames end the sound.
        """
        total, weight = self.stft.overlap(spectrum)
        total[: 2 * self.stft.pad] += self.tail
        weight[: 2 * self.stft.pad] += self.weight
        ready = len(spectrum) * self.stft.hop
        self.tail, self.weight = total[ready:], weight[ready:]
        inside = slice(self.skip, ready + self.stft.pad if last else ready)
        self.skip = max(0, self.skip - ready)
        return total[inside] / weight[inside]


def pulse_train(f0: np.ndarray, hop: int, sample_rate: int, starts: np.ndarray) -> np.ndarray:
    """Return pulses at f0, float32 (T * hop,): see `pngnat.models.vocoder.signal.pulse_train`.

    f0: (T,) in Hz at the frames' centres, above 0. starts: (T,), True at frames with which a period begins.
    """
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
    """Return where pulses can restart, (T,): see `pngnat.models.vocoder.signal.new_starts`. unvoiced: (T,)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(unvoiced, frames // 2), frames)[:-1]
    inside = np.logical_and.reduce(windows, axis=1)
    return inside & ~np.pad(inside, (0, 1))[1:]


def interpolate(values: np.ndarray, hop: int) -> np.ndarray:
    """Interpolate (T,) at the frames' centres to float32 (T * hop,), linear between them and constant at the ends."""
    edged = np.pad(values.astype(np.float32), 1, mode="edge")  # (T + 2,)
    fraction = (np.arange(hop // 2, dtype=np.float32) + np.float32(0.5)) / np.float32(hop)
    # A frame's first half lies between the previous centre and its own, its second half between its own and the next.
    before, own, after = edged[:-2, None], edged[1:-1, None], edged[2:, None]  # (T, 1)
    first, second = before + (own - before) * (fraction + np.float32(0.5)), own + (after - own) * fraction
    return np.concatenate([first, second], axis=1).reshape(-1)


def excite(source: np.ndarray, voicing: np.ndarray, noise: np.ndarray, gain: float) -> np.ndarray:
    """Return the excitation, complex64 (T, K): the source where frames are voiced, elsewhere noise of equal power.

    source: (T, K), the transform of the pulse train. voicing: (T,), a probability; between, the two are mixed.
    noise: (T, K). gain: the factor of the noise's power, since noise frames partly cancel where they overlap.
    """
    voiced = np.minimum(voicing / np.float32(SURE_VOICE), np.float32(1))
    unsure = np.flatnonzero(voiced < 1)
    mixed = source * np.sqrt(voiced)[:, None]
    part = source[unsure]
    power = (part.real**2 + part.imag**2).mean(axis=1) * np.float32(gain / 2)
    mixed[unsure] += noise[unsure] * (np.sqrt(1 - voiced[unsure]) * np.sqrt(power))[:, None]
    return mixed


class MelCorrection:
    """See `pngnat.models.vocoder.signal.MelCorrection`."""

    def __init__(self, audio: AudioConfig, stft: FramedStft) -> None:
        self.stft, self._floor = stft, np.float32(audio.log_floor)
        # A shorter transform has fewer frequencies, and each counts for more.
        bands = mel_filters(replace(audio, n_fft=audio.window_length)) * np.float32(audio.n_fft / audio.window_length)
        self.fractions = bands / np.maximum(bands.sum(0), 1e-9)
        self.bands = np.ascontiguousarray(bands.T)
        # Frequencies beyond the last band stay: the mel says nothing about them.
        self.beyond = (self.fractions.sum(0) < 0.5).astype(np.float32)

    def corrected(self, spectrum: np.ndarray, mel: np.ndarray, gate: np.ndarray) -> np.ndarray:
        """Correct the spectrum (T, K) of a sound towards a log-mel (T, M), with gate (T, M)."""
        magnitude = np.sqrt(spectrum.real**2 + spectrum.imag**2)
        found = np.log(np.maximum(magnitude @ self.bands, self._floor))
        gains = np.exp(gate * np.clip(mel - found, -LARGEST, LARGEST))
        return spectrum * (gains @ self.fractions + self.beyond)


class CorrectedStream:
    """A `MelCorrection` of a sound that comes in pieces; it lags by half a window, which its last frame needs."""

    def __init__(self, correction: MelCorrection) -> None:
        self.correction, self.joined = correction, OverlapAdd(correction.stft)
        self.waiting = np.zeros(correction.stft.pad, dtype=np.float32)
        self.mel = self.gate = np.zeros((0, correction.bands.shape[1]), dtype=np.float32)

    def add(self, samples: np.ndarray, mel: np.ndarray, gate: np.ndarray, last: bool) -> np.ndarray:
        """Add samples (S',), and mel and gate (T', M) of the next frames; return the corrected samples that are ready.

        last: whether they end the sound.
        """
        stft = self.correction.stft
        self.waiting = np.concatenate([self.waiting, samples, np.zeros(stft.pad if last else 0, dtype=np.float32)])
        self.mel, self.gate = np.concatenate([self.mel, mel]), np.concatenate([self.gate, gate])
        count = (len(self.waiting) - stft.size) // stft.hop + 1
        if count < 1:
            return samples[:0]
        spectrum = stft.of_padded(self.waiting[: (count - 1) * stft.hop + stft.size])
        made = self.joined.add(self.correction.corrected(spectrum, self.mel[:count], self.gate[:count]), last)
        self.waiting = self.waiting[count * stft.hop :]
        self.mel, self.gate = self.mel[count:], self.gate[count:]
        return made
