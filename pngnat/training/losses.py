"""Losses of the acoustic model (arXiv 2010.04301, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor

from pngnat.models.batch import length_mask
from pngnat.models.png_nat import Prediction

if TYPE_CHECKING:  # of a batch its tensors are needed, and nothing that reads sound
    from pngnat.data.dataset import AcousticBatch


def acoustic_losses(prediction: Prediction, target: Tensor, batch: AcousticBatch) -> dict[str, Tensor]:
    """Return means outside padding: `mel` (L1 + L2), `coarse` (the same before a post-net), `duration` (squared
    seconds) and `prosody` (squared, see `pngnat.data.prosody`), each if the model has it.

    target: (B, T, M), the batch's normalized mel.
    """
    mask, tokens = length_mask(batch.frames, target.shape[1]), batch.tokens.phoneme_mask
    losses = {
        "mel": spectrum_loss(prediction.mel, target, mask),
        "duration": (prediction.durations - batch.durations)[tokens].square().mean(),
    }
    if prediction.coarse is not None:
        losses["coarse"] = spectrum_loss(prediction.coarse, target, mask)
    if prediction.prosody is not None and batch.prosody is not None:
        losses["prosody"] = (prediction.prosody - batch.prosody)[tokens].square().mean()
    return losses


def spectrum_loss(predicted: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return L1 + L2 of (B, T, M) where mask (B, T) is True."""
    predicted, target = predicted.float()[mask], target.float()[mask]
    return F.l1_loss(predicted, target) + F.mse_loss(predicted, target)
