"""Decoders of two kinds with one interface, from upsampled frames to mel frames, and the post-net."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pngnat.models.batch import length_mask
from pngnat.models.layers import ConvNeXtBlock


@dataclass(frozen=True)
class DecoderConfig:
    """Kind and size of the decoder; the defaults are the paper's (arXiv 2010.04301, appendix A)."""

    kind: str = "lstm"
    """lstm is autoregressive, parallel is convolutional without recurrence over frames."""
    reduction: int = 2
    """Mel frames of one step."""
    width: int = 1024
    """LSTM units, or channels."""
    layers: int = 2
    """LSTM layers, or convolution blocks."""
    prenet: int = 256
    """Width of the pre-net; only for lstm."""
    zoneout: float = 0.1
    """Fraction of the state that stays as it was; only for lstm."""
    kernel: int = 7
    """Frames that a convolution sees; only for parallel."""
    feedforward: int = 2048
    """Hidden width of the blocks; only for parallel."""
    adaptive: bool = False
    """Whether the speaker's embedding scales and shifts the values in each block; only for parallel."""
    dropout: float = 0.5
    """Dropout of the pre-net, or of the blocks."""


def build_decoder(inputs: int, n_mels: int, speaker_width: int, config: DecoderConfig) -> Decoder:
    """Return the decoder that `config.kind` names. Raises ValueError for an unknown kind."""
    kinds = {"lstm": LstmDecoder, "parallel": ParallelDecoder}
    if config.kind not in kinds:
        raise ValueError(f"unknown decoder kind {config.kind!r}; there are {', '.join(kinds)}")
    return kinds[config.kind](inputs, n_mels, speaker_width, config)


class Decoder(nn.Module, ABC):
    """A decoder from groups of `reduction` upsampled frames to groups of as many mel frames."""

    def __init__(self, inputs: int, n_mels: int, speaker_width: int, config: DecoderConfig):
        super().__init__()
        self.inputs, self.n_mels, self.config = inputs, n_mels, config

    @abstractmethod
    def forward(self, upsampled: Tensor, counts: Tensor, speaker: Tensor, target: Tensor | None = None) -> Tensor:
        """Return mel frames, (B, T, M).

        upsampled: (B, T, inputs). counts: (B,) frames; later frames have no influence on these. speaker: (B,
        speaker_width), the speakers' embeddings, for an adaptive `parallel`. target: (B, T, M), the recorded mel, which
        is the input of `lstm` in training; or None.
        """

    def group(self, frames: Tensor) -> Tensor:
        """Group frames: (B, T, C) to (B, ceil(T / reduction), reduction * C), padded with zeros."""
        padded = F.pad(frames, (0, 0, 0, -frames.shape[1] % self.config.reduction))
        return padded.reshape(len(frames), -1, self.config.reduction * frames.shape[2])

    def ungroup(self, groups: Tensor, frames: int) -> Tensor:
        """Undo `group`: (B, ceil(T / reduction), reduction * M) to (B, T, M)."""
        return groups.reshape(len(groups), -1, self.n_mels)[:, :frames]


class ParallelDecoder(Decoder):
    """A stack of ConvNeXt blocks (arXiv 2201.03545) over groups of frames."""

    def __init__(self, inputs: int, n_mels: int, speaker_width: int, config: DecoderConfig):
        super().__init__(inputs, n_mels, speaker_width, config)
        condition = speaker_width if config.adaptive else 0
        self.proj_in = nn.Linear(inputs * config.reduction, config.width)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(
                config.width, config.feedforward, config.kernel, 1 / config.layers, config.dropout, "none", condition
            )
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.proj_out = nn.Linear(config.width, n_mels * config.reduction)

    def forward(self, upsampled: Tensor, counts: Tensor, speaker: Tensor, target: Tensor | None = None) -> Tensor:
        """See `Decoder.forward`; does not use `target`."""
        hidden = self.proj_in(self.group(upsampled))  # (B, ceil(T / reduction), width)
        mask = length_mask((counts + self.config.reduction - 1) // self.config.reduction, hidden.shape[1])[..., None]
        for block in self.blocks:
            hidden = block(hidden * mask, speaker)
        return self.ungroup(self.proj_out(self.norm(hidden)), upsampled.shape[1])


class LstmDecoder(Decoder):
    """A pre-net and LSTMs over the previous frame and the upsampled vectors.

    Source: arXiv 2010.04301, section 2 and appendix A.
    """

    def __init__(self, inputs: int, n_mels: int, speaker_width: int, config: DecoderConfig):
        super().__init__(inputs, n_mels, speaker_width, config)
        grouped = inputs * config.reduction
        self.prenet = nn.Sequential(
            nn.Linear(n_mels, config.prenet),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.prenet, config.prenet),
            nn.ReLU(),
            nn.Dropout(config.dropout),
        )
        sizes = [config.prenet + grouped] + [config.width] * (config.layers - 1)
        self.cells = nn.ModuleList(ZoneoutLstmCell(size, config.width, config.zoneout) for size in sizes)
        self.proj_out = nn.Linear(config.width + grouped, n_mels * config.reduction)

    def forward(self, upsampled: Tensor, counts: Tensor, speaker: Tensor, target: Tensor | None = None) -> Tensor:
        """See `Decoder.forward`; does not use `speaker`. Without `target`, each step takes the output of the previous
        step."""
        groups = self.group(upsampled)  # (B, ceil(T / reduction), reduction * inputs)
        fed = None if target is None else self._last_frames(target)
        frame = groups.new_zeros(len(groups), self.n_mels)
        states: list[LstmState | None] = [None] * len(self.cells)
        made = []
        for step in range(groups.shape[1]):
            if fed is not None and step > 0:
                frame = fed[:, step - 1]
            output, states = self.step(frame, groups[:, step], states)
            frame = output[:, -self.n_mels :]  # (B, reduction * M) to (B, M)
            made.append(output)
        return self.ungroup(torch.stack(made, dim=1), upsampled.shape[1])

    def step(
        self, frame: Tensor, group: Tensor, states: list[LstmState | None]
    ) -> tuple[Tensor, list[LstmState | None]]:
        """Compute one step.

        frame: (B, M), the last mel frame. group: (B, reduction * inputs). Returns (B, reduction * M) and the new
        states.
        """
        hidden = torch.cat([self.prenet(frame), group], dim=-1)  # (B, prenet + reduction * inputs)
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            state = cell(hidden, state)
            new_states.append(state)
            hidden = state[0]  # (B, width)
        return self.proj_out(torch.cat([hidden, group], dim=-1)), new_states

    def _last_frames(self, target: Tensor) -> Tensor:
        return self.group(target)[..., -self.n_mels :]


LstmState = tuple[Tensor, Tensor]


class ZoneoutLstmCell(nn.Module):
    """An LSTM cell with zoneout (arXiv 1606.01305): random values of the state keep their previous value.

    In evaluation, the state is the expectation.
    """

    def __init__(self, inputs: int, units: int, zoneout: float):
        super().__init__()
        self.cell = nn.LSTMCell(inputs, units)
        self.zoneout = zoneout

    def forward(self, x: Tensor, state: LstmState | None) -> LstmState:
        """Return the new hidden and cell state, each (B, units). x: (B, inputs). state: the previous two; None at the
        start."""
        if state is None:
            state = (x.new_zeros(len(x), self.cell.hidden_size), x.new_zeros(len(x), self.cell.hidden_size))
        fresh = self.cell(x, state)
        return self._mix(state[0], fresh[0]), self._mix(state[1], fresh[1])

    def _mix(self, old: Tensor, new: Tensor) -> Tensor:
        if not self.training:
            return self.zoneout * old + (1 - self.zoneout) * new
        return torch.where(torch.rand_like(new) < self.zoneout, old, new)


@dataclass(frozen=True)
class PostNetConfig:
    """Size of the post-net; the defaults are the paper's."""

    width: int = 512
    """Number of channels."""
    layers: int = 5
    """Number of convolutions."""
    kernel: int = 5
    """Frames that a convolution sees."""
    dropout: float = 0.5
    """Dropout between the convolutions."""


class PostNet(nn.Module):
    """A residual network that sharpens the decoder's mel: convolutions over time, with tanh between them.

    Source: arXiv 1712.05884, section 2.2.
    """

    def __init__(self, n_mels: int, config: PostNetConfig):
        super().__init__()
        widths = [n_mels, *[config.width] * (config.layers - 1), n_mels]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, config.kernel, padding=config.kernel // 2) for before, after in pairwise(widths)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """Return the residual of the mel, (B, T, M). mel: (B, T, M). mask: (B, T, 1), True inside the utterance."""
        hidden = mel
        for index, convolution in enumerate(self.convolutions):
            if index:
                hidden = self.dropout(hidden.tanh())
            hidden = convolution((hidden * mask).transpose(1, 2)).transpose(1, 2)  # (B, T, channels)
        return hidden
