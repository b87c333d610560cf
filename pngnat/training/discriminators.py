"""Networks that learn to tell made sound from recordings, and what a vocoder learns from them."""

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
    """One network for each window and each period. The defaults are for a CPU that trains a vocoder beside them;
    fine-tuning goes on with the base vocoder's, which must have the same sizes. For a GPU:
    conf/adversarial/gpu.yaml."""

    windows: tuple[int, ...] = (2048, 1024, 512)
    """Samples of each network's STFT, whose hop is a quarter of it."""
    channels: int = 32
    """Of each layer."""
    stride: int = 4
    """Of the first layer over frequency; 1 sees each frequency, 4 costs a quarter."""
    periods: tuple[int, ...] = ()
    """Samples of each period, by which further networks fold the sound itself; prime, so that they share little."""
    period_channels: int = 16
    """Of the first layer of each of those; the last have 32 times as many."""


@dataclass(frozen=True)
class AdversarialConfig:
    """What the discriminators' part is.

    The defaults go with the losses of reconstruction as conf/vocoder_adversarial.yaml weighs them: a vocoder that was
    trained with these, against discriminators that knew one batch by heart, had gradients at the sound whose norms were
    6 (generator loss), 3 (features) and 8."""

    weight: float = 0.1
    """Of the generator loss."""
    features: float = 0.5
    """Weight of the distance between the discriminators' features of a sound and of the recording."""
    lr_scale: float = 4.0
    """How many times the vocoder's learning rate the discriminators have (Heusel et al., arXiv 1706.08500), who begin
    with nothing and must stay ahead."""
    in_turn: bool = False
    """Whether one discriminator judges each step, and the next one the next: a step then costs half of what it costs
    with three. For a training of one process."""
    discriminators: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    """Their sizes."""


@dataclass(frozen=True)
class DiscriminatorOutput:
    """What one discriminator makes of sounds.

    score: (B, 1, K', T'), for each patch of what is judged; above 0 for a recording. features: each layer's (B, C, K'',
    T'')."""

    score: Tensor
    features: tuple[Tensor, ...]


class SpectrogramDiscriminator(nn.Module):
    """Convolutions over frequency and time of an STFT's real part, imaginary part and magnitude, compressed.

    Source: EnCodec, arXiv 2210.13438, section 3.4; here frequency is made coarse by the first layer and time by the
    second."""

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
        """samples (B, S) to the output."""
        x, features = self._spectrum(samples), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return DiscriminatorOutput(self.judge(x).float(), tuple(features))

    def _spectrum(self, samples: Tensor) -> Tensor:
        """samples (B, S) to (B, 3, K, T), of magnitudes around 1 for speech.

        Magnitudes differ by orders; their fourth root brings them together. What is added below them, some -65 dB of
        full scale, hides what nobody hears and would give away every sound that was made."""
        spectrum = torch.stft(
            samples, self.size, self.size // 4, window=self.window, pad_mode="constant", return_complex=True
        )
        parts = torch.view_as_real(spectrum[:, 1:]).permute(0, 3, 1, 2)
        magnitude = (parts.square().sum(1, keepdim=True) + 1e-4).sqrt()
        root = magnitude.sqrt().sqrt()
        return torch.cat([parts * (root / magnitude), root], dim=1)


class PeriodDiscriminator(nn.Module):
    """Convolutions over the sound folded by a period: each column holds every p-th sample.

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
        """samples (B, S) to the output."""
        x = F.pad(samples, (0, -samples.shape[1] % self.period)).unflatten(1, (-1, self.period))[:, None]
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return DiscriminatorOutput(self.judge(x).float(), tuple(features))


def _conv(inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int], dilation: int = 1) -> nn.Module:
    """A convolution over (frequency, time), or over (time, place in the period); dilation: in the second."""
    padding = (kernel[0] // 2, dilation * (kernel[1] // 2))
    return weight_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding, (1, dilation)))


class Discriminators(nn.Module):
    """One discriminator for each resolution and each period."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        spectrograms = [SpectrogramDiscriminator(window, config) for window in config.windows]
        self.networks = nn.ModuleList(
            [*spectrograms, *(PeriodDiscriminator(period, config) for period in config.periods)]
        )

    def forward(self, samples: Tensor, turn: int | None = None) -> list[DiscriminatorOutput]:
        """samples (B, S) to the output of each network, or of the one whose turn it is."""
        networks = self.networks if turn is None else [self.networks[turn % len(self.networks)]]
        return [network(samples) for network in networks]


def discriminator_loss(true: Sequence[DiscriminatorOutput], made: Sequence[DiscriminatorOutput]) -> Tensor:
    """Hinge loss of the discriminators, a mean: 2 for one that knows nothing, 0 for one that is sure and right."""
    losses = [F.relu(1 - a.score).mean() + F.relu(1 + b.score).mean() for a, b in zip(true, made, strict=True)]
    return torch.stack(losses).mean()


def generator_loss(made: Sequence[DiscriminatorOutput]) -> Tensor:
    """Hinge loss of the vocoder, a mean: 0 where its sound is surely taken for a recording."""
    return torch.stack([F.relu(1 - output.score).mean() for output in made]).mean()


def feature_distance(true: Sequence[DiscriminatorOutput], made: Sequence[DiscriminatorOutput]) -> Tensor:
    """Mean difference of all layers' features, each relative to the recording's, which are not taught by it."""
    pairs = [pair for a, b in zip(true, made, strict=True) for pair in zip(a.features, b.features, strict=True)]
    return torch.stack(
        [(a.detach() - b).abs().float().mean() / a.detach().abs().float().mean() for a, b in pairs]
    ).mean()


def adversarial_losses(discriminators: nn.Module, made: Tensor, true: Tensor, *options: Any) -> dict[str, Tensor]:
    """What discriminators ("discriminator") and a model ("generator", "features") learn from what it made and the
    recordings.

    made, true: of one shape; discriminators: give a `DiscriminatorOutput` of each network for either, with `options`.
    From one sum of all three losses, neither side gets a gradient of what the other is to learn."""
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
    """Losses of what is judged in this block have gradients for the model that made it alone."""
    discriminators.requires_grad_(False)
    try:
        yield
    finally:
        discriminators.requires_grad_(True)
