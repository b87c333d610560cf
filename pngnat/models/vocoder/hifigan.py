"""HiFi-GAN (Kong et al., arXiv 2010.05646), as `transformers` has it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from torch import nn

from pngnat.errors import PngnatError


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
        if not len(self.upsample_rates) == len(self.upsample_kernel_sizes) > 0:
            raise ValueError("each of the upsample_rates needs a kernel")
        if not len(self.resblock_kernel_sizes) == len(self.resblock_dilation_sizes) > 0:
            raise ValueError("each of the resblock_kernel_sizes needs dilations")
        if any((kernel - rate) % 2 or kernel < rate for rate, kernel in zip(self.upsample_rates, self.upsample_kernel_sizes, strict=True)):
            raise ValueError("each kernel must be longer than its upsampling rate by an even number, or its frames shift")

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


def hifigan(config: HifiGanConfig) -> nn.Module:
    """A SpeechT5HifiGan with fresh weights: (B, T, M) to (B, T * hop). Raises PngnatError where transformers does not work."""
    try:
        # Seconds to import, and only this vocoder needs it.
        from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig
    # OSError: transformers imports torchaudio where it is installed, and that may be made for another PyTorch.
    except (ImportError, OSError) as error:
        raise PngnatError(f"HiFi-GAN needs the package transformers, which cannot be imported here ({error})") from error

    return SpeechT5HifiGan(SpeechT5HifiGanConfig(**asdict(config)))
