"""Mel spectrogram to sound: a source and a filter in the domain of the short-time Fourier transform."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.audio.noise import draw_noise
from pngnat.models.layers import ConvNeXt
from pngnat.models.vocoder.pitch import PitchConfig, PitchNet
from pngnat.models.vocoder.signal import FramedStft, MelCorrection, new_starts, pulse_train

# Typical mean and spread of a log-mel of speech, so that the networks work on numbers around 0.
MEL_MEAN, MEL_SCALE = -5.0, 3.0
# The largest log-magnitude; without it one wrong weight makes the sound infinite.
MAX_LOG = 6.0
# The voicing from which on the source has no noise. Low: hoarseness in a voice is more audible than a buzz in a
# consonant.
SURE_VOICE = 0.2
# Octaves, a quarter of a semitone: the error of the pitch network is smaller.
SAME_PITCH = 1 / 48

NoiseSource = np.random.Generator | torch.Generator


@dataclass(frozen=True)
class VocoderConfig:
    """Size of the vocoder."""

    width: int = 256
    """Channels of the ConvNeXt stack that predicts the filters."""
    hidden: int = 512
    """Hidden units of each block."""
    blocks: int = 8
    """Number of blocks."""
    kernel: int = 7
    """Frames that a convolution sees."""
    corrections: int = 1
    """How often the sound is corrected towards its mel. One improves copies much, a second adds a quarter to the work
    and little to the sound (docs/decisions.md)."""
    shared_noise: bool = True
    """Whether the source and the aperiodic part share one noise: drawing noise is among the slowest parts of
    synthesis."""
    max_voiced_frequency: float = 4000.0
    """Hz below which voiced frames have no aperiodic part, as in the harmonic plus noise model (Stylianou, "Applying
    the harmonic plus noise model in concatenative speech synthesis", 2001): losses of magnitudes fill the valleys
    between harmonics with noise. In training the noise stays (docs/decisions.md)."""
    pitch: PitchConfig = field(default_factory=PitchConfig)
    """Sizes of the pitch network."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> VocoderConfig:
        """Return the config whose `dataclasses.asdict` is `values`. Raises TypeError or KeyError where none has it."""
        return cls(**{**values, "pitch": PitchConfig(**values["pitch"])})


@dataclass(frozen=True)
class Filters:
    """The filters that the network predicts from a mel."""

    periodic: Tensor
    """Complex (B, K, T), the filter of the source."""
    aperiodic: Tensor
    """(B, K, T), the magnitudes of the noise that is added."""
    correction_gate: Tensor
    """(B, M, T), from 0 to 1: how far the sound is corrected towards the mel."""

    def gated(self, where: Tensor) -> Filters:
        """Return these filters with a correction gate of 0 outside of `where` (B, T).

        A mel shows the harmonics of its own pitch, and is no guide to another pitch.
        """
        return replace(self, correction_gate=self.correction_gate * where[:, None])

    def cut(self, start: int, end: int) -> Filters:
        """Return the filters of the frames from `start` to before `end`."""
        return Filters(*(part[:, :, start:end] for part in (self.periodic, self.aperiodic, self.correction_gate)))


class Vocoder(nn.Module):
    """A source-filter vocoder: S = exp(a) e^{i pi p} E + exp(b) Z, corrected towards the mel.

    E: the transform of a pulse train at f0; Z: complex noise; a, p, b: log-magnitudes and phase that a network over
    frames predicts. The sound is the inverse transform of S. Where frames are hardly voiced, noise of the same power
    replaces the pulses: the network alone would leave a faint buzz in pauses, since its losses do not penalize it.
    Below that, f0 is unreliable, and the aperiodic part covers the pulses, so that a wrong voicing decision costs
    little. Source: the family of source-filter vocoders begins with Wang et al., arXiv 1904.12088.
    """

    def __init__(self, audio: AudioConfig, config: VocoderConfig) -> None:
        super().__init__()
        self.audio, self.config = audio, config
        self.stft = FramedStft(audio.window_length, audio.hop_length)
        self.pitch = PitchNet(audio.n_mels, config.pitch)
        self.correction = MelCorrection(audio) if config.corrections else None
        self.outputs = [self.stft.frequencies] * 3 + [audio.n_mels if config.corrections else 0]
        self.net = ConvNeXt(
            audio.n_mels + 2, sum(self.outputs), config.width, config.hidden, config.blocks, config.kernel
        )
        # The magnitudes of E and Z grow with the window's length. Start near the level of speech, with little noise.
        self.source_scale = 1 / math.sqrt(self.stft.window.square().sum().item())
        nn.init.normal_(self.net.proj_out.weight, std=1e-3)
        with torch.no_grad():
            periodic, phase, aperiodic, gate = self.net.proj_out.bias.split(self.outputs)
            periodic.fill_(-3.0), phase.zero_(), aperiodic.fill_(-4.0), gate.fill_(2.0)

    def forward(
        self,
        mel: Tensor,
        f0: Tensor | None = None,
        generator: NoiseSource | None = None,
        semitones: float | Tensor = 0.0,
    ) -> Tensor:
        """Return the sound of a mel, float32 (B, T * hop).

        mel: (B, M, T), natural log as in log_mel. f0: (B, T) in Hz, 0 where unvoiced; None predicts it. generator: see
        `noise`; the same state gives the same sound. semitones: the interval to raise f0 by, a number or (B, T).
        """
        f0, voicing, keeps_mel_pitch = self.choose_f0(mel, f0, semitones)
        filters = self.filters(mel, f0, voicing).gated(keeps_mel_pitch)
        source = self.stft(self.restarted_pulses(f0, voicing))
        return self.sound(mel, filters, voicing, source, self.noise(mel.shape[0], mel.shape[2], generator))

    def choose_f0(
        self, mel: Tensor, f0: Tensor | None = None, semitones: float | Tensor = 0.0
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return f0 in Hz, above 0, voicing in [0, 1], and where both are the mel's own; each (B, T).

        Arguments as for `forward`.
        """
        predicted_f0, predicted_voicing = self.predict_f0(mel)
        if f0 is None:
            chosen, voicing = predicted_f0, predicted_voicing
        else:
            chosen, voicing = torch.where(f0 > 0, f0, predicted_f0), (f0 > 0).float()
        chosen = chosen * 2 ** (semitones / 12)
        same_pitch = (chosen / predicted_f0).log2().abs() < SAME_PITCH
        same_voicing = (voicing > 0.5) == (predicted_voicing > 0.5)
        both_unvoiced = (voicing < 0.5) & (predicted_voicing < 0.5)
        keeps_mel_pitch = (same_pitch & same_voicing) | both_unvoiced
        return chosen, voicing, keeps_mel_pitch

    def predict_f0(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Predict f0 (B, T) in Hz, above 0, and voicing (B, T), a probability, from a mel (B, M, T)."""
        classes, voicing = self.classify_pitch(mel)
        return self.pitch.decode(classes), torch.sigmoid(voicing.float())

    def classify_pitch(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of pitch classes (B, T, bins) and of voicing (B, T), for PitchNet's loss. mel: (B, M, T)."""
        return self.pitch((mel - MEL_MEAN) / MEL_SCALE)

    def noise(self, batch: int, frames: int, generator: NoiseSource | None = None) -> Tensor:
        """Draw white complex noise of variance 2, for the source and for the aperiodic part.

        Returns (B, 2, K, T), or (B, 1, K, T) where they share it. It is drawn frame by frame, as in a stream. NumPy's
        generator draws the same numbers on every device and in every engine (`draw_noise`); PyTorch's, or None for its
        default, draws Gaussian noise on its own device, which training needs.
        """
        kinds, device = 1 if self.config.shared_noise else 2, self.stft.window.device
        if isinstance(generator, np.random.Generator):
            drawn = torch.from_numpy(draw_noise(generator, batch * frames, kinds, self.stft.frequencies)).unflatten(
                0, (batch, frames)
            )
        else:
            shape = (batch, frames, kinds, self.stft.frequencies, 2)
            drawn = torch.view_as_complex(
                torch.randn(shape, generator=generator, device=generator.device if generator else device)
            )
        return drawn.to(device).permute(0, 2, 3, 1)

    def pulses(self, f0: Tensor, phase: Tensor | None = None) -> Tensor:
        """Return the source (B, T * hop); arguments as for `pulse_train`."""
        return pulse_train(f0, self.audio.hop_length, self.audio.sample_rate, phase)

    def restarted_pulses(self, f0: Tensor, voicing: Tensor) -> Tensor:
        """Return the source (B, T * hop), which restarts where a complete window is unvoiced.

        f0: (B, T) in Hz; voicing: (B, T) in [0, 1].
        """
        starts = new_starts(voicing < 0.5, 2 * (self.stft.size // (2 * self.stft.hop)))
        return pulse_train(f0, self.audio.hop_length, self.audio.sample_rate, starts=starts)

    def sound(self, mel: Tensor, filters: Filters, voicing: Tensor, source: Tensor, noise: Tensor) -> Tensor:
        """Return the sound (B, T * hop) of a mel (B, M, T) and its filters.

        voicing: (B, T) in [0, 1]; source: (B, K, T), the transform of the pulses; noise: as `noise` draws it.
        """
        samples = self.stft.inverse(self.spectrum(filters, voicing, source, noise))
        if self.correction is not None:
            for _ in range(self.config.corrections):
                samples = self.correction(samples, mel, filters.correction_gate)
        return samples

    def filters(self, mel: Tensor, f0: Tensor, voicing: Tensor) -> Filters:
        """Predict the filters of the source and the noise from a mel (B, M, T).

        f0: (B, T) in Hz, above 0; voicing: (B, T) in [0, 1].
        """
        pitch = (torch.log(f0) - 5).unsqueeze(1)
        inputs = torch.cat([(mel - MEL_MEAN) / MEL_SCALE, pitch, voicing.unsqueeze(1)], dim=1)  # (B, M + 2, T)
        periodic, phase, aperiodic, gate = self.net(inputs).float().transpose(1, 2).split(self.outputs, dim=1)
        angle = math.pi * phase
        level = torch.exp(periodic.clamp(max=MAX_LOG)) * self.source_scale
        aperiodic = self._without_voiced_noise(torch.exp(aperiodic.clamp(max=MAX_LOG)), voicing)
        factors = torch.complex(level * torch.cos(angle), level * torch.sin(angle))  # (B, K, T)
        return Filters(factors, aperiodic, torch.sigmoid(gate))

    def _without_voiced_noise(self, aperiodic: Tensor, voicing: Tensor) -> Tensor:
        """Remove magnitudes (B, K, T) below the maximum voiced frequency as far as frames are voiced.

        voicing: (B, T) in [0, 1]. Training keeps all.
        """
        if self.training:
            return aperiodic
        low = round(self.config.max_voiced_frequency * self.stft.size / self.audio.sample_rate)
        unvoiced = 1 - (voicing.detach() / SURE_VOICE).clamp(max=1)
        return torch.cat([aperiodic[:, :low] * unvoiced.unsqueeze(1), aperiodic[:, low:]], dim=1)

    def spectrum(self, filters: Filters, voicing: Tensor, source: Tensor, noise: Tensor) -> Tensor:
        """Return the spectrum S (B, K, T) before any correction; arguments as for `sound`."""
        return filters.periodic * self._excitation(source, voicing, noise[:, 0]) + filters.aperiodic * noise[:, -1]

    def _excitation(self, source: Tensor, voicing: Tensor, noise: Tensor) -> Tensor:
        """Return the source (B, K, T) where frames are voiced, noise of its power elsewhere, and mixtures between."""
        # Detached: a square root has no gradient at 0.
        voiced = (voicing.detach() / SURE_VOICE).clamp(max=1).unsqueeze(1)  # (B, 1, T)
        power = torch.view_as_real(source).square().sum(-1).mean(1, keepdim=True) / 2
        # Pulses add up where frames overlap; noise frames differ, and partly cancel.
        power = power * self.stft.size / self.stft.hop
        return voiced.sqrt() * source + (1 - voiced).sqrt() * power.sqrt() * noise
