"""Durations of tokens, and Gaussian upsampling from a vector for each token to a vector for each frame.

Source: arXiv 2010.04301, section 3.
"""

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
    """Units of each LSTM in each direction."""
    layers: int = 2
    """Number of LSTMs."""
    min_range: float = 0.3
    """Smallest sigma in frames; below it, the logarithms of the weights and their gradients overflow."""


class DurationPredictor(nn.Module):
    """A stack of bidirectional LSTMs with a projection to seconds."""

    def __init__(self, inputs: int, config: PredictorConfig):
        super().__init__()
        self.lstm = BiLstm(inputs, config.units, config.layers)
        self.project = nn.Linear(2 * config.units, 1)

    def forward(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Return seconds, (B, N); they can be negative, because the loss needs the gradient there.

        hidden: (B, N, inputs). lengths: (B,) tokens.
        """
        return self.project(self.lstm(hidden, lengths)).squeeze(-1)  # (B, N)


class RangePredictor(nn.Module):
    """A stack of bidirectional LSTMs over [encoding; duration], with a projection and a SoftPlus."""

    def __init__(self, inputs: int, config: PredictorConfig):
        super().__init__()
        self.min_range = config.min_range
        self.lstm = BiLstm(inputs + 1, config.units, config.layers)
        self.project = nn.Linear(2 * config.units, 1)

    def forward(self, hidden: Tensor, durations: Tensor, lengths: Tensor) -> Tensor:
        """Return sigma of the Gaussians in frames, (B, N), above `min_range`.

        hidden: (B, N, inputs). durations: (B, N) seconds. lengths: (B,) tokens.
        """
        inputs = torch.cat([hidden.float(), durations[..., None]], dim=-1)  # (B, N, inputs + 1)
        return self.min_range + F.softplus(self.project(self.lstm(inputs, lengths)).squeeze(-1))


def frame_counts(durations: Tensor, frame_rate: float) -> Tensor:
    """Return the number of mel frames of each utterance, (B,): the rounded end of its last token.

    durations: (B, N) seconds. Only their sum is rounded, and no single duration, so that errors do not add up.
    """
    return (durations.double().sum(1) * frame_rate).round().long()


def gaussian_weights(durations: Tensor, ranges: Tensor, frames: int) -> Tensor:
    """Return the weight of each token in each frame, (B, T, N); rows sum to 1.

    c_i = d_i / 2 + sum_{j<i} d_j, w_ti = N(t; c_i, s_i^2) / sum_j N(t; c_j, s_j^2), with t the middle of the frame.
    durations, ranges: (B, N) in frames. A token of duration 0 has weight 0, unless all durations are 0.
    """
    durations, ranges = durations.float(), ranges.float()
    centres = durations.cumsum(1) - durations / 2  # (B, N)
    times = torch.arange(frames, device=durations.device) + 0.5  # (T,)
    distance = (times[None, :, None] - centres[:, None, :]) / ranges[:, None, :]  # (B, T, N)
    log_density = -0.5 * distance.square() - ranges.log()[:, None, :]
    silent = (durations <= 0) & (durations > 0).any(1, keepdim=True)
    return log_density.masked_fill(silent[:, None, :], float("-inf")).softmax(dim=-1)


def position_in_token(durations: Tensor, frames: int) -> Tensor:
    """Return the frames from the start of a token to the middle of each frame in it, (B, T). durations: (B, N) in
    frames."""
    ends = durations.double().cumsum(1)
    times = (torch.arange(frames, device=durations.device) + 0.5).double().expand(len(durations), frames).contiguous()
    token = torch.searchsorted(ends, times, right=True).clamp(max=durations.shape[1] - 1)  # (B, T)
    return (times - (ends - durations).gather(1, token)).clamp(min=0).float()


def upsample(
    hidden: Tensor,
    durations: Tensor,
    ranges: Tensor,
    frame_rate: float,
    position_width: int = 32,
    frames: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Upsample hidden states to frames: u_t = sum_i w_ti h_i, concatenated with a sinusoidal position in the token.

    hidden: (B, N, D). durations: (B, N) seconds, 0 at padding. ranges: (B, N) frames. frames: T; None for the longest
    utterance. Returns (B, T, D + position_width), 0 after each utterance's end, and the frame counts (B,).
    """
    counts = frame_counts(durations, frame_rate)  # (B,)
    frames = int(counts.max()) if frames is None else frames
    in_frames = durations.float() * frame_rate
    # Half precision cannot hold the squared distances, and its softmax would not sum to 1.
    with torch.autocast(hidden.device.type, enabled=False):
        weighted = gaussian_weights(in_frames, ranges, frames) @ hidden.float()  # (B, T, D)
    position = sinusoidal(position_in_token(in_frames, frames), position_width)  # (B, T, position_width)
    return torch.cat([weighted, position], dim=-1) * length_mask(counts, frames)[..., None], counts
