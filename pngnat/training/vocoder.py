"""Training of the vocoder: reconstruction of recordings from their own mels."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pngnat.audio.config import AudioConfig
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.training.spectral_loss import LogMelLoss, MultiResolutionStftLoss, StftLossConfig
from pngnat.training.vocoder_data import Clip, FeatureStore, SegmentBatch, SegmentConfig, Segments, whole


@dataclass(frozen=True)
class VocoderTrainingConfig:
    """How to train.

    steps: the length of the run; hours: when to be done at the latest, None for no limit; whichever comes first, the learning rate
    has fallen to 0 by then (cosine). warmup: steps of rising learning rate. mel_weight, pitch_weight: of these losses beside the
    spectral one. autocast: bfloat16 in the networks, several times quicker where the processor knows it. seed: of the noise.
    """

    batch_size: int = 16
    steps: int = 100_000
    hours: float | None = None
    learning_rate: float = 1e-3
    warmup: int = 200
    weight_decay: float = 0.01
    mel_weight: float = 1.0
    pitch_weight: float = 0.3
    autocast: bool = True
    seed: int = 0
    stft: StftLossConfig = field(default_factory=StftLossConfig)
    segments: SegmentConfig = field(default_factory=SegmentConfig)


class VocoderTraining(L.LightningModule):
    """Reconstruction losses on random segments; whole clips in validation."""

    def __init__(self, audio: AudioConfig, model: VocoderConfig, config: VocoderTrainingConfig, store: FeatureStore, clips: list[Clip]):
        """clips: all of them; those whose split is "train" are learned from, those whose split is "valid" are measured."""
        super().__init__()
        self.config, self.store = config, store
        self.clips = {split: [clip for clip in clips if clip.split == split] for split in ("train", "valid")}
        self.vocoder = Vocoder(audio, model)
        self.stft_loss, self.mel_loss = MultiResolutionStftLoss(config.stft), LogMelLoss(audio)
        self.elapsed, self._clock = 0.0, None

    def train_dataloader(self) -> DataLoader:
        first = self.trainer.global_step * self.trainer.world_size + self.trainer.global_rank
        segments = Segments(
            self.store, self.clips["train"], self.config.batch_size, self.config.segments, first=first, step=self.trainer.world_size
        )
        return DataLoader(segments, batch_size=None)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.clips["valid"], batch_size=None, collate_fn=partial(whole, self.store))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        config = self.config
        return torch.optim.AdamW(
            self.vocoder.parameters(), config.learning_rate, betas=(0.9, 0.99), weight_decay=config.weight_decay, fused=True
        )

    @property
    def progress(self) -> float:
        """How much of the run is over, 0 to 1."""
        share = self.trainer.global_step / self.config.steps
        return min(1.0, max(share, self.elapsed / 3600 / self.config.hours) if self.config.hours else share)

    def on_train_batch_start(self, batch: SegmentBatch, batch_idx: int) -> int | None:
        now = time.monotonic()
        self.elapsed += now - self._clock if self._clock else 0.0
        self._clock = now
        if self.progress >= 1:
            self.trainer.should_stop = True
            return -1
        warmth = min(1.0, (self.trainer.global_step + 1) / max(1, self.config.warmup))
        rate = self.config.learning_rate * warmth * 0.5 * (1 + math.cos(math.pi * self.progress))
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = rate
        self.log("learning_rate", rate, batch_size=1)
        return None

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["elapsed"] = self.elapsed

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.elapsed = checkpoint["elapsed"]

    def training_step(self, batch: SegmentBatch, batch_idx: int) -> Tensor:
        # The noise hangs on the step alone, so that a resumed run hears the same.
        generator = torch.Generator().manual_seed(
            (self.config.seed << 32) + self.trainer.global_step * self.trainer.world_size + self.global_rank
        )
        losses = self.losses(batch, generator)
        for name, value in losses.items():
            self.log(f"train/{name}", value.detach(), prog_bar=name == "loss", batch_size=1)
        return losses["loss"]

    def losses(self, batch: SegmentBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The losses of a batch, by name; "loss" is what to minimise."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.autocast):
            classes, voicing = self.vocoder.classify_pitch(batch.mel)
            pitch, voiced = self.vocoder.pitch.loss(classes, voicing, batch.f0)
            f0 = torch.where(batch.f0 > 0, batch.f0, self.vocoder.pitch.decode(classes.detach()))
            noise = self.vocoder.noise(len(batch.mel), batch.mel.shape[-1], generator)
            made = self.vocoder.render(batch.mel, f0, torch.sigmoid(voicing.detach().float()), noise)
        convergence, distance = self.stft_loss(made, batch.samples)
        mel = self.mel_loss(made, batch.samples)
        loss = convergence + distance + self.config.mel_weight * mel + self.config.pitch_weight * (pitch + voiced)
        return {"loss": loss, "convergence": convergence, "distance": distance, "mel": mel, "pitch": pitch, "voicing": voiced}

    def validation_step(self, batch: SegmentBatch, batch_idx: int) -> None:
        f0, made = batch.f0, self.vocoder(batch.mel, generator=torch.Generator().manual_seed(batch_idx))
        convergence, distance = self.stft_loss(made, batch.samples)
        guess, voice = self.vocoder.predict_f0(batch.mel)
        both = (f0 > 0) & (voice > 0.5)
        figures = {
            "convergence": convergence,
            "distance": distance,
            "mel": self.mel_loss(made, batch.samples),
            "f0_cents": (1200 * torch.log2(guess[both] / f0[both])).abs().median() if both.any() else torch.zeros(()),
            "voicing_error": ((f0 > 0) != (voice > 0.5)).float().mean(),
        }
        for name, value in figures.items():
            self.log(f"valid/{name}", value, batch_size=1, sync_dist=True)
