"""Sinusoidal embeddings of positions."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoidal(positions: Tensor, width: int) -> Tensor:
    """Sines and cosines of `positions` (...,) at `width` / 2 wavelengths from 2 pi to 20000 pi; (..., width) float32.

    Source: Attention Is All You Need (arXiv 1706.03762), section 3.5. `width` must be even.
    """
    angles = positions[..., None].float() * _frequencies(width, positions.device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def wavelengths(width: int) -> Tensor:
    """How many positions a period of each sine lasts, (width / 2,)."""
    return 2 * math.pi / _frequencies(width, torch.device("cpu"))


def _frequencies(width: int, device: torch.device) -> Tensor:
    return torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10000.0) / width))
