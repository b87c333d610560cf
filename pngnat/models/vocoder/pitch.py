"""Fundamental frequency and voicing from the log-mel alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.models.layers import ConvNeXt

# Classes on either side of the likeliest one that are averaged with it.
REACH = 4


@dataclass(frozen=True)
class PitchConfig:
    """Size and range of the pitch network: classes evenly spaced in pitch."""

    width: int = 128
    """Channels of the ConvNeXt stack."""
    hidden: int = 256
    """Hidden units of each block."""
    blocks: int = 4
    """Number of blocks."""
    bins: int = 128
    """Number of pitch classes."""
    f_min: float = 55.0
    """Frequency of the lowest class in Hz."""
    f_max: float = 720.0
    """Frequency of the highest class in Hz."""

    @property
    def log_f_min(self) -> float:
        """Return the natural logarithm of the lowest class's frequency."""
        return math.log(self.f_min)

    @property
    def spacing(self) -> float:
        """Return the spacing of neighbouring classes in natural logarithms."""
        return (math.log(self.f_max) - self.log_f_min) / (self.bins - 1)


class PitchNet(nn.Module):
    """A classifier of each frame's pitch, which interpolates between classes as CREPE does.

    Source: Kim et al., arXiv 1802.06182, section 2.
    """

    def __init__(self, n_mels: int, config: PitchConfig) -> None:
        super().__init__()
        self.config = config
        self.net = ConvNeXt(n_mels, config.bins + 1, config.width, config.hidden, config.blocks)
        self.log_centres: Tensor
        self.register_buffer(
            "log_centres", torch.linspace(math.log(config.f_min), math.log(config.f_max), config.bins), persistent=False
        )

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of the pitch classes (B, T, bins) and of voicing (B, T). mel: (B, M, T), scaled."""
        out = self.net(mel)
        return out[..., :-1], out[..., -1]

    def decode(self, classes: Tensor) -> Tensor:
        """Return f0 (B, T) in Hz, above 0, from logits (B, T, bins): the mean near the likeliest class, computed twice.

        The first mean jumps if rounding decides between two classes that are about as likely; the second mean, around
        the first one, hardly does.
        """
        bins = torch.arange(self.config.bins, device=classes.device)
        likeliest = classes.argmax(-1, keepdim=True)
        steps = bins - likeliest
        near = classes.float().masked_fill(steps.abs() > REACH, -math.inf).softmax(-1)
        mean = (near * steps).sum(-1, keepdim=True)
        weights = classes.float().softmax(-1) * (REACH + 1 - (steps - mean).abs()).clamp(0, 1)
        weights = weights / weights.sum(-1, keepdim=True)
        # In single precision, an error of a millionth far from the class would move the pulses by a quarter of a sample
        # in ten seconds.
        place = likeliest[..., 0] + (weights * steps).sum(-1).to(_double(classes))
        return torch.exp(self.config.log_f_min + self.config.spacing * place).to(weights.dtype)

    def loss(self, classes: Tensor, voicing: Tensor, f0: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean cross-entropies of pitch (voiced frames only) and of voicing. f0: (B, T) in Hz, 0 where
        unvoiced."""
        voiced = (f0 > 0).float()
        spacing = self.log_centres[1] - self.log_centres[0]
        distance = (torch.log(f0.clamp(min=self.config.f_min))[..., None] - self.log_centres) / spacing
        target = torch.softmax(-0.5 * distance.square(), dim=-1)
        pitch = -(target * classes.float().log_softmax(-1)).sum(-1)
        return (pitch * voiced).sum() / voiced.sum().clamp(min=1), F.binary_cross_entropy_with_logits(
            voicing.float(), voiced
        )


def _double(values: Tensor) -> torch.dtype:
    # Apple's GPUs have no double precision.
    return torch.float32 if values.device.type == "mps" else torch.float64
