"""Vocoders of other projects behind the interface of pngnat's own: HiFi-GAN (Kong et al., arXiv 2010.05646), as
`transformers` has it, and the network of Vocos (Siuzdak, arXiv 2306.00814), for its checkpoints.

The package `vocos` (MIT, last release of October 2023) imports torchaudio and encodec, which fit no current PyTorch.
Its network is small: the modules here have the names of its weights.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.models.vocoder.signal import FramedStft

# Far beyond any HiFi-GAN and any Vocos that was published.
_MOST_BLOCKS, _LONGEST_KERNEL = 16, 255
_MOST_LAYERS, _LONGEST_TRANSFORM = 64, 32
_VOCOS_KERNEL = 7
_LARGEST_MAGNITUDE = 100.0


class ExternalVocoder(nn.Module):
    """A network that turns pngnat's log-mels into sound, and takes neither a pitch nor noise.

    name: as messages name it. network: natural log-mels (B, M, T) to samples (B, T * hop). reach: frames on either side
    that a frame of sound depends on, so that the vocoder can work in pieces.
    """

    def __init__(self, name: str, audio: AudioConfig, network: nn.Module, reach: int) -> None:
        super().__init__()
        self.name, self.audio, self.network, self.reach = name, audio, network, reach

    def forward(
        self, mel: Tensor, f0: Tensor | None = None, generator: object = None, semitones: float = 0.0
    ) -> Tensor:
        """Return the sound of a mel (B, M, T), float32 (B, T * hop). Raises PngnatError where a pitch is requested."""
        self.check_pitch(f0 is not None or semitones != 0)
        return self.network(mel).float()

    def check_pitch(self, requested: bool) -> None:
        """Raise PngnatError where a pitch is requested: such a vocoder takes the pitch from the mel alone."""
        if requested:
            raise PngnatError(
                f"{self.name} cannot change the pitch; leave out pitch and f0, or use the voice's own vocoder"
            )


@dataclass(frozen=True)
class HifiGanConfig:
    """The settings of a transformers.SpeechT5HifiGan that its network depends on; sampling_rate in Hz.

    Raises ValueError for settings that cannot be.
    """

    model_in_dim: int
    sampling_rate: int
    upsample_initial_channel: int
    upsample_rates: list[int]
    upsample_kernel_sizes: list[int]
    resblock_kernel_sizes: list[int]
    resblock_dilation_sizes: list[list[int]]
    leaky_relu_slope: float
    normalize_before: bool

    def __post_init__(self) -> None:
        self._check_sizes()
        if not len(self.upsample_rates) == len(self.upsample_kernel_sizes) > 0:
            raise ValueError("each of the upsample_rates needs a kernel")
        if not len(self.resblock_kernel_sizes) == len(self.resblock_dilation_sizes) > 0:
            raise ValueError("each of the resblock_kernel_sizes needs dilations")
        if not all(kernel % 2 for kernel in self.resblock_kernel_sizes):
            raise ValueError("each of the resblock_kernel_sizes must be odd, or frames shift")
        if any(
            (kernel - rate) % 2 or kernel < rate
            for rate, kernel in zip(self.upsample_rates, self.upsample_kernel_sizes, strict=True)
        ):
            raise ValueError(
                "each kernel must be longer than its upsampling rate by an even number, or its frames shift"
            )

        # Each upsampling halves the channels.
        if self.upsample_initial_channel < 2 ** len(self.upsample_rates):
            raise ValueError(
                f"{self.upsample_initial_channel} channels cannot be halved {len(self.upsample_rates)} times"
            )

    def _check_sizes(self) -> None:
        """Raise ValueError for sizes that cannot be.

        They are untrusted: a network of many layers without channels has no weights, and still takes time to build.
        """
        dilations = self.resblock_dilation_sizes if isinstance(self.resblock_dilation_sizes, list) else []
        lists = (
            self.upsample_rates,
            self.upsample_kernel_sizes,
            self.resblock_kernel_sizes,
            self.resblock_dilation_sizes,
            *dilations,
        )
        if not all(isinstance(one, list) and len(one) <= _MOST_BLOCKS for one in lists):
            raise ValueError(f"rates, kernels and dilations must be lists of {_MOST_BLOCKS} entries at most")
        reaches = [*self.upsample_kernel_sizes, *self.resblock_kernel_sizes, *chain(*dilations)]
        sizes = [self.model_in_dim, self.sampling_rate, self.upsample_initial_channel, *self.upsample_rates, *reaches]
        if not all(type(size) is int and size > 0 for size in sizes) or max(reaches, default=0) > _LONGEST_KERNEL:
            raise ValueError(
                f"sizes must be whole numbers above 0, and kernels and dilations {_LONGEST_KERNEL} at most"
            )
        if not isinstance(self.leaky_relu_slope, (int, float)) or not isinstance(self.normalize_before, bool):
            raise ValueError("leaky_relu_slope must be a number, and normalize_before true or false")

    @property
    def hop_length(self) -> int:
        """Return the samples of a frame."""
        return math.prod(self.upsample_rates)

    @property
    def reach(self) -> int:
        """Return the frames on either side that a frame of sound depends on."""
        widest = max(
            sum((kernel - 1) // 2 * (dilation + 1) for dilation in dilations)
            for kernel, dilations in zip(self.resblock_kernel_sizes, self.resblock_dilation_sizes, strict=True)
        )
        frames, rate = 3.0, 1
        for upsampling, kernel in zip(self.upsample_rates, self.upsample_kernel_sizes, strict=True):
            frames += kernel / upsampling / rate
            rate *= upsampling
            frames += widest / rate
        return math.ceil(frames + 3 / rate)


class FramesFirst(nn.Module):
    """An adapter of a network of mels (B, T, M) to mels (B, M, T)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, mel: Tensor) -> Tensor:
        """Return the network's output for a mel (B, M, T)."""
        return self.network(mel.transpose(1, 2))


def hifigan(config: HifiGanConfig) -> nn.Module:
    """Return a SpeechT5HifiGan with random weights: mels (B, T, M) to samples (B, T * hop).

    Raises PngnatError where transformers cannot be imported.
    """
    try:
        # Its import takes seconds, and only this vocoder needs it.
        from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig
    # OSError: transformers imports torchaudio where it is installed, perhaps built for another PyTorch.
    except (ImportError, OSError) as error:
        raise PngnatError(
            f"HiFi-GAN needs the package transformers, which cannot be imported here ({error})"
        ) from error

    # transformers refuses an integer where it expects a float.
    settings = asdict(config) | {"leaky_relu_slope": float(config.leaky_relu_slope)}
    return SpeechT5HifiGan(SpeechT5HifiGanConfig(**settings))


@dataclass(frozen=True)
class VocosConfig:
    """Settings of a checkpoint's config.yaml. Raises ValueError for settings that cannot be.

    input_channels: mel bins. dim, intermediate_dim, num_layers: the backbone. n_fft, hop_length: the head's inverse
    transform, whose window is n_fft samples long.
    """

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
        """Return the frames on either side that a frame of sound depends on: of convolutions and overlapping
        windows."""
        return (self.num_layers + 1) * (_VOCOS_KERNEL // 2) + self.n_fft // self.hop_length


class VocosNetwork(nn.Module):
    """The network of Vocos: a log-mel to the complex spectrum of its sound, frame by frame."""

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.backbone = _VocosBackbone(config)
        self.head = nn.ModuleDict({"out": nn.Linear(config.dim, config.n_fft + 2)})
        self.stft = FramedStft(config.n_fft, config.hop_length)

    def forward(self, mel: Tensor) -> Tensor:
        """Return the samples (B, T * hop) of a mel (B, M, T)."""
        magnitude, phase = self.head["out"](self.backbone(mel)).transpose(1, 2).chunk(2, dim=1)
        return self.stft.inverse(torch.polar(magnitude.exp().clamp(max=_LARGEST_MAGNITUDE), phase))


class _VocosBackbone(nn.Module):
    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.embed = nn.Conv1d(config.input_channels, config.dim, _VOCOS_KERNEL, padding=_VOCOS_KERNEL // 2)
        self.norm = nn.LayerNorm(config.dim, eps=1e-6)
        self.convnext = nn.ModuleList(
            [_VocosBlock(config.dim, config.intermediate_dim) for _ in range(config.num_layers)]
        )
        self.final_layer_norm = nn.LayerNorm(config.dim, eps=1e-6)

    def forward(self, mel: Tensor) -> Tensor:
        """Return hidden states (B, T, D) of a mel (B, M, T)."""
        x = self.norm(self.embed(mel).transpose(1, 2))
        for block in self.convnext:
            x = block(x)
        return self.final_layer_norm(x)


class _VocosBlock(nn.Module):
    def __init__(self, dim: int, intermediate_dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(dim, dim, _VOCOS_KERNEL, padding=_VOCOS_KERNEL // 2, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, intermediate_dim)
        self.pwconv2 = nn.Linear(intermediate_dim, dim)
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return hidden states (B, T, D) of hidden states (B, T, D)."""
        y = self.norm(self.dwconv(x.transpose(1, 2)).transpose(1, 2))
        return x + self.gamma * self.pwconv2(nn.functional.gelu(self.pwconv1(y)))
