"""How far one sound is from another, measured on magnitudes alone.

A voice is partly chance: the noise in it, and where its pulses lie. A plain distance to the recording is least for a sound in the middle
of what might have been, with no noise and with pulses smeared out. So two renderings y, y' of one mel are compared with the recording x and
with each other, (d(y, x) + d(y', x) - r d(y, y')) / 2, which, with a repulsion r of 1, is least when they vary as recordings do.
Source: Gritsenko et al., "A spectral energy distance for parallel speech synthesis", arXiv 2008.01160, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
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

    def __init__(self, config: StftLossConfig, repulsion: float = 1.0) -> None:
        super().__init__()
        self.repulsion = repulsion
        if len(config.windows) != len(config.hops):
            raise ValueError("each window of the STFT loss needs a hop")
        self.config = config
        for size in config.windows:
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)

    def forward(self, made: Tensor, true: Tensor, other: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Sounds (B, S) to the two distances, scalars. other: a second rendering of what `made` is a rendering of."""
        convergence, distance, floor = [], [], self.config.floor
        for size, hop in zip(self.config.windows, self.config.hops, strict=True):
            magnitudes = [self._magnitudes(samples, size, hop) for samples in (made, true, other) if samples is not None]
            scale = magnitudes[1].norm().clamp(min=floor)
            convergence.append(_energy(self.repulsion, lambda a, b: (a - b).norm(), *magnitudes) / scale)
            distance.append(_energy(self.repulsion, F.l1_loss, *(magnitude.clamp(min=floor).log() for magnitude in magnitudes)))
        return torch.stack(convergence).mean(), torch.stack(distance).mean()

    def _magnitudes(self, samples: Tensor, size: int, hop: int) -> Tensor:
        window = getattr(self, f"window_{size}")
        spectrum = torch.stft(samples, size, hop, window=window, return_complex=True, pad_mode="constant")
        # The gradient of a plain absolute value is undefined at 0, where digital silence is.
        return torch.view_as_real(spectrum).square().sum(-1).add(1e-12).sqrt()


class LogMelLoss(nn.Module):
    """Mean absolute difference of log-mels."""

    def __init__(self, audio: AudioConfig, repulsion: float = 1.0) -> None:
        super().__init__()
        self.audio, self.repulsion = audio, repulsion

    def forward(self, made: Tensor, true: Tensor, other: Tensor | None = None) -> Tensor:
        """Sounds (B, S) to a scalar. other: a second rendering of what `made` is a rendering of."""
        mels = (log_mel(samples, self.audio) for samples in (made, true, other) if samples is not None)
        return _energy(self.repulsion, F.l1_loss, *mels)


def _energy(
    repulsion: float, distance: Callable[[Tensor, Tensor], Tensor], made: Tensor, true: Tensor, other: Tensor | None = None
) -> Tensor:
    """The distance, or, with a second rendering, the energy distance."""
    if other is None:
        return distance(made, true)
    return (distance(made, true) + distance(other, true) - repulsion * distance(made, other)) / 2
