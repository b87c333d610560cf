"""The vocoder's training: reconstruction of recordings from mels, and, in a second stage, discriminators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import Callback
from torch import Tensor
from torch.utils.data import DataLoader

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.audio.spectral_loss import ComplexStftLoss, LogMelLoss, MultiResolutionStftLoss, StftLossConfig
from pngnat.data.corpus import Recording
from pngnat.data.features import FeatureSource
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.models.vocoder.signal import pulse_phase
from pngnat.training.discriminators import AdversarialConfig, Discriminators, adversarial_losses
from pngnat.training.export import VocoderStart
from pngnat.training.loggers import can_hold_sound, log_picture, log_sound
from pngnat.training.module import ClippedGroups, adversarial_optimizer, autocast, load_discriminator
from pngnat.training.vocoder_data import SegmentBatch, SegmentConfig, Segments, whole


@dataclass(frozen=True)
class VocoderTrainingConfig:
    """Batches, losses and optimizer. The weights of the losses are those of the first stage, without discriminators."""

    batch_size: int = 16
    """Segments in a batch."""
    weight_decay: float = 0.01
    """Weight decay of AdamW."""
    betas: tuple[float, float] = (0.9, 0.99)
    """Betas of AdamW."""
    stft_weight: float = 1.0
    """Weight of spectral convergence and log-magnitude distance."""
    mel_weight: float = 1.0
    """Weight of the distance of log-mels."""
    complex_weight: float = 0.5
    """Weight of the distance of complex spectra: magnitudes alone do not train the phases of harmonics. See
    docs/decisions.md."""
    pitch_weight: float = 0.3
    """Weight of the losses of pitch and voicing."""
    trust_weight: float = 0.3
    """Weight of the loss of the correction gate, which learns to tell predicted mels from recorded ones. See
    docs/decisions.md."""
    uncorrected: float = 0.125
    """Fraction of segments whose sound is not corrected towards the mel, as when another pitch is requested."""
    autocast: bool = True
    """bfloat16 in the networks, if it is native: several times faster."""
    workers: int = 0
    """Processes that load batches."""
    seed: int = 0
    """Seed of the noise."""
    adversarial: AdversarialConfig | None = None
    """Discriminators of the second stage; null is the first stage."""
    stft: StftLossConfig = field(default_factory=StftLossConfig)
    """Resolutions of the spectral losses."""
    segments: SegmentConfig = field(default_factory=SegmentConfig)
    """How segments are drawn."""


class VocoderTraining(ClippedGroups):
    """Losses on random segments; complete recordings in validation.

    Vocoder and discriminators train in the same step. Neither side's losses have a gradient for the other.
    """

    def __init__(
        self,
        audio: AudioConfig,
        model: VocoderConfig,
        config: VocoderTrainingConfig,
        store: FeatureSource,
        train: Sequence[Recording],
        valid: Sequence[Recording],
        predicted: FeatureSource | None = None,
    ):
        """Create model, losses and data. predicted: the recordings with predicted mels, for a fraction of the training
        and for all of the validation."""
        super().__init__()
        self.config, self.store, self.predicted, self.recordings = (
            config,
            store,
            predicted,
            {"train": train, "valid": valid},
        )
        self.vocoder = Vocoder(audio, model)
        self.discriminators = Discriminators(config.adversarial.discriminators) if config.adversarial else None
        self.stft_loss = MultiResolutionStftLoss(config.stft)
        self.complex_loss = ComplexStftLoss()
        self.mel_loss = LogMelLoss(audio)

    def start_from(self, start: VocoderStart) -> None:
        """Copy trained weights; discriminators of other sizes stay random."""
        self.vocoder.load_state_dict(start.vocoder.state_dict())
        if self.discriminators is not None:
            own = self.discriminators.state_dict()
            load_discriminator(self.discriminators, start.discriminators, own, "the set of discriminators")

    @property
    def validation_source(self) -> FeatureSource:
        """The source of features in validation."""
        return self.predicted or self.store

    def train_dataloader(self) -> DataLoader:
        config, trainer = self.config, self.trainer
        first = trainer.global_step * trainer.accumulate_grad_batches * trainer.world_size + trainer.global_rank
        train = self.recordings["train"]
        segments = Segments(
            self.store, train, config.batch_size, config.segments, first, trainer.world_size, self.predicted
        )
        return DataLoader(segments, batch_size=None, num_workers=config.workers)

    def val_dataloader(self) -> DataLoader:
        # DataLoader accepts any sequence, whatever its type says.
        valid: Any = self.recordings["valid"]
        return DataLoader(valid, batch_size=None, collate_fn=partial(whole, self.validation_source))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return adversarial_optimizer(self.vocoder, self.discriminators, self.config)

    def training_step(self, batch: SegmentBatch, batch_idx: int) -> Tensor:
        # The noise depends on seed and batch alone, so that a resumed run draws the same.
        losses = self.losses(batch, torch.Generator(self.device).manual_seed((self.config.seed << 40) + batch.number))
        for name, value in losses.items():
            self.log(f"train/{name}", value.detach(), prog_bar=name == "loss", batch_size=1)
        return losses["loss"]

    def losses(self, batch: SegmentBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Return the losses of a batch by name; "loss" is the sum to minimize."""
        with autocast(self.device, self.config.autocast):
            classes, voicing = self.vocoder.classify_pitch(batch.mel)
            pitch, voiced = self.vocoder.pitch.loss(classes, voicing, batch.f0)
            f0, voice = self.vocoder.pitch.decode(classes.detach()), torch.sigmoid(voicing.detach().float())
            made, trust = self._sound(batch, f0, voice, generator)
        made, true = batch.inner(made), batch.inner(batch.samples)
        convergence, distance = self.stft_loss(made, true)
        losses = {"convergence": convergence, "distance": distance, "mel": self.mel_loss(made, true)}
        losses |= {"complex": self.complex_loss(made, true), "pitch": pitch, "voicing": voiced}
        config = self.config
        loss = (
            config.stft_weight * (convergence + distance)
            + config.mel_weight * losses["mel"]
            + config.pitch_weight * (pitch + voiced)
        )
        loss = loss + config.complex_weight * losses["complex"]
        if self.predicted and self.vocoder.config.corrections:
            losses["trust"] = F.binary_cross_entropy(
                trust, (~batch.is_predicted).float()[:, None, None].expand_as(trust)
            )
            loss = loss + config.trust_weight * losses["trust"]
        if self.discriminators is not None and config.adversarial is not None:
            with autocast(self.device, config.autocast):
                turn = batch.number if config.adversarial.in_turn else None
                against = adversarial_losses(self.discriminators, made, true, turn)
            loss = (
                loss
                + config.adversarial.weight * against["generator"]
                + config.adversarial.features * against["features"]
            )
            loss, losses = loss + against["discriminator"], losses | against
        return {"loss": loss, **losses}

    def _sound(
        self, batch: SegmentBatch, f0: Tensor, voicing: Tensor, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """Synthesize the mels as in inference, but with the recording's pulse phase; return sound (B, S) and correction
        gate (B, M, T)."""
        vocoder = self.vocoder
        phase = pulse_phase(batch.samples, f0, batch.f0 > 0, vocoder.audio.sample_rate, vocoder.stft)
        count = round(self.config.uncorrected * len(f0))
        corrected = (torch.arange(len(f0), device=f0.device) >= count)[:, None].expand_as(f0)
        filters = vocoder.filters(batch.mel, f0, voicing)
        source, noise = vocoder.stft(vocoder.pulses(f0, phase)), vocoder.noise(len(f0), f0.shape[1], generator)
        return vocoder.sound(batch.mel, filters.gated(corrected), voicing, source, noise), filters.correction_gate

    def validation_step(self, batch: SegmentBatch, batch_idx: int) -> None:
        f0, (guess, voice) = batch.f0, self.vocoder.predict_f0(batch.mel)
        made = self.vocoder(batch.mel, generator=torch.Generator().manual_seed(batch_idx))
        convergence, distance = self.stft_loss(made, batch.samples)
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


class Copies(Callback):
    """A log of copies of a few recordings after each validation: sound, and mel below the recording's."""

    def __init__(self, count: int = 4) -> None:
        self.count = count

    @torch.no_grad()
    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not (trainer.is_global_zero and can_hold_sound(trainer.loggers) and isinstance(pl_module, VocoderTraining)):
            return
        audio, loggers, step = pl_module.vocoder.audio, trainer.loggers, trainer.global_step
        valid = pl_module.recordings["valid"]
        for recording in valid[:: max(1, len(valid) // self.count)][: self.count]:
            mel = torch.from_numpy(pl_module.validation_source.load(recording).mel)[None].to(pl_module.device)
            made = pl_module.vocoder(mel, generator=torch.Generator().manual_seed(0)).cpu()
            log_sound(loggers, f"copy/{recording.id}", made[0], audio.sample_rate, step)
            log_picture(
                loggers, f"recording_over_copy/{recording.id}", picture(mel[0].cpu(), log_mel(made, audio)[0]), step
            )


def picture(*mels: Tensor) -> Tensor:
    """Return mels (M, T), stacked, low frequencies at the bottom, as a grey picture (1, sum of M, T) in [0, 1]."""
    return torch.cat([((mel.flip(0) + 11.5) / 13).clamp(0, 1) for mel in mels])[None]
