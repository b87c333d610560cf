"""What the acoustic model is trained to lower (arXiv 2010.04301, section 3)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from pngnat.models.batch import length_mask
from pngnat.models.png_nat import Prediction


def acoustic_losses(prediction: Prediction, target: Tensor, frames: Tensor, durations: Tensor, tokens: Tensor) -> dict[str, Tensor]:
    """Means over what is not padding: `coarse` and `mel` (L1 + L2 before and after the post-net) and `duration` (squared seconds).

    target: (B, T, M) normalized log-mel; frames: (B,); durations: (B, N) seconds; tokens: (B,) phoneme-segment tokens.
    """
    mask = length_mask(frames, target.shape[1])
    return {
        "coarse": spectrum_loss(prediction.coarse, target, mask),
        "mel": spectrum_loss(prediction.mel, target, mask),
        "duration": (prediction.durations - durations)[length_mask(tokens, durations.shape[1])].square().mean(),
    }


def spectrum_loss(predicted: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """L1 + L2 of (B, T, M) where mask (B, T) is True."""
    predicted, target = predicted.float()[mask], target.float()[mask]
    return F.l1_loss(predicted, target) + F.mse_loss(predicted, target)
