"""Training of the acoustic model on aligned recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pngnat.data.batching import BucketedBatches
from pngnat.data.dataset import AcousticBatch, AcousticDataset
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.training.losses import acoustic_losses
from pngnat.training.pictures import acoustic_pictures
from pngnat.training.precision import autocast


@dataclass(frozen=True)
class AcousticTrainingConfig:
    """How to train; see the paper's appendix for its numbers.

    batch_seconds: padded seconds of sound in a batch. duration_weight: of the duration loss (2.0 in the paper).
    autocast: bfloat16 in the matrix products, where it is computed natively: some three times quicker.
    workers: processes that load batches. pictures: validation recordings to draw.
    """

    batch_seconds: float = 80.0
    duration_weight: float = 2.0
    weight_decay: float = 1e-6
    autocast: bool = True
    workers: int = 0
    pictures: int = 3
    seed: int = 0
    betas: tuple[float, float] = field(default=(0.9, 0.999))


class AcousticTraining(L.LightningModule):
    """The model, its losses and its data. `train` and `valid` hold recordings of the speakers in the model's table."""

    def __init__(self, model: PngNatConfig, config: AcousticTrainingConfig, train: AcousticDataset, valid: AcousticDataset):
        super().__init__()
        self.config = config
        self.model = PngNat(model)
        self.data = {"train": train, "valid": valid}

    def train_dataloader(self) -> DataLoader:
        trainer = self.trainer
        batches = BucketedBatches(
            self.data["train"].padded_seconds,
            self.config.batch_seconds,
            seed=self.config.seed,
            start=trainer.global_step * trainer.accumulate_grad_batches,
            rank=trainer.global_rank,
            world=trainer.world_size,
        )
        return DataLoader(self.data["train"], batch_sampler=batches, collate_fn=AcousticBatch.collate, num_workers=self.config.workers)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.data["valid"], batch_size=8, collate_fn=AcousticBatch.collate)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        return torch.optim.AdamW(trained, betas=self.config.betas, weight_decay=self.config.weight_decay, fused=True)

    def transfer_batch_to_device(self, batch: AcousticBatch, device: torch.device, dataloader_idx: int) -> AcousticBatch:
        return batch.to(device)

    def on_train_batch_start(self, batch: AcousticBatch, batch_idx: int) -> None:
        # Dropout hangs on the step alone, so that a resumed run draws what an uninterrupted one does.
        step = self.trainer.global_step * self.trainer.world_size + self.global_rank
        torch.manual_seed((self.config.seed << 32) + step)

    def training_step(self, batch: AcousticBatch, batch_idx: int) -> Tensor:
        losses = self.losses(batch)
        for name, value in losses.items():
            self.log(f"train/{name}", value.detach(), prog_bar=name in ("loss", "mel"), batch_size=len(batch.ids))
        return losses["loss"]

    def validation_step(self, batch: AcousticBatch, batch_idx: int) -> None:
        losses = self.losses(batch)
        losses["duration_rmse_ms"] = losses["duration"].sqrt() * 1000
        for name, value in losses.items():
            self.log(f"valid/{name}", value, batch_size=len(batch.ids), sync_dist=True, prog_bar=name == "mel")
        if batch_idx == 0 and self.logger and self.global_rank == 0:
            self._draw(batch)

    def losses(self, batch: AcousticBatch) -> dict[str, Tensor]:
        """The losses of a batch by name; "loss" is what to lower."""
        with autocast(self.device, self.config.autocast):
            prediction = self.model(batch.tokens, batch.speaker, batch.durations, batch.mel)
        target = self.model.normalize(batch.mel)
        losses = acoustic_losses(prediction, target, batch.frames, batch.durations, batch.tokens.phoneme_lengths)
        return {"loss": losses["coarse"] + losses["mel"] + self.config.duration_weight * losses["duration"], **losses}

    def _draw(self, batch: AcousticBatch) -> None:
        board = self.logger.experiment
        for name, figure in acoustic_pictures(self.model, batch, self.data["valid"], self.config.pictures):
            board.add_figure(f"valid/{name}", figure, self.trainer.global_step)


def speakers_of(recordings: Sequence) -> list[str]:
    """The speakers' names in alphabetical order, which is the order of the model's speaker table."""
    return sorted({recording.speaker for recording in recordings})
