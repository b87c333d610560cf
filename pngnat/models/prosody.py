"""Pitch and loudness of each token, predicted from the text, as inputs of the decoder.

In training, the decoder takes the recorded values; without them it would generate the mean of all possible melodies.
Source: FastSpeech 2 (arXiv 2006.04558, section 2.3), with a value for each token as in FastPitch (arXiv 2006.06873,
section 2.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VALUES = 2  # pitch, loudness


@dataclass(frozen=True)
class ProsodyConfig:
    """Size of the predictor of pitch and loudness."""

    width: int = 192
    """Channels of the convolutions."""
    layers: int = 3
    """Number of convolutions."""
    kernel: int = 5
    """Tokens that a convolution sees."""
    dropout: float = 0.1
    """Dropout after each convolution."""


class Prosody(nn.Module):
    """A predictor of pitch and loudness, and an embedding of these values.

    Values are normalized, see `pngnat.data.prosody`. They hold at the middles of the tokens; Gaussian upsampling
    interpolates between them.
    """

    def __init__(self, width: int, config: ProsodyConfig) -> None:
        super().__init__()
        sizes = [width + 1] + [config.width] * config.layers
        pairs = list(pairwise(sizes))
        self.convolutions = nn.ModuleList(nn.Conv1d(a, b, config.kernel, padding=config.kernel // 2) for a, b in pairs)
        self.norms = nn.ModuleList(nn.LayerNorm(size) for size in sizes[1:])
        self.dropout = nn.Dropout(config.dropout)
        self.proj_out = nn.Linear(config.width, VALUES)
        self.embedding = nn.Conv1d(VALUES, width, 3, padding=1)
        # Zeros, so that a decoder trained without prosody gives the same output at first.
        for parameter in self.embedding.parameters():
            nn.init.zeros_(parameter)

    def forward(self, hidden: Tensor, durations: Tensor, mask: Tensor) -> Tensor:
        """Return predicted values, (B, N, VALUES), 0 at padding. hidden: (B, N, width). durations: (B, N) seconds.
        mask: (B, N)."""
        x, mask = torch.cat([hidden, durations[..., None].to(hidden.dtype)], dim=-1), mask[..., None]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = self.dropout(norm(F.relu(convolution((x * mask).transpose(1, 2)).transpose(1, 2))))
        return self.proj_out(x).float() * mask

    def embed(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors to add to the hidden states, (B, N, width). values: (B, N, VALUES)."""
        mask = mask[..., None]
        return self.embedding((values * mask).transpose(1, 2)).transpose(1, 2) * mask
