"""Pitch and loudness of each token: predicted from the text, and what the decoder makes the frames from.

What a recording has of both is given to the decoder in training, so that it need not guess at the melody and make the
mean of all melodies. Source: FastSpeech 2 (arXiv 2006.04558, section 2.3), a value a token as in FastPitch (arXiv
2006.06873, section 2.1)."""

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
    """Channels of its convolutions."""
    layers: int = 3
    """Convolutions."""
    kernel: int = 5
    """Tokens that one of them sees."""
    dropout: float = 0.1
    """After each of them."""


class Prosody(nn.Module):
    """The predictor, and the embedding of its values.

    Values are normalized, see `pngnat.data.prosody`. They are functions of time that are given at the tokens' middles:
    Gaussian upsampling draws the line between."""

    def __init__(self, width: int, config: ProsodyConfig) -> None:
        super().__init__()
        sizes = [width + 1] + [config.width] * config.layers
        pairs = list(pairwise(sizes))
        self.convolutions = nn.ModuleList(nn.Conv1d(a, b, config.kernel, padding=config.kernel // 2) for a, b in pairs)
        self.norms = nn.ModuleList(nn.LayerNorm(size) for size in sizes[1:])
        self.dropout = nn.Dropout(config.dropout)
        self.proj_out = nn.Linear(config.width, VALUES)
        self.embedding = nn.Conv1d(VALUES, width, 3, padding=1)
        # A decoder that has learned without is not disturbed.
        for parameter in self.embedding.parameters():
            nn.init.zeros_(parameter)

    def forward(self, hidden: Tensor, durations: Tensor, mask: Tensor) -> Tensor:
        """hidden: (B, N, width); durations: (B, N) seconds; mask: (B, N). Returns (B, N, VALUES), zero at padding."""
        x, mask = torch.cat([hidden, durations[..., None].to(hidden.dtype)], dim=-1), mask[..., None]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = self.dropout(norm(F.relu(convolution((x * mask).transpose(1, 2)).transpose(1, 2))))
        return self.proj_out(x).float() * mask

    def embed(self, values: Tensor, mask: Tensor) -> Tensor:
        """Values (B, N, VALUES) to what is added to the hidden states, (B, N, width)."""
        mask = mask[..., None]
        return self.embedding((values * mask).transpose(1, 2)).transpose(1, 2) * mask
