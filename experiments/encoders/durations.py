"""Training of durations alone: the acoustic model's encoder, speaker table and duration predictor, without its decoder.

It shows in minutes what an encoder knows about rhythm, where the whole model takes hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pngnat.data.batching import BucketedBatches
from pngnat.data.duration_dataset import DurationBatch, DurationDataset
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.training.precision import autocast


@dataclass(frozen=True)
class DurationTrainingConfig:
    """How to train.

    batch_tokens: padded PnG tokens in a batch. autocast: bfloat16 in the matrix products, where it is computed natively.
    """

    batch_tokens: int = 4096
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    autocast: bool = True
    seed: int = 0


class DurationTraining(L.LightningModule):
    """The squared error of durations in seconds, as in the acoustic model's loss (arXiv 2010.04301, section 3)."""

    def __init__(self, model: PngNatConfig, config: DurationTrainingConfig, train: DurationDataset, valid: DurationDataset):
        super().__init__()
        self.config = config
        self.model = PngNat(model)
        self.data = {"train": train, "valid": valid}

    def train_dataloader(self) -> DataLoader:
        trainer, data = self.trainer, self.data["train"]
        batches = BucketedBatches(
            data.padded_lengths,
            self.config.batch_tokens,
            seed=self.config.seed,
            start=trainer.global_step * trainer.accumulate_grad_batches,
            rank=trainer.global_rank,
            world=trainer.world_size,
        )
        return DataLoader(data, batch_sampler=batches, collate_fn=DurationBatch.collate)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.data["valid"], batch_size=32, collate_fn=DurationBatch.collate)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        parts = chain.from_iterable(part.parameters() for part in (self.model.encoder, self.model.speaker, self.model.duration_predictor))
        trained = [parameter for parameter in parts if parameter.requires_grad]
        return torch.optim.AdamW(trained, betas=self.config.betas, weight_decay=self.config.weight_decay, fused=True)

    def transfer_batch_to_device(self, batch: DurationBatch, device: torch.device, dataloader_idx: int) -> DurationBatch:
        return batch.to(device)

    def on_train_batch_start(self, batch: DurationBatch, batch_idx: int) -> None:
        # Dropout hangs on the step alone, so that a resumed run draws what an uninterrupted one does.
        torch.manual_seed((self.config.seed << 32) + self.trainer.global_step * self.trainer.world_size + self.global_rank)

    def training_step(self, batch: DurationBatch, batch_idx: int) -> Tensor:
        loss = self.loss(batch)
        # Squared seconds are small numbers; Adam does not mind, and a bar shows milliseconds better.
        self.log("train/rmse_ms", loss.detach().sqrt() * 1000, prog_bar=True, batch_size=len(batch.ids))
        return loss

    def validation_step(self, batch: DurationBatch, batch_idx: int) -> None:
        self.log("valid/mse", self.loss(batch) * 1e6, batch_size=int(batch.tokens.phoneme_lengths.sum()), sync_dist=True, prog_bar=True)

    def loss(self, batch: DurationBatch) -> Tensor:
        """The mean squared error in seconds squared over all tokens that are no padding."""
        with autocast(self.device, self.config.autocast):
            hidden = self.model.encode(batch.tokens, batch.speaker)
            predicted = self.model.duration_predictor(hidden, batch.tokens.phoneme_lengths)
        return (predicted.float() - batch.durations)[batch.tokens.phoneme_mask].square().mean()
