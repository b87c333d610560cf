"""How far one sound is from another, measured on magnitudes alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel


@dataclass(frozen=True)
class StftLossConfig:
    """Windows and hops in samples, a pair for each resolution; floor: the smallest magnitude whose logarithm still counts."""

    windows: tuple[int, ...] = (512, 1024, 2048)
    hops: tuple[int, ...] = (128, 256, 512)
    floor: float = 1e-4


class MultiResolutionStftLoss(nn.Module):
    """Spectral convergence plus log-magnitude distance, averaged over resolutions (Yamamoto et al., arXiv 1910.11480, section 2.2)."""

    def __init__(self, config: StftLossConfig) -> None:
        super().__init__()
        if len(config.windows) != len(config.hops):
            raise ValueError("each window of the STFT loss needs a hop")
        self.config = config
        for size in config.windows:
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)

    def forward(self, made: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
        """Sounds (B, S), (B, S) to the two distances, scalars."""
        convergence, distance = [], []
        for size, hop in zip(self.config.windows, self.config.hops, strict=True):
            a, b = (self._magnitudes(samples, size, hop) for samples in (made, true))
            convergence.append((a - b).norm() / b.norm().clamp(min=self.config.floor))
            floor = self.config.floor
            distance.append(F.l1_loss(a.clamp(min=floor).log(), b.clamp(min=floor).log()))
        return torch.stack(convergence).mean(), torch.stack(distance).mean()

    def _magnitudes(self, samples: Tensor, size: int, hop: int) -> Tensor:
        window = getattr(self, f"window_{size}")
        spectrum = torch.stft(samples, size, hop, window=window, return_complex=True, pad_mode="constant")
        # The gradient of a plain absolute value is undefined at 0, where digital silence is.
        return torch.view_as_real(spectrum).square().sum(-1).add(1e-12).sqrt()


class LogMelLoss(nn.Module):
    """Mean absolute difference of log-mels."""

    def __init__(self, audio: AudioConfig) -> None:
        super().__init__()
        self.audio = audio

    def forward(self, made: Tensor, true: Tensor) -> Tensor:
        """Sounds (B, S), (B, S) to a scalar."""
        return F.l1_loss(log_mel(made, self.audio), log_mel(true, self.audio))
