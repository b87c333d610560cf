"""Networks that learn to tell predicted mels from recordings', and what the acoustic model learns from them.

The mean of all mels that a text may have is blurred, and the mean is what a distance asks for. Source: adversarial
training of mels beside a distance, as GANSpeech (arXiv 2106.15153); patches as in arXiv 1611.07004, section 3.2.2."""

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
    """What predicted mels are judged by, and how much that weighs."""

    start: int = 0
    """The step with which it begins: before, predicted mels are told from recorded ones at first sight."""
    weight: float = 0.05
    """Of the loss of being taken for a prediction."""
    features: float = 0.5
    """Of the distance of what the discriminator's layers give for the prediction and for the recording."""
    lr_scale: float = 1.0
    """The discriminator's learning rate, as a multiple of the acoustic model's."""
    channels: int = 32
    """Of its first layers; the later ones have twice as many."""
    wide: bool = False
    """Whether two more judge beside it, of twice the channels, one of them mels of half the rate. For a GPU: with
    125,000 weights alone it can hardly tell the mels of a model that has learned against it for an hour."""


def kept(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of a discriminator's weights those that a voice keeps, and fine-tuning goes on with: all but what a wide one has
    in addition."""
    return {name: value for name, value in weights.items() if not name.startswith("further.")}


class MelDiscriminator(nn.Module):
    """Convolutions over time and mel bins. Each of its scores sees some 0.3 s, of half the rate 0.6 s."""

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
        """mel (B, T, M), normalized, to each network's output."""
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
    """See `adversarial_losses`. made, true: predicted and recorded mels (B, T, M), normalized; frames: (B,).

    Padding is made equal, so that it tells nothing.
    """
    mask = length_mask(frames, true.shape[1])[..., None]
    return adversarial_losses(discriminator, made * mask, true * mask)
