"""Distances between two sounds: of magnitudes alone, and of complex spectra."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel


@dataclass(frozen=True)
class StftLossConfig:
    """Settings of the loss."""

    windows: tuple[int, ...] = (256, 512, 1024, 2048)
    """Samples, one for each resolution; the shortest sees each pulse of a voice."""
    hops: tuple[int, ...] = (64, 128, 256, 512)
    """Samples between the frames of each resolution."""
    floor: float = 3e-4
    """The smallest magnitude whose logarithm counts; white noise of full scale has magnitudes around 1. Below it, 70 dB
    under full scale, a recording has nothing audible."""


class MultiResolutionStftLoss(nn.Module):
    """A loss of spectral convergence and log-magnitude distance, averaged over resolutions.

    Source: Yamamoto et al., arXiv 1910.11480, section 2.2.
    """

    def __init__(self, config: StftLossConfig) -> None:
        super().__init__()
        if len(config.windows) != len(config.hops):
            raise ValueError("each window of the STFT loss needs a hop")
        self.config = config
        for size in config.windows:
            window = torch.hann_window(size)
            self.register_buffer(f"window_{size}", window / window.norm(), persistent=False)

    def forward(self, made: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
        """Return spectral convergence and log-magnitude distance, scalars, of sounds (B, S)."""
        convergence, distance, floor = [], [], self.config.floor
        for size, hop in zip(self.config.windows, self.config.hops, strict=True):
            a, b = self._magnitudes(made, size, hop), self._magnitudes(true, size, hop)
            # Normalize each sound, so that a loud one does not outweigh the others.
            lost = (a - b).flatten(1).norm(dim=1) / b.flatten(1).norm(dim=1).clamp(min=floor * b[0].numel() ** 0.5)
            convergence.append(lost.mean())
            distance.append(F.l1_loss(a.clamp(min=floor).log(), b.clamp(min=floor).log()))
        return torch.stack(convergence).mean(), torch.stack(distance).mean()

    def _magnitudes(self, samples: Tensor, size: int, hop: int) -> Tensor:
        window = getattr(self, f"window_{size}")
        spectrum = torch.stft(samples, size, hop, window=window, return_complex=True, pad_mode="constant")
        # The gradient of a plain absolute value is undefined at 0, where digital silence is.
        return torch.view_as_real(spectrum).square().sum(-1).add(1e-12).sqrt()


class ComplexStftLoss(nn.Module):
    """A loss |A - B| / |B| of complex spectra, averaged over windows: 0 for equal sounds, 1 for silence, 2 for a
    negated sound.

    It has a useful gradient only where the input determines the phases of a sound, as the pulses that the vocoder is
    trained with determine the phases of harmonics.
    """

    def __init__(self, windows: tuple[int, ...] = (512, 1024), floor: float = 1e-3) -> None:
        """Create the loss.

        windows: samples, each with a hop of a quarter. floor: the level, relative to full scale, that a softer
        recording is counted as.
        """
        super().__init__()
        self.windows, self.floor = windows, floor
        for size in windows:
            window = torch.hann_window(size)
            self.register_buffer(f"window_{size}", window / window.norm(), persistent=False)

    def forward(self, made: Tensor, true: Tensor) -> Tensor:
        """Return the loss, a scalar, of sounds (B, S)."""
        lost = []
        for size in self.windows:
            a, b = (self._spectrum(samples, size) for samples in (made, true))
            lost.append(
                (a - b).flatten(1).norm(dim=1)
                / b.flatten(1).norm(dim=1).clamp(min=self.floor * (b[0].numel() / 2) ** 0.5)
            )
        return torch.stack(lost).mean()

    def _spectrum(self, samples: Tensor, size: int) -> Tensor:
        spectrum = torch.stft(
            samples, size, size // 4, window=getattr(self, f"window_{size}"), return_complex=True, pad_mode="constant"
        )
        return torch.view_as_real(spectrum)


class LogMelLoss(nn.Module):
    """A loss: the mean absolute difference of log-mels."""

    def __init__(self, audio: AudioConfig) -> None:
        super().__init__()
        self.audio = audio

    def forward(self, made: Tensor, true: Tensor) -> Tensor:
        """Return the loss, a scalar, of sounds (B, S)."""
        return F.l1_loss(log_mel(made, self.audio), log_mel(true, self.audio))
