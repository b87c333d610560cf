"""HiFi-GAN (Kong et al., arXiv 2010.05646), as `transformers` has it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import chain

from torch import Tensor, nn

from pngnat.errors import PngnatError

# Far beyond any generator that was published.
_MOST_BLOCKS, _LONGEST_KERNEL = 16, 255


@dataclass(frozen=True)
class HifiGanConfig:
    """The settings of a transformers.SpeechT5HifiGan that its network depends on; sampling_rate: Hz."""

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
        """A stranger wrote them: a network of many layers without channels has no weights, and still takes time to
        make."""
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
        """Samples of a frame."""
        return math.prod(self.upsample_rates)

    @property
    def reach(self) -> int:
        """Frames on either side that a frame of sound depends on."""
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
    """A network that takes (B, T, M), to be given (B, M, T) as the vocoders here are."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, mel: Tensor) -> Tensor:
        """(B, M, T) to what the network makes of it."""
        return self.network(mel.transpose(1, 2))


def hifigan(config: HifiGanConfig) -> nn.Module:
    """A SpeechT5HifiGan with fresh weights: (B, T, M) to (B, T * hop). Raises PngnatError where transformers does not
    work."""
    try:
        # Seconds to import, and only this vocoder needs it.
        from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig
    # OSError: transformers imports torchaudio where it is installed, and that may be made for another PyTorch.
    except (ImportError, OSError) as error:
        raise PngnatError(
            f"HiFi-GAN needs the package transformers, which cannot be imported here ({error})"
        ) from error

    # transformers takes no whole number for a fraction.
    settings = asdict(config) | {"leaky_relu_slope": float(config.leaky_relu_slope)}
    return SpeechT5HifiGan(SpeechT5HifiGanConfig(**settings))
