"""Training of the vocoder: reconstruction of recordings from their own mels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

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

    mel_weight, pitch_weight: of these losses beside the spectral one. autocast: bfloat16 in the networks, several times quicker where
    the processor knows it. workers: processes that load batches. seed: of the noise.
    """

    batch_size: int = 16
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    mel_weight: float = 1.0
    pitch_weight: float = 0.3
    autocast: bool = True
    workers: int = 0
    seed: int = 0
    stft: StftLossConfig = field(default_factory=StftLossConfig)
    segments: SegmentConfig = field(default_factory=SegmentConfig)


class VocoderTraining(L.LightningModule):
    """Reconstruction losses on random segments; whole clips in validation."""

    def __init__(
        self,
        audio: AudioConfig,
        model: VocoderConfig,
        config: VocoderTrainingConfig,
        store: FeatureStore,
        train: Sequence[Clip],
        valid: Sequence[Clip],
    ):
        super().__init__()
        self.config, self.store, self.clips = config, store, {"train": train, "valid": valid}
        self.vocoder = Vocoder(audio, model)
        self.stft_loss, self.mel_loss = MultiResolutionStftLoss(config.stft), LogMelLoss(audio)

    def train_dataloader(self) -> DataLoader:
        config, trainer = self.config, self.trainer
        first = trainer.global_step * trainer.accumulate_grad_batches * trainer.world_size + trainer.global_rank
        segments = Segments(self.store, self.clips["train"], config.batch_size, config.segments, first, trainer.world_size)
        return DataLoader(segments, batch_size=None, num_workers=config.workers)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.clips["valid"], batch_size=None, collate_fn=partial(whole, self.store))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        # The schedule sets the learning rate before the first step.
        return torch.optim.AdamW(self.vocoder.parameters(), betas=self.config.betas, weight_decay=self.config.weight_decay, fused=True)

    def training_step(self, batch: SegmentBatch, batch_idx: int) -> Tensor:
        # The noise hangs on the batch alone, so that a resumed run hears the same.
        losses = self.losses(batch, torch.Generator().manual_seed((self.config.seed << 40) + batch.number))
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
