"""Layers that several models share: embeddings of positions, recurrence and convolutions over padded sequences."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.models.batch import length_mask


def sinusoidal(positions: Tensor, width: int) -> Tensor:
    """Return sines and cosines of `positions` (...,), (..., width) float32.

    There are `width` / 2 wavelengths, from 2 pi to 20000 pi; `width` must be even. Source: Attention Is All You Need
    (arXiv 1706.03762), section 3.5.
    """
    angles = positions[..., None].float() * _frequencies(width, positions.device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def wavelengths(width: int) -> Tensor:
    """Return the wavelength of each sine in positions, (width / 2,)."""
    return 2 * math.pi / _frequencies(width, torch.device("cpu"))


def _frequencies(width: int, device: torch.device) -> Tensor:
    return torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10000.0) / width))


class BiLstm(nn.Module):
    """A stack of `layers` bidirectional LSTM layers; padding has no influence on either direction.

    Each direction is an LSTM over padded rows; the rows of the backward one begin with their last token. On CPUs this
    trains three times faster than PyTorch's packed sequences, whose backward pass goes token by token.
    """

    def __init__(self, inputs: int, units: int, layers: int = 1):
        super().__init__()
        sizes = [inputs] + [2 * units] * (layers - 1)
        self.forwards = nn.ModuleList(nn.LSTM(size, units, batch_first=True) for size in sizes)
        self.backwards = nn.ModuleList(nn.LSTM(size, units, batch_first=True) for size in sizes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, N, 2 * units), 0 at padding, in float32. x: (B, N, inputs). lengths: (B,) tokens."""
        turned = reversed_places(lengths, x.shape[1])
        # Recurrence accumulates rounding errors over the sequence, and gains nothing from half precision on CPUs.
        with torch.autocast(x.device.type, enabled=False):
            x = x.float()
            for ahead, back in zip(self.forwards, self.backwards, strict=True):
                x = torch.cat([ahead(x)[0], _turn(back(_turn(x, turned))[0], turned)], dim=-1)
            return x * length_mask(lengths, x.shape[1])[..., None]


def reversed_places(lengths: Tensor, size: int) -> Tensor:
    """Return places (B, size) that reverse `lengths[b]` tokens of each row and keep its padding; its own inverse."""
    place = torch.arange(size, device=lengths.device)[None, :]
    return torch.where(length_mask(lengths, size), lengths[:, None] - 1 - place, place)


def _turn(x: Tensor, places: Tensor) -> Tensor:
    return x.gather(1, places[..., None].expand_as(x))


class ConvNeXtBlock(nn.Module):
    """A residual block over frames: a convolution of each channel, then two dense layers.

    Source: ConvNeXt, arXiv 2201.03545, section 2, over time as in Vocos, arXiv 2306.00814. gelu: `none` is exact,
    `tanh` its cheaper approximation. condition: width of a vector that scales and shifts the output of the norm
    (AdaSpeech, arXiv 2103.00993, section 2.3); 0 for no such vector.
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        kernel: int,
        scale: float,
        dropout: float = 0.0,
        gelu: str = "tanh",
        condition: int = 0,
    ) -> None:
        super().__init__()
        self.gelu = gelu
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden)
        self.contract = nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)
        self.scale = nn.Parameter(scale * self.depthwise.weight.new_ones(width))
        self.adapt = nn.Linear(condition, 2 * width) if condition else None
        if self.adapt:
            nn.init.zeros_(self.adapt.weight)
            nn.init.zeros_(self.adapt.bias)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Transform (B, T, width) to (B, T, width). condition: (B, condition), if the block has a condition."""
        y = self.norm(self.depthwise(x.transpose(1, 2)).transpose(1, 2))
        if self.adapt:
            gain, shift = self.adapt(condition)[:, None].chunk(2, dim=-1)
            y = y * (1 + gain) + shift
        return x + self.dropout(self.scale * self.contract(F.gelu(self.expand(y), approximate=self.gelu)))


class ConvNeXt(nn.Module):
    """A stack of `blocks` blocks of `width`, from `inputs` to `outputs` channels.

    A frame of the output depends on `reach` frames on either side.
    """

    def __init__(self, inputs: int, outputs: int, width: int, hidden: int, blocks: int, kernel: int = 7) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"a kernel of {kernel} frames has no middle; use an odd number")
        self.reach = (blocks + 1) * (kernel // 2)
        self.proj_in = nn.Conv1d(inputs, width, kernel, padding=kernel // 2)
        self.blocks = nn.ModuleList([ConvNeXtBlock(width, hidden, kernel, 1 / blocks) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.proj_out = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Transform (B, inputs, T) to (B, T, outputs)."""
        x = self.proj_in(x).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.proj_out(self.norm(x))
