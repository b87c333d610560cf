"""The stack of convolutions over frames that the vocoder's networks are made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ConvNeXtBlock(nn.Module):
    """A residual block over frames: a convolution per channel, then two dense layers.

    Source: ConvNeXt, arXiv 2201.03545, section 2, over time as in Vocos, arXiv 2306.00814.
    """

    def __init__(self, width: int, hidden: int, kernel: int, scale: float) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden)
        self.contract = nn.Linear(hidden, width)
        self.scale = nn.Parameter(scale * self.mix.weight.new_ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        y = self.mix(x.transpose(1, 2)).transpose(1, 2)
        return x + self.scale * self.contract(F.gelu(self.expand(self.norm(y)), approximate="tanh"))


class ConvNeXt(nn.Module):
    """inputs channels to outputs channels, through `blocks` blocks of `width`. A frame of the result sees `reach` frames on either side."""

    def __init__(self, inputs: int, outputs: int, width: int, hidden: int, blocks: int, kernel: int = 7) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"a kernel of {kernel} frames has no middle; use an odd number")
        self.reach = (blocks + 1) * (kernel // 2)
        self.enter = nn.Conv1d(inputs, width, kernel, padding=kernel // 2)
        self.blocks = nn.ModuleList([ConvNeXtBlock(width, hidden, kernel, 1 / blocks) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T) to (B, T, outputs)."""
        x = self.enter(x).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.leave(self.norm(x))
