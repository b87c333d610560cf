"""The network of Vocos (Siuzdak, arXiv 2306.00814), for its checkpoints.

The package `vocos` (MIT, last release of October 2023) imports torchaudio and encodec, which fit no current PyTorch.
Its network is small: these modules bear the names of its weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pngnat.models.vocoder.stft import FramedStft

_KERNEL = 7
# Far beyond any network that was published.
_MOST_LAYERS, _LONGEST_TRANSFORM = 64, 32
_LARGEST_MAGNITUDE = 100.0


@dataclass(frozen=True)
class VocosConfig:
    """As in a checkpoint's config.yaml: input_channels: mel bins; dim, intermediate_dim, num_layers: the backbone;
    n_fft, hop_length: the head's inverse transform, whose window is n_fft samples long."""

    input_channels: int
    dim: int
    intermediate_dim: int
    num_layers: int
    n_fft: int
    hop_length: int

    def __post_init__(self) -> None:
        if not all(type(size) is int and size > 0 for size in vars(self).values()):
            raise ValueError("sizes must be whole numbers above 0")
        if self.num_layers > _MOST_LAYERS or self.n_fft > _LONGEST_TRANSFORM * self.hop_length:
            raise ValueError(f"it can have {_MOST_LAYERS} layers at most, and transforms of {_LONGEST_TRANSFORM} hops")

    @property
    def reach(self) -> int:
        """Frames on either side that a frame of sound depends on: the convolutions', and the windows that overlap
        it."""
        return (self.num_layers + 1) * (_KERNEL // 2) + self.n_fft // self.hop_length


class VocosNetwork(nn.Module):
    """Log-mel to the complex spectrum of the sound, frame by frame."""

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.backbone = _Backbone(config)
        self.head = nn.ModuleDict({"out": nn.Linear(config.dim, config.n_fft + 2)})
        self.stft = FramedStft(config.n_fft, config.hop_length)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, M, T) to (B, T * hop)."""
        magnitude, phase = self.head["out"](self.backbone(mel)).transpose(1, 2).chunk(2, dim=1)
        return self.stft.inverse(torch.polar(magnitude.exp().clamp(max=_LARGEST_MAGNITUDE), phase))


class _Backbone(nn.Module):
    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.embed = nn.Conv1d(config.input_channels, config.dim, _KERNEL, padding=_KERNEL // 2)
        self.norm = nn.LayerNorm(config.dim, eps=1e-6)
        self.convnext = nn.ModuleList([_Block(config.dim, config.intermediate_dim) for _ in range(config.num_layers)])
        self.final_layer_norm = nn.LayerNorm(config.dim, eps=1e-6)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, M, T) to (B, T, D)."""
        x = self.norm(self.embed(mel).transpose(1, 2))
        for block in self.convnext:
            x = block(x)
        return self.final_layer_norm(x)


class _Block(nn.Module):
    def __init__(self, dim: int, intermediate_dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(dim, dim, _KERNEL, padding=_KERNEL // 2, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, intermediate_dim)
        self.pwconv2 = nn.Linear(intermediate_dim, dim)
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        y = self.norm(self.dwconv(x.transpose(1, 2)).transpose(1, 2))
        return x + self.gamma * self.pwconv2(nn.functional.gelu(self.pwconv1(y)))
