"""How long each token lasts, and how wide it spreads over the frames (arXiv 2010.04301, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.models.recurrent import BiLstm


@dataclass(frozen=True)
class PredictorConfig:
    """Size of the duration and the range predictor; the defaults are the paper's (`units` a direction)."""

    units: int = 512
    layers: int = 2
    # A narrower Gaussian makes the weights' logarithms overflow, and its gradients with them.
    min_range: float = 0.3


class DurationPredictor(nn.Module):
    """Bidirectional LSTMs and a projection to seconds."""

    def __init__(self, inputs: int, config: PredictorConfig):
        super().__init__()
        self.lstm = BiLstm(inputs, config.units, config.layers)
        self.project = nn.Linear(2 * config.units, 1)

    def forward(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """hidden: (B, N, inputs), lengths: (B,). Returns (B, N) seconds, unbounded below: the loss needs the gradient there."""
        return self.project(self.lstm(hidden, lengths)).squeeze(-1)


class RangePredictor(nn.Module):
    """Bidirectional LSTMs over [encoding; duration], a projection and a SoftPlus."""

    def __init__(self, inputs: int, config: PredictorConfig):
        super().__init__()
        self.min_range = config.min_range
        self.lstm = BiLstm(inputs + 1, config.units, config.layers)
        self.project = nn.Linear(2 * config.units, 1)

    def forward(self, hidden: Tensor, durations: Tensor, lengths: Tensor) -> Tensor:
        """hidden: (B, N, inputs), durations: (B, N) seconds. Returns (B, N), the Gaussians' sigma in frames, above `min_range`."""
        inputs = torch.cat([hidden.float(), durations[..., None]], dim=-1)
        return self.min_range + F.softplus(self.project(self.lstm(inputs, lengths)).squeeze(-1))
