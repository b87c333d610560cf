"""Where the pulses of a recording lie, so that a vocoder learns with pulses at the same places."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pngnat.models.vocoder.source import interpolate, periods
from pngnat.models.vocoder.stft import FramedStft


def pulse_phase(samples: Tensor, f0: Tensor, voiced: Tensor, sample_rate: int, stft: FramedStft) -> Tensor:
    """How much further in its period the fundamental of a sound is than f0 alone would have it, (B, T) in periods, without jumps of
    whole periods; where there is no voice, as in the voiced frame before.

    samples: (B, T * hop); f0: (B, T) in Hz; voiced: (B, T). It is the angle of sum_s w(s) x(s) exp(-2 pi i p(s)), p the periods that
    have passed and w the window of `stft`.

    Without it a recording's pulses lie anywhere between the source's. No listener minds, but every loss does, and its way out is to
    smear the pulses.
    """
    angle = 2 * math.pi * periods(interpolate(f0, stft.hop), sample_rate)
    frames = stft.padded(torch.stack([samples * angle.cos(), -samples * angle.sin()])).unfold(-1, stft.size, stft.hop)
    real, imaginary = frames @ stft.window
    found = torch.atan2(imaginary, real) / (2 * math.pi)
    places = torch.arange(f0.shape[1], device=f0.device).expand_as(f0)
    last_voiced = torch.where(voiced, places, 0).cummax(dim=1).values
    held = found.gather(1, last_voiced)
    steps = held.diff(dim=1, prepend=held[:, :1])
    return held[:, :1] + (steps - steps.round()).cumsum(dim=1)
