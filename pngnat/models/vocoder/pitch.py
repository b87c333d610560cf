"""Fundamental frequency and voicing from the log-mel alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.models.layers import ConvNeXt

# Classes on either side of the likeliest that are its own.
REACH = 4


@dataclass(frozen=True)
class PitchConfig:
    """Size and range of the pitch network: classes evenly spaced in pitch."""

    width: int = 128
    """Channels of the ConvNeXt stack."""
    hidden: int = 256
    """Hidden units of each block."""
    blocks: int = 4
    """How many there are."""
    bins: int = 128
    """Classes of pitch."""
    f_min: float = 55.0
    """Hz, of the lowest class."""
    f_max: float = 720.0
    """Hz, of the highest class."""

    @property
    def log_f_min(self) -> float:
        """Natural logarithm of the lowest class."""
        return math.log(self.f_min)

    @property
    def spacing(self) -> float:
        """Of neighbouring classes, in natural logarithms."""
        return (math.log(self.f_max) - self.log_f_min) / (self.bins - 1)


class PitchNet(nn.Module):
    """Classifies each frame's pitch and reads it off between the classes, as CREPE does (Kim et al., arXiv 1802.06182,
    section 2)."""

    def __init__(self, n_mels: int, config: PitchConfig) -> None:
        super().__init__()
        self.config = config
        self.net = ConvNeXt(n_mels, config.bins + 1, config.width, config.hidden, config.blocks)
        self.log_centres: Tensor
        self.register_buffer(
            "log_centres", torch.linspace(math.log(config.f_min), math.log(config.f_max), config.bins), persistent=False
        )

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """mel (B, M, T), scaled, to logits of the pitch classes (B, T, bins) and of voicing (B, T)."""
        out = self.net(mel)
        return out[..., :-1], out[..., -1]

    def decode(self, classes: Tensor) -> Tensor:
        """Logits (B, T, bins) to f0 (B, T) in Hz, never 0: the mean around the mean around the likeliest class.

        Twice, since it jumps where two classes are about as likely and rounding decides between them; the second mean
        hardly does."""
        bins = torch.arange(self.config.bins, device=classes.device)
        likeliest = classes.argmax(-1, keepdim=True)
        steps = bins - likeliest
        near = classes.float().masked_fill(steps.abs() > REACH, -math.inf).softmax(-1)
        mean = (near * steps).sum(-1, keepdim=True)
        weights = classes.float().softmax(-1) * (REACH + 1 - (steps - mean).abs()).clamp(0, 1)
        weights = weights / weights.sum(-1, keepdim=True)
        # Far from the class in single precision, a millionth of an error would in ten seconds move the pulses by a
        # quarter of a sample.
        place = likeliest[..., 0] + (weights * steps).sum(-1).to(_double(classes))
        return torch.exp(self.config.log_f_min + self.config.spacing * place).to(weights.dtype)

    def loss(self, classes: Tensor, voicing: Tensor, f0: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropies of pitch (voiced frames alone) and of voicing, each a mean. f0: (B, T) in Hz, 0 where
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
    # Apple's GPUs have none.
    return torch.float32 if values.device.type == "mps" else torch.float64
