"""Discriminators of the vocoder, and their losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes of the discriminators: one for each window and each period. The defaults suit a CPU. Fine-tuning continues
    the base vocoder's discriminators, which must have these sizes. For a GPU: conf/adversarial/gpu.yaml."""

    windows: tuple[int, ...] = (2048, 1024, 512)
    """STFT windows in samples; the hop is a quarter of the window."""
    channels: int = 32
    """Channels of each layer."""
    stride: int = 4
    """Stride of the first layer over frequency; 1 sees every frequency, 4 costs a quarter."""
    periods: tuple[int, ...] = ()
    """Periods in samples by which further networks fold the sound; primes, so that they overlap little."""
    period_channels: int = 16
    """Channels of the first layer of a period's network; the last layers have 32 times as many."""


@dataclass(frozen=True)
class AdversarialConfig:
    """Weights and schedule of the adversarial losses. The defaults go with the reconstruction losses of
    conf/vocoder_adversarial.yaml; docs/decisions.md has the measured gradients."""

    weight: float = 0.1
    """Weight of the generator loss."""
    features: float = 0.5
    """Weight of the feature distance between a sound and its recording."""
    lr_scale: float = 4.0
    """Learning rate of the discriminators as a multiple of the vocoder's (Heusel et al., arXiv 1706.08500): they start
    untrained and must stay ahead."""
    in_turn: bool = False
    """Use one discriminator a step, in turn: a step with three then costs half. For one process."""
    discriminators: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    """Sizes of the discriminators."""


@dataclass(frozen=True)
class DiscriminatorOutput:
    """Output of a discriminator. score: (B, 1, K', T'), for each patch, above 0 for a recording. features: (B, C, K'',
    T'') of each layer."""

    score: Tensor
    features: tuple[Tensor, ...]


class SpectrogramDiscriminator(nn.Module):
    """A discriminator of the STFT: convolutions over the compressed real part, imaginary part and magnitude.

    Source: EnCodec, arXiv 2210.13438, section 3.4; the first layer reduces frequency, the second time.
    """

    def __init__(self, window: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        c = config.channels
        self.size = window
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        self.layers = nn.ModuleList(
            [
                _conv(3, c, (9, 3), (config.stride, 1)),
                _conv(c, c, (3, 3), (2, 2)),
                _conv(c, c, (3, 3), (2, 1), dilation=2),
                _conv(c, c, (3, 3), (2, 1), dilation=4),
                _conv(c, c, (3, 3), (1, 1)),
            ]
        )
        self.judge = _conv(c, 1, (3, 3), (1, 1))

    def forward(self, samples: Tensor) -> DiscriminatorOutput:
        """Return the output for samples (B, S)."""
        x, features = self._spectrum(samples), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return DiscriminatorOutput(self.judge(x).float(), tuple(features))

    def _spectrum(self, samples: Tensor) -> Tensor:
        """Transform samples (B, S) to (B, 3, K, T), with magnitudes around 1 for speech.

        The fourth root compresses magnitudes, which span orders. The floor, about -65 dBFS, hides inaudible differences
        that would give away every synthetic sound.
        """
        spectrum = torch.stft(
            samples, self.size, self.size // 4, window=self.window, pad_mode="constant", return_complex=True
        )
        parts = torch.view_as_real(spectrum[:, 1:]).permute(0, 3, 1, 2)
        magnitude = (parts.square().sum(1, keepdim=True) + 1e-4).sqrt()
        root = magnitude.sqrt().sqrt()
        return torch.cat([parts * (root / magnitude), root], dim=1)


class PeriodDiscriminator(nn.Module):
    """A discriminator of the sound folded by a period p: each column holds every p-th sample.

    Source: HiFi-GAN, arXiv 2010.05646, section 2.3.
    """

    def __init__(self, period: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.period = period
        sizes = [1, *(config.period_channels * many for many in (1, 4, 16, 32, 32))]
        strides = (3, 3, 3, 3, 1)
        self.layers = nn.ModuleList(
            _conv(a, b, (5, 1), (stride, 1)) for (a, b), stride in zip(pairwise(sizes), strides, strict=True)
        )
        self.judge = _conv(sizes[-1], 1, (3, 1), (1, 1))

    def forward(self, samples: Tensor) -> DiscriminatorOutput:
        """Return the output for samples (B, S)."""
        x = F.pad(samples, (0, -samples.shape[1] % self.period)).unflatten(1, (-1, self.period))[:, None]
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return DiscriminatorOutput(self.judge(x).float(), tuple(features))


def _conv(inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int], dilation: int = 1) -> nn.Module:
    """Return a convolution over (frequency, time), or (time, place in the period); dilation applies to the second."""
    padding = (kernel[0] // 2, dilation * (kernel[1] // 2))
    return weight_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding, (1, dilation)))


class Discriminators(nn.Module):
    """Discriminators for each window and each period."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        spectrograms = [SpectrogramDiscriminator(window, config) for window in config.windows]
        self.networks = nn.ModuleList(
            [*spectrograms, *(PeriodDiscriminator(period, config) for period in config.periods)]
        )

    def forward(self, samples: Tensor, turn: int | None = None) -> list[DiscriminatorOutput]:
        """Return the output of each network for samples (B, S), or of the network at `turn` alone."""
        networks = self.networks if turn is None else [self.networks[turn % len(self.networks)]]
        return [network(samples) for network in networks]


def discriminator_loss(true: Sequence[DiscriminatorOutput], made: Sequence[DiscriminatorOutput]) -> Tensor:
    """Return the mean hinge loss of the discriminators: 2 without knowledge, 0 if always right with a margin."""
    losses = [F.relu(1 - a.score).mean() + F.relu(1 + b.score).mean() for a, b in zip(true, made, strict=True)]
    return torch.stack(losses).mean()


def generator_loss(made: Sequence[DiscriminatorOutput]) -> Tensor:
    """Return the mean hinge loss of the vocoder: 0 if its sound is surely taken for a recording."""
    return torch.stack([F.relu(1 - output.score).mean() for output in made]).mean()


def feature_distance(true: Sequence[DiscriminatorOutput], made: Sequence[DiscriminatorOutput]) -> Tensor:
    """Return the mean difference of all layers' features, relative to the recording's. The recording's features get no
    gradient."""
    pairs = [pair for a, b in zip(true, made, strict=True) for pair in zip(a.features, b.features, strict=True)]
    return torch.stack(
        [(a.detach() - b).abs().float().mean() / a.detach().abs().float().mean() for a, b in pairs]
    ).mean()


def adversarial_losses(discriminators: nn.Module, made: Tensor, true: Tensor, *options: Any) -> dict[str, Tensor]:
    """Return the losses of discriminators ("discriminator") and of a model ("generator", "features").

    made, true: outputs of the model and recordings, of one shape. discriminators: return a `DiscriminatorOutput` for
    each network, with `options`. The sum of the three losses gives neither side a gradient for the other.
    """
    on_true, on_made = discriminators(true, *options), discriminators(made.detach(), *options)
    with frozen(discriminators):
        fooled = discriminators(made, *options)
    return {
        "discriminator": discriminator_loss(on_true, on_made),
        "generator": generator_loss(fooled),
        "features": feature_distance(on_true, fooled),
    }


@contextmanager
def frozen(discriminators: nn.Module) -> Iterator[None]:
    """Freeze the discriminators: losses in this block have gradients for the model alone."""
    discriminators.requires_grad_(False)
    try:
        yield
    finally:
        discriminators.requires_grad_(True)
