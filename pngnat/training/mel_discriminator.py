"""Discriminators of mels, and their losses for the acoustic model.

A distance alone is lowest at the mean of all possible mels, which is blurred. Source: adversarial training of mels
beside a distance, as GANSpeech (arXiv 2106.15153); patches as in arXiv 1611.07004, section 3.2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from pngnat.models.batch import length_mask
from pngnat.training.discriminators import DiscriminatorOutput, adversarial_losses


@dataclass(frozen=True)
class MelAdversarialConfig:
    """Sizes of the discriminator, and weights of its losses."""

    start: int = 0
    """First step with a discriminator: earlier predictions are too easy to tell from recordings."""
    weight: float = 0.05
    """Weight of the generator loss."""
    features: float = 0.5
    """Weight of the feature distance."""
    lr_scale: float = 1.0
    """Learning rate of the discriminator, as a multiple of the acoustic model's."""
    channels: int = 32
    """Channels of the first layers; the later layers have twice as many."""
    wide: bool = False
    """Add two discriminators of twice the channels, one of them for mels at half the rate. For a GPU; docs/decisions.md
    has the reason."""


def persistent_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of the basic discriminator, without those of `wide`. A voice keeps them for fine-tuning."""
    return {name: value for name, value in weights.items() if not name.startswith("further.")}


class MelDiscriminator(nn.Module):
    """A discriminator of mels: convolutions over time and mel bins. A score covers 0.3 s, or 0.6 s at half the rate."""

    def __init__(self, config: MelAdversarialConfig) -> None:
        super().__init__()
        c = config.channels
        self.layers = nn.ModuleList(
            [
                _conv(1, c, (3, 7), (1, 2)),
                _conv(c, c, (3, 5), (2, 2)),
                _conv(c, 2 * c, (3, 5), (2, 2)),
                _conv(2 * c, 2 * c, (3, 3), (1, 2)),
                _conv(2 * c, 2 * c, (3, 3), (1, 1)),
            ]
        )
        self.judge = _conv(2 * c, 1, (3, 3), (1, 1))
        wide = replace(config, channels=2 * c, wide=False)
        self.further = nn.ModuleList(MelDiscriminator(wide) for _ in range(2 if config.wide else 0))

    def forward(self, mel: Tensor) -> list[DiscriminatorOutput]:
        """Return each network's output for a normalized mel (B, T, M)."""
        outputs = [self._output(mel)]
        if self.further:
            halved = F.avg_pool1d(mel.transpose(1, 2), 2, ceil_mode=True).transpose(1, 2)
            outputs += [*self.further[0](mel), *self.further[1](halved)]
        return outputs

    def _output(self, mel: Tensor) -> DiscriminatorOutput:
        x, features = mel[:, None], []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return DiscriminatorOutput(self.judge(x).float(), tuple(features))


def _conv(inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int]) -> nn.Module:
    return weight_norm(nn.Conv2d(inputs, outputs, kernel, stride, (kernel[0] // 2, kernel[1] // 2)))


def mel_adversarial_losses(
    discriminator: MelDiscriminator, made: Tensor, true: Tensor, frames: Tensor
) -> dict[str, Tensor]:
    """Return the losses of `adversarial_losses` for predicted and recorded mels, normalized (B, T, M); frames: (B,).

    Padding is made equal, so that it carries no information.
    """
    mask = length_mask(frames, true.shape[1])[..., None]
    return adversarial_losses(discriminator, made * mask, true * mask)
