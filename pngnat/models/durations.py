"""How long each token lasts, and Gaussian upsampling: from one vector a token to one vector a frame (arXiv 2010.04301,
section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.models.batch import length_mask
from pngnat.models.layers import BiLstm, sinusoidal


@dataclass(frozen=True)
class PredictorConfig:
    """Size of the duration and the range predictor; the defaults are the paper's."""

    units: int = 512
    """Of each LSTM, for each direction."""
    layers: int = 2
    """LSTMs."""
    min_range: float = 0.3
    """Frames; a narrower Gaussian makes the weights' logarithms overflow, and its gradients with them."""


class DurationPredictor(nn.Module):
    """Bidirectional LSTMs and a projection to seconds."""

    def __init__(self, inputs: int, config: PredictorConfig):
        super().__init__()
        self.lstm = BiLstm(inputs, config.units, config.layers)
        self.project = nn.Linear(2 * config.units, 1)

    def forward(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """hidden: (B, N, inputs), lengths: (B,). Returns (B, N) seconds, unbounded below: the loss needs the gradient
        there."""
        return self.project(self.lstm(hidden, lengths)).squeeze(-1)


class RangePredictor(nn.Module):
    """Bidirectional LSTMs over [encoding; duration], a projection and a SoftPlus."""

    def __init__(self, inputs: int, config: PredictorConfig):
        super().__init__()
        self.min_range = config.min_range
        self.lstm = BiLstm(inputs + 1, config.units, config.layers)
        self.project = nn.Linear(2 * config.units, 1)

    def forward(self, hidden: Tensor, durations: Tensor, lengths: Tensor) -> Tensor:
        """hidden: (B, N, inputs), durations: (B, N) seconds. Returns (B, N), the Gaussians' sigma in frames, above
        `min_range`."""
        inputs = torch.cat([hidden.float(), durations[..., None]], dim=-1)
        return self.min_range + F.softplus(self.project(self.lstm(inputs, lengths)).squeeze(-1))


def frame_counts(durations: Tensor, frame_rate: float) -> Tensor:
    """Mel frames of each utterance, (B,): the rounded end of its last token. durations: (B, N) seconds.

    Only the whole is rounded, never a token's duration, so that errors do not add up.
    """
    return (durations.double().sum(1) * frame_rate).round().long()


def gaussian_weights(durations: Tensor, ranges: Tensor, frames: int) -> Tensor:
    """How much each token contributes to each frame, (B, T, N); rows sum to 1.

    c_i = d_i / 2 + sum_{j<i} d_j,  w_ti = N(t; c_i, s_i^2) / sum_j N(t; c_j, s_j^2), with t the middle of the frame.
    durations, ranges: (B, N) in frames. A token without duration has no share in any frame, unless none has a duration.
    """
    durations, ranges = durations.float(), ranges.float()
    centres = durations.cumsum(1) - durations / 2
    times = torch.arange(frames, device=durations.device) + 0.5
    distance = (times[None, :, None] - centres[:, None, :]) / ranges[:, None, :]
    log_density = -0.5 * distance.square() - ranges.log()[:, None, :]
    silent = (durations <= 0) & (durations > 0).any(1, keepdim=True)
    return log_density.masked_fill(silent[:, None, :], float("-inf")).softmax(dim=-1)


def position_in_token(durations: Tensor, frames: int) -> Tensor:
    """Frames since the start of the token that each frame's middle falls into, (B, T). durations: (B, N) in frames."""
    ends = durations.double().cumsum(1)
    times = (torch.arange(frames, device=durations.device) + 0.5).double().expand(len(durations), frames).contiguous()
    token = torch.searchsorted(ends, times, right=True).clamp(max=durations.shape[1] - 1)
    return (times - (ends - durations).gather(1, token)).clamp(min=0).float()


def upsample(
    hidden: Tensor,
    durations: Tensor,
    ranges: Tensor,
    frame_rate: float,
    position_width: int = 32,
    frames: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Hidden states to frames: u_t = sum_i w_ti h_i, with a sinusoidal embedding of the position within the token
    concatenated.

    hidden: (B, N, D); durations: (B, N) seconds, 0 at padding; ranges: (B, N) frames; frames: T, None for the longest.
    Returns (B, T, D + position_width), zero past each utterance's end, and the frame counts (B,).
    """
    counts = frame_counts(durations, frame_rate)
    frames = int(counts.max()) if frames is None else frames
    in_frames = durations.float() * frame_rate
    # Half precision cannot hold the squared distances, and its softmax would not sum to 1.
    with torch.autocast(hidden.device.type, enabled=False):
        weighted = gaussian_weights(in_frames, ranges, frames) @ hidden.float()
    position = sinusoidal(position_in_token(in_frames, frames), position_width)
    return torch.cat([weighted, position], dim=-1) * length_mask(counts, frames)[..., None], counts
