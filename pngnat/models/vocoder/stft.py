"""Fourier transforms whose frames lie exactly where the mel's frames lie."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FramedStft(nn.Module):
    """STFT and its inverse with frame t centred at sample (t + 0.5) * hop, so that T frames are T * hop samples.

    window: samples in a frame, a Hann window. transform: the length of its Fourier transform, None for the window's;
    the rest of it is zeros after the window. K = transform // 2 + 1 frequencies."""

    def __init__(self, window: int, hop: int, transform: int | None = None) -> None:
        super().__init__()
        if window % 2 or hop % 2 or window < 2 * hop:
            raise ValueError(f"window {window} and hop {hop} must be even, and frames must overlap by half or more")
        self.size, self.hop, self.pad, self.transform = window, hop, (window - hop) // 2, transform or window
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    @property
    def frequencies(self) -> int:
        """K."""
        return self.transform // 2 + 1

    def forward(self, samples: Tensor) -> Tensor:
        """samples (B, T * hop) to complex (B, K, T)."""
        return self.of_padded(self.padded(samples))

    def padded(self, samples: Tensor) -> Tensor:
        """samples (B, S) with silence around them, (B, S + 2 * pad), so that the first and last frame are whole."""
        return F.pad(samples, (self.pad, self.pad))

    def of_padded(self, padded: Tensor) -> Tensor:
        """(B, T * hop + 2 * pad) to complex (B, K, T)."""
        return torch.fft.rfft(padded.unfold(-1, self.size, self.hop) * self.window, self.transform).transpose(1, 2)

    def inverse(self, spectrum: Tensor) -> Tensor:
        """complex (B, K, T) to the samples (B, T * hop) whose transform is nearest: windowed frames overlapped and
        added."""
        return self.trim(*self.overlap(spectrum))

    def overlap(self, spectrum: Tensor) -> tuple[Tensor, Tensor]:
        """complex (B, K, T) to the sum of windowed frames (B, T * hop + 2 * pad) and the sum of squared windows beneath
        it, (1, same)."""
        frames = torch.fft.irfft(spectrum.transpose(1, 2), n=self.transform)[..., : self.size] * self.window
        return self._add(frames), self._add(self.window.square().expand(1, frames.shape[1], -1))

    def trim(self, total: Tensor, weight: Tensor) -> Tensor:
        """The sums of `overlap`, divided, without the padding."""
        inside = slice(self.pad, total.shape[-1] - self.pad)
        return total[:, inside] / weight[:, inside]

    def _add(self, frames: Tensor) -> Tensor:
        """(B, T, size) to (B, (T - 1) * hop + size). Hop by hop, some seven times quicker than
        `torch.nn.functional.fold`."""
        hops, count = -(-self.size // self.hop), frames.shape[1]
        parts = F.pad(frames, (0, hops * self.hop - self.size)).unflatten(-1, (hops, self.hop))
        shifted = [F.pad(parts[:, :, place], (0, 0, place, hops - 1 - place)) for place in range(hops)]
        return sum(shifted[1:], shifted[0]).flatten(1)[:, : (count - 1) * self.hop + self.size]
