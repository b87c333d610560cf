"""Sinusoidal embeddings of positions."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoidal(positions: Tensor, width: int) -> Tensor:
    """Sines and cosines of `positions` (...,) at `width` / 2 wavelengths from 2 pi to 20000 pi; (..., width) float32.

    Source: Attention Is All You Need (arXiv 1706.03762), section 3.5. `width` must be even.
    """
    frequencies = torch.exp(torch.arange(0, width, 2, device=positions.device) * (-math.log(10000.0) / width))
    angles = positions[..., None].float() * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
