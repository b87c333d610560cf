"""The fixed signal processing of the vocoder: the short-time Fourier transform, the pulse train, and the correction of
a sound towards its mel.

`pngnat.engine.signal` is the same in NumPy; a test holds the two together.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import mel_basis

# The fraction of the Nyquist frequency that harmonics fill; noise takes over above it.
BANDWIDTH = 0.92
# The largest correction of a band, in nepers: where a sound is silent, no factor reaches the mel.
LARGEST = 3.0


class FramedStft(nn.Module):
    """STFT and its inverse, with frame t centred at sample (t + 0.5) * hop: T frames are T * hop samples, as in a mel.

    window: samples in a frame, a Hann window. transform: the length of its Fourier transform, None for the window's;
    zeros follow the window. K = transform // 2 + 1 frequencies.
    """

    def __init__(self, window: int, hop: int, transform: int | None = None) -> None:
        super().__init__()
        if window % 2 or hop % 2 or window < 2 * hop:
            raise ValueError(f"window {window} and hop {hop} must be even, and frames must overlap by half or more")
        self.size, self.hop, self.pad, self.transform = window, hop, (window - hop) // 2, transform or window
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    @property
    def frequencies(self) -> int:
        """Return K."""
        return self.transform // 2 + 1

    def forward(self, samples: Tensor) -> Tensor:
        """Transform samples (B, T * hop) to complex (B, K, T)."""
        return self.of_padded(self.padded(samples))

    def padded(self, samples: Tensor) -> Tensor:
        """Return samples (B, S) with silence around them, (B, S + 2 * pad), so that all frames are complete."""
        return F.pad(samples, (self.pad, self.pad))

    def of_padded(self, padded: Tensor) -> Tensor:
        """Transform (B, T * hop + 2 * pad) to complex (B, K, T)."""
        frames = padded.unfold(-1, self.size, self.hop) * self.window  # (B, T, size)
        return torch.fft.rfft(frames, self.transform).transpose(1, 2)

    def inverse(self, spectrum: Tensor) -> Tensor:
        """Overlap and add windowed frames: complex (B, K, T) to the samples (B, T * hop) with the nearest transform."""
        return self.trim(*self.overlap(spectrum))

    def overlap(self, spectrum: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sum of the windowed frames of a complex spectrum (B, K, T), and of the squared windows.

        Shapes: (B, T * hop + 2 * pad), and (1, T * hop + 2 * pad).
        """
        frames = torch.fft.irfft(spectrum.transpose(1, 2), n=self.transform)[..., : self.size]  # (B, T, size)
        frames = frames * self.window
        return self._add(frames), self._add(self.window.square().expand(1, frames.shape[1], -1))

    def trim(self, total: Tensor, weight: Tensor) -> Tensor:
        """Divide the two sums of `overlap`, and remove the padding."""
        inside = slice(self.pad, total.shape[-1] - self.pad)
        return total[:, inside] / weight[:, inside]

    def _add(self, frames: Tensor) -> Tensor:
        """Add (B, T, size) where frames overlap, to (B, (T - 1) * hop + size).

        Hop by hop, about seven times faster than `torch.nn.functional.fold`.
        """
        hops, count = -(-self.size // self.hop), frames.shape[1]
        parts = F.pad(frames, (0, hops * self.hop - self.size)).unflatten(-1, (hops, self.hop))  # (B, T, hops, hop)
        shifted = [F.pad(parts[:, :, place], (0, 0, place, hops - 1 - place)) for place in range(hops)]
        return sum(shifted[1:], shifted[0]).flatten(1)[:, : (count - 1) * self.hop + self.size]


def pulse_train(
    f0: Tensor, hop: int, sample_rate: int, phase: Tensor | None = None, starts: Tensor | None = None
) -> Tensor:
    """Return pulses at f0, (B, T * hop): all harmonics below `BANDWIDTH`, of mean power about 1/2 for every f0.

    f0: (B, T) in Hz, above 0. phase: (B, T) in periods, added to the phase that f0 gives; None is 0. Both hold at the
    frames' centres and are interpolated between them. starts: (B, T), True at frames with which a period begins; None
    is nowhere. A sum of K cosines in closed form, the Dirichlet kernel:
    sum_k cos(k p) = (sin((K + 1/2) p) / sin(p / 2) - 1) / 2.
    """
    frequency = interpolate(f0, hop)
    starts = None if starts is None else F.pad(starts[..., None], (0, hop - 1)).flatten(1)  # (B, T * hop)
    angle = 2 * math.pi * periods(frequency, sample_rate, None if phase is None else interpolate(phase, hop), starts)
    room = (BANDWIDTH * sample_rate / 2 / frequency).clamp(min=1)
    harmonics = torch.floor(room)
    half = torch.sin(angle / 2)
    near_pulse = half.abs() < 1e-4
    ratio = torch.sin((harmonics + 0.5) * angle) / torch.where(near_pulse, 1.0, half)
    # At the pulse's middle the ratio is 0 / 0; its limit is 2K + 1.
    ratio = torch.where(near_pulse, 2 * harmonics + 1, ratio)
    # The next harmonic fades in as f0 falls, so that a glide has no steps.
    return (0.5 * (ratio - 1) + (room - harmonics) * torch.cos((harmonics + 1) * angle)) / torch.sqrt(room)


def interpolate(f0: Tensor, hop: int) -> Tensor:
    """Interpolate (B, T) at the frames' centres to (B, T * hop), linear between them and constant at the ends."""
    # Not with F.interpolate: it counts samples in single precision, which cannot count those of minutes of speech.
    edged = F.pad(f0[:, None], (1, 1), mode="replicate")[:, 0]  # (B, T + 2)
    fraction = (torch.arange(hop // 2, device=f0.device, dtype=f0.dtype) + 0.5) / hop
    # A frame's first half lies between the previous centre and its own, its second half between its own and the next.
    before, own, after = edged[:, :-2, None], edged[:, 1:-1, None], edged[:, 2:, None]  # (B, T, 1)
    halves = [before + (own - before) * (fraction + 0.5), own + (after - own) * fraction]  # (B, T, hop / 2)
    return torch.cat(halves, dim=2).flatten(1)


def new_starts(unvoiced: Tensor, frames: int) -> Tensor:
    """Return where pulses can restart inaudibly, (B, T): once in each unvoiced stretch of `frames` frames or more.

    unvoiced: (B, T); frames: an even number; the place is the middle of the stretch's last `frames` frames. Otherwise
    differences in the last digits of f0, as between two processors, grow from a sentence's beginning to its end, and
    f0 is unreliable where frames are unvoiced.
    """
    inside = F.pad(unvoiced, (frames // 2, frames // 2)).unfold(1, frames, 1).all(-1)[:, :-1]  # (B, T)
    return inside & ~F.pad(inside, (0, 1))[:, 1:]


def periods(frequency: Tensor, sample_rate: int, phase: Tensor | None = None, starts: Tensor | None = None) -> Tensor:
    """Return the elapsed periods minus the nearest whole number, (B, S) in [-0.5, 0.5].

    frequency: (B, S) in Hz. phase: (B, S), added. starts: (B, S), True where a period begins, whatever has elapsed.
    """
    # Minutes of speech hold 10^5 periods: single precision would blur the high harmonics.
    elapsed = torch.cumsum(frequency.double() / sample_rate, dim=1)
    if starts is not None:
        elapsed = elapsed - torch.where(starts, elapsed, 0.0).cummax(dim=1).values
    if phase is not None:
        elapsed = elapsed + phase.double()
    return (elapsed - elapsed.round()).to(frequency.dtype)


def pulse_phase(samples: Tensor, f0: Tensor, voiced: Tensor, sample_rate: int, stft: FramedStft) -> Tensor:
    """Return how far a sound's pulses are ahead of the pulse train at f0, (B, T) in periods, without jumps.

    samples: (B, T * hop); f0: (B, T) in Hz; voiced: (B, T). It is the angle of sum_s w(s) x(s) exp(-2 pi i p(s)), with
    p the elapsed periods and w the window of `stft`; unvoiced frames repeat the last voiced one. Losses compare the
    sound's pulses with the recorded ones, whose phase is inaudible: without this alignment training smears the pulses.
    """
    angle = 2 * math.pi * periods(interpolate(f0, stft.hop), sample_rate)
    parts = torch.stack([samples * angle.cos(), -samples * angle.sin()])  # (2, B, T * hop)
    real, imaginary = stft.padded(parts).unfold(-1, stft.size, stft.hop) @ stft.window  # (B, T) each
    found = torch.atan2(imaginary, real) / (2 * math.pi)
    places = torch.arange(f0.shape[1], device=f0.device).expand_as(f0)
    last_voiced = torch.where(voiced, places, 0).cummax(dim=1).values
    held = found.gather(1, last_voiced)
    steps = held.diff(dim=1, prepend=held[:, :1])
    return held[:, :1] + (steps - steps.round()).cumsum(dim=1)


class MelCorrection(nn.Module):
    """Corrects a sound towards its mel: S'_kt = S_kt sum_m b_mk exp(g_mt (mel_mt - mel_mt(y))).

    S: the transform of a sound y; b_mk: the fraction of band m among the bands at frequency k; g: the correction gate,
    from 0 to 1. The corrected sound is the inverse transform of S'. A network over frames does not see the sum of its
    frames where they overlap. Here the sum is compared with the mel, as Griffin and Lim (1984) do with a complete
    spectrogram. The transform is as long as the window: the mel's longer one costs twice as much, and sounds the same.
    """

    def __init__(self, audio: AudioConfig) -> None:
        super().__init__()
        self.floor = audio.log_floor
        self.stft = FramedStft(audio.window_length, audio.hop_length)
        # A shorter transform has fewer frequencies, and each counts for more.
        bands = mel_basis(replace(audio, n_fft=audio.window_length)) * (audio.n_fft / audio.window_length)
        fractions = bands / bands.sum(0).clamp(min=1e-9)
        self.bands: Tensor
        self.fractions: Tensor
        self.beyond: Tensor
        self.register_buffer("bands", bands.T.contiguous(), persistent=False)
        self.register_buffer("fractions", fractions, persistent=False)
        # Frequencies beyond the last band stay: the mel says nothing about them.
        self.register_buffer("beyond", (fractions.sum(0) < 0.5).float(), persistent=False)

    def forward(self, samples: Tensor, mel: Tensor, gate: Tensor) -> Tensor:
        """Correct samples (B, T * hop) towards a log-mel (B, M, T), with gate (B, M, T); returns (B, T * hop)."""
        return self.stft.inverse(self.corrected(self.stft(samples), mel, gate))

    def corrected(self, spectrum: Tensor, mel: Tensor, gate: Tensor) -> Tensor:
        """Correct the spectrum (B, K, T) of a sound towards a log-mel (B, M, T), with gate (B, M, T)."""
        # In memory the transform lies frame by frame: this order is twice as fast.
        spectrum, mel, gate = (x.transpose(1, 2) for x in (spectrum, mel, gate))  # (B, T, K), (B, T, M), (B, T, M)
        found = torch.log((spectrum.abs() @ self.bands).clamp(min=self.floor))
        gains = torch.exp(gate * (mel - found).clamp(-LARGEST, LARGEST))
        return (spectrum * (gains @ self.fractions + self.beyond)).transpose(1, 2)
