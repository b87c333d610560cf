"""The glottal source: a band-limited train of pulses at the fundamental frequency, and where a recording's pulses
lie."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from pngnat.models.vocoder.stft import FramedStft

# Of the Nyquist frequency; above it the noise takes over.
BANDWIDTH = 0.92


def pulse_train(
    f0: Tensor, hop: int, sample_rate: int, phase: Tensor | None = None, starts: Tensor | None = None
) -> Tensor:
    """Pulses at f0, made of all harmonics below 0.92 of the Nyquist frequency, with a mean power of about 1/2 whatever
    f0 is.

    f0: (B, T) in Hz, above 0. phase: (B, T) in periods, how much further the pulses are than f0 alone would have them;
    None is 0. Both are of the frames' centres and interpolated between them. starts: (B, T), with which frames a period
    begins; None is none.
    Returns (B, T * hop). A sum of K cosines in closed form, the Dirichlet kernel:
    sum_k cos(k p) = (sin((K + 1/2) p) / sin(p / 2) - 1) / 2.
    """
    frequency = interpolate(f0, hop)
    starts = None if starts is None else F.pad(starts[..., None], (0, hop - 1)).flatten(1)
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
    """(B, T) at the frames' centres to (B, T * hop), linear between them and level at the ends."""
    # Not with F.interpolate, which counts samples in single precision: minutes of speech have more than that can tell
    # apart.
    edged = F.pad(f0[:, None], (1, 1), mode="replicate")[:, 0]
    share = (torch.arange(hop // 2, device=f0.device, dtype=f0.dtype) + 0.5) / hop
    # A frame's first half lies between the centre before and its own, its second half between its own and the next.
    before, own, after = edged[:, :-2, None], edged[:, 1:-1, None], edged[:, 2:, None]
    return torch.cat([before + (own - before) * (share + 0.5), own + (after - own) * share], dim=2).flatten(1)


def new_starts(unvoiced: Tensor, frames: int) -> Tensor:
    """Where pulses can begin anew and nobody hears it, (B, T): in the middle of the last `frames` frames, an even
    number, of each stretch without voice that has so many; unvoiced: (B, T).

    What differs in the last digits of f0, between two processors, would else grow from the beginning of a sentence to
    its end, and f0 is hardly more than a guess where there is no voice."""
    inside = F.pad(unvoiced, (frames // 2, frames // 2)).unfold(1, frames, 1).all(-1)[:, :-1]
    return inside & ~F.pad(inside, (0, 1))[:, 1:]


def periods(frequency: Tensor, sample_rate: int, phase: Tensor | None = None, starts: Tensor | None = None) -> Tensor:
    """Elapsed periods, less the nearest whole number: frequency (B, S) in Hz, phase (B, S) to add, and starts (B, S),
    where a period begins whatever has elapsed, to (B, S) in [-0.5, 0.5]."""
    # Minutes of speech hold 10^5 periods: single precision would blur the high harmonics.
    elapsed = torch.cumsum(frequency.double() / sample_rate, dim=1)
    if starts is not None:
        elapsed = elapsed - torch.where(starts, elapsed, 0.0).cummax(dim=1).values
    if phase is not None:
        elapsed = elapsed + phase.double()
    return (elapsed - elapsed.round()).to(frequency.dtype)


def pulse_phase(samples: Tensor, f0: Tensor, voiced: Tensor, sample_rate: int, stft: FramedStft) -> Tensor:
    """How much further in its period the fundamental of a sound is than f0 alone would have it, (B, T) in periods,
    without jumps of whole periods; where there is no voice, as in the voiced frame before.

    samples: (B, T * hop); f0: (B, T) in Hz; voiced: (B, T). It is the angle of sum_s w(s) x(s) exp(-2 pi i p(s)), p the
    periods that have passed and w the window of `stft`.

    Without it a recording's pulses lie anywhere between the source's. No listener minds, but every loss does, and its
    way out is to smear the pulses."""
    angle = 2 * math.pi * periods(interpolate(f0, stft.hop), sample_rate)
    frames = stft.padded(torch.stack([samples * angle.cos(), -samples * angle.sin()])).unfold(-1, stft.size, stft.hop)
    real, imaginary = frames @ stft.window
    found = torch.atan2(imaginary, real) / (2 * math.pi)
    places = torch.arange(f0.shape[1], device=f0.device).expand_as(f0)
    last_voiced = torch.where(voiced, places, 0).cummax(dim=1).values
    held = found.gather(1, last_voiced)
    steps = held.diff(dim=1, prepend=held[:, :1])
    return held[:, :1] + (steps - steps.round()).cumsum(dim=1)
