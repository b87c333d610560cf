"""The acoustic model's training on aligned recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor
from torch.utils.data import DataLoader

from pngnat.data.batching import BucketedBatches, ShardedBatches
from pngnat.data.dataset import AcousticBatch, AcousticDataset
from pngnat.errors import PngnatError
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.vocoder import Vocoder
from pngnat.training.export import vocoder_start
from pngnat.training.loggers import can_hold_sound, log_picture, log_sound
from pngnat.training.losses import acoustic_losses
from pngnat.training.mel_discriminator import (
    MelAdversarialConfig,
    MelDiscriminator,
    mel_adversarial_losses,
    persistent_weights,
)
from pngnat.training.module import ClippedGroups, StageModule, adversarial_optimizer, load_discriminator
from pngnat.training.pictures import acoustic_pictures


@dataclass(frozen=True)
class AcousticTrainingConfig:
    """Batches, losses and optimizer; the paper's values are in its appendix."""

    batch_seconds: float = 80.0
    """Padded seconds of sound in a batch."""
    duration_weight: float = 2.0
    """Weight of the duration loss; 2 in the paper."""
    prosody_weight: float = 0.2
    """Weight of the loss of pitch and loudness, for models with prosody."""
    adversarial: MelAdversarialConfig | None = None
    """A discriminator of mels; null is none."""
    weight_decay: float = 1e-6
    """Weight decay of AdamW."""
    autocast: bool = True
    """bfloat16 in the matrix products, if it is native: about three times faster."""
    window: int = 16
    """Shards of a sharded corpus whose recordings each process mixes; with fewer shards, reading is more sequential and
    mixing weaker."""
    workers: int = 0
    """Processes that load batches."""
    pictures: int = 3
    """Validation recordings to draw and to synthesize."""
    vocoder: str | None = "english"
    """Vocoder for these recordings: a vocoder's folder, or a voice's name or folder; null is none."""
    seed: int = 0
    """Seed of random weights, order of batches and dropout."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Betas of AdamW."""


class AcousticTraining(StageModule, ClippedGroups):
    """Model, losses and data. `train` and `valid` hold recordings of the speakers in the model's table."""

    def __init__(
        self, model: PngNatConfig, config: AcousticTrainingConfig, train: AcousticDataset, valid: AcousticDataset
    ):
        super().__init__()
        self.config: AcousticTrainingConfig = config
        self.model = PngNat(model)
        self.discriminator = MelDiscriminator(config.adversarial) if config.adversarial else None
        self.data = {"train": train, "valid": valid}

    def load_discriminator(self, weights: Mapping[str, Tensor] | None) -> None:
        """Continue with the discriminator of another training, if it has the same sizes."""
        if self.discriminator is not None:
            own = persistent_weights(self.discriminator.state_dict())
            load_discriminator(self.discriminator, weights, own, "the discriminator of mels")

    def train_dataloader(self) -> DataLoader:
        data = self.data["train"]
        kind: Callable[..., BucketedBatches] = BucketedBatches
        # A corpus with fewer shards than processes is read at random; it soon lies in the system's cache.
        if data.shards is not None and len(np.unique(data.shards)) >= self.trainer.world_size:
            kind = partial(ShardedBatches, shards=data.shards, window=self.config.window)
        batches = self.batches(kind, data.padded_seconds, self.config.batch_seconds)
        return DataLoader(data, batch_sampler=batches, collate_fn=data.collate, num_workers=self.config.workers)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.data["valid"], batch_size=8, collate_fn=self.data["valid"].collate)

    def on_after_batch_transfer(self, batch: AcousticBatch, dataloader_idx: int) -> AcousticBatch:
        """Compute the features that are not kept on disk, on the device."""
        return batch.measured(self.model.config.audio)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return adversarial_optimizer(self.model, self.discriminator, self.config)

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
        if batch_idx == 0 and self.config.pictures and self.global_rank == 0 and can_hold_sound(self.loggers):
            self._show(batch)

    def losses(self, batch: AcousticBatch) -> dict[str, Tensor]:
        """Return the losses of a batch by name; "loss" is the sum to minimize."""
        with self.precision():
            prediction = self.model(batch.tokens, batch.speaker, batch.durations, batch.mel, batch.prosody)
        config, target = self.config, self.model.normalize(batch.mel)
        losses = acoustic_losses(prediction, target, batch)
        weights = {"duration": config.duration_weight, "prosody": config.prosody_weight}
        if (
            self.discriminator is not None
            and config.adversarial
            and self.trainer.global_step >= config.adversarial.start
        ):
            with self.precision():
                losses |= mel_adversarial_losses(self.discriminator, prediction.mel, target, batch.frames)
            weights |= {"generator": config.adversarial.weight, "features": config.adversarial.features}
        total = sum((weights.get(name, 1.0) * value for name, value in losses.items()), target.new_zeros(()))
        return {"loss": total, **losses}

    def _show(self, batch: AcousticBatch) -> None:
        """Log pictures and sounds of the first recordings."""
        step, audio = self.trainer.global_step, self.model.config.audio
        for name, figure in acoustic_pictures(self.model, batch, self.data["valid"], self.config.pictures):
            log_picture(self.loggers, f"valid/{name}", figure, step)
        if self._vocoder is None:
            return
        with torch.inference_mode():
            encoded = self.model.encode(batch.tokens)
            mels = self.model.generate_mel(encoded, batch.speaker, batch.durations).float().cpu()
            for name, mel, frames in list(zip(batch.ids, mels, batch.frames.tolist(), strict=True))[
                : self.config.pictures
            ]:
                sound = self._vocoder(mel[None, :, :frames], generator=torch.Generator().manual_seed(0))[0]
                log_sound(self.loggers, f"valid/{name}", sound, audio.sample_rate, step)

    @cached_property
    def _vocoder(self) -> Vocoder | None:
        """The vocoder of validation recordings; None, with one warning, if it takes other mels."""
        if self.config.vocoder is None:
            return None
        try:
            vocoder = vocoder_start(self.config.vocoder).vocoder
        except PngnatError as error:
            rank_zero_warn(f"validation recordings are not heard in the log: {error}")
            return None
        if vocoder.audio != self.model.config.audio:
            rank_zero_warn(
                f"validation recordings are not heard in the log: the vocoder of '{self.config.vocoder}' is for other "
                "mels"
            )
            return None
        return vocoder.eval()
