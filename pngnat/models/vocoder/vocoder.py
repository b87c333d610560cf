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
from pngnat.models.vocoder.correction import MelCorrection
from pngnat.models.vocoder.pitch import PitchConfig, PitchNet
from pngnat.models.vocoder.source import new_starts, pulse_train
from pngnat.models.vocoder.stft import FramedStft

# Where the mels of speech lie, so that the networks see numbers around 0.
MEL_MEAN, MEL_SCALE = -5.0, 3.0
# The largest log-magnitude; without it one wild weight gives infinite sound.
MAX_LOG = 6.0
# From this probability of voice on, the source is all pulses. Low: hoarseness in a voice is heard sooner than a buzz in
# a consonant.
SURE_VOICE = 0.2
# In octaves, a quarter of a semitone: the networks' own error is smaller.
SAME_PITCH = 1 / 48

NoiseSource = np.random.Generator | torch.Generator


@dataclass(frozen=True)
class VocoderConfig:
    """Size of the vocoder."""

    width: int = 256
    """Channels of the ConvNeXt stack that makes the spectrum."""
    hidden: int = 512
    """Hidden units of each block."""
    blocks: int = 8
    """How many there are."""
    kernel: int = 7
    """Frames that a block sees."""
    corrections: int = 1
    """How often the sound is brought nearer to its mel. After a short training with one, copies had DistilMOS 4.0 (of
    speakers who were not heard in training 3.4), without any 3.5 (2.5); a second adds a quarter to the work, and little
    to the sound."""
    shared_noise: bool = True
    """One noise for the source and for the sound instead of two; the drawing of noise is among the dearest parts of
    speaking."""
    max_voiced_frequency: float = 4000.0
    """Hz below which voiced frames have no noise beside their harmonics, as in the harmonic plus noise model
    (Stylianou, "Applying the harmonic plus noise model in concatenative speech synthesis", 2001). Losses of magnitudes
    fill the valleys between harmonics with noise; without it, copies of a vocoder that had learned with it rose from
    DistilMOS 4.06 to 4.23, and from 3.58 to 3.81 for speakers who were not heard in training. It is left out where the
    vocoder is used and not where it learns: one that learned without it made noise of its pulses, and after 2,300 steps
    had 4.20, the other after 900 steps 4.32 (of strangers, 3.49 and 3.66)."""
    pitch: PitchConfig = field(default_factory=PitchConfig)
    """Sizes of the pitch network."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> VocoderConfig:
        """The config whose `dataclasses.asdict` is `values`. Raises TypeError or KeyError where it is not one."""
        return cls(**{**values, "pitch": PitchConfig(**values["pitch"])})


@dataclass(frozen=True)
class Filters:
    """What the network makes of a mel. pulses: complex (B, K, T), for the source. breath: (B, K, T), magnitudes of the
    noise beside it.
    trust: (B, M, T), from 0 to 1, how far the sound is corrected towards the mel."""

    pulses: Tensor
    breath: Tensor
    trust: Tensor

    def trusted(self, where: Tensor) -> Filters:
        """The same, with no trust but `where`, (B, T). A mel shows the harmonics of its own pitch and is no guide to
        another."""
        return replace(self, trust=self.trust * where[:, None])

    def cut(self, start: int, end: int) -> Filters:
        """Those of the frames from `start` to before `end`."""
        return Filters(*(part[:, :, start:end] for part in (self.pulses, self.breath, self.trust)))


class Vocoder(nn.Module):
    """S = exp(a) e^{i pi p} E + exp(b) Z: E the transform of a pulse train at f0, Z complex noise, and a, p, b
    (log-magnitudes and phase) from a network over frames; the sound is the inverse transform of S, corrected towards
    the mel.

    Where a voice is unlikely, noise of the same power takes the place of the pulses: the network alone would leave a
    faint buzz in pauses, since its losses hear no difference there. Below that, f0 is a guess and the network's noise
    covers the pulses, so that a wrong decision about voicing costs little. Source: the family of source-filter vocoders
    begins with Wang et al., arXiv 1904.12088."""

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
        # E and Z have magnitudes of the order of the window's length; start near the level of speech, with little
        # noise.
        self.source_scale = 1 / math.sqrt(self.stft.window.square().sum().item())
        nn.init.normal_(self.net.proj_out.weight, std=1e-3)
        with torch.no_grad():
            pulses, phase, noise, trust = self.net.proj_out.bias.split(self.outputs)
            pulses.fill_(-3.0), phase.zero_(), noise.fill_(-4.0), trust.fill_(2.0)

    def forward(
        self,
        mel: Tensor,
        f0: Tensor | None = None,
        generator: NoiseSource | None = None,
        semitones: float | Tensor = 0.0,
    ) -> Tensor:
        """Sound of a mel.

        mel: (B, M, T), natural log as in log_mel. f0: (B, T) in Hz, 0 where there is no voice; None predicts it.
        generator: see `noise`; the same state gives the same sound. semitones: how far to raise f0, a number or (B, T).
        Returns float32 (B, T * hop).
        """
        pitch, voicing, natural = self.choose_f0(mel, f0, semitones)
        filters = self.filters(mel, pitch, voicing).trusted(natural)
        source = self.stft(self.spoken_pulses(pitch, voicing))
        return self.sound(mel, filters, voicing, source, self.noise(mel.shape[0], mel.shape[2], generator))

    def choose_f0(
        self, mel: Tensor, f0: Tensor | None = None, semitones: float | Tensor = 0.0
    ) -> tuple[Tensor, Tensor, Tensor]:
        """From what `forward` takes: f0 (B, T) in Hz, never 0, voicing (B, T) in [0, 1], and where (B, T) that is the
        mel's own pitch."""
        own, heard = self.predict_f0(mel)
        pitch, voicing = (own, heard) if f0 is None else (torch.where(f0 > 0, f0, own), (f0 > 0).float())
        pitch = pitch * 2 ** (semitones / 12)
        same = ((pitch / own).log2().abs() < SAME_PITCH) & ((voicing > 0.5) == (heard > 0.5))
        return pitch, voicing, same | (voicing < 0.5) & (heard < 0.5)

    def predict_f0(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """mel (B, M, T) to f0 (B, T) in Hz, never 0, and the probability of voice (B, T)."""
        classes, voicing = self.classify_pitch(mel)
        return self.pitch.decode(classes), torch.sigmoid(voicing.float())

    def classify_pitch(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """mel (B, M, T) to logits of pitch classes (B, T, bins) and of voicing (B, T), for PitchNet's loss."""
        return self.pitch((mel - MEL_MEAN) / MEL_SCALE)

    def noise(self, batch: int, frames: int, generator: NoiseSource | None = None) -> Tensor:
        """White complex noise of variance 2, for the source and for the sound: (B, 2, K, T), or (B, 1, K, T) where they
        share it.

        Drawn frame by frame, as a stream does. NumPy's generator draws the same numbers on every device and in every
        engine (`draw_noise`); PyTorch's, or None for its default, draws Gaussian ones where it lives, as training wants
        it."""
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
        """The source (B, T * hop); arguments as for `pulse_train`."""
        return pulse_train(f0, self.audio.hop_length, self.audio.sample_rate, phase)

    def spoken_pulses(self, f0: Tensor, voicing: Tensor) -> Tensor:
        """The source (B, T * hop), beginning anew where a window holds no voice: f0 (B, T) in Hz, voicing (B, T) in [0,
        1]."""
        starts = new_starts(voicing < 0.5, 2 * (self.stft.size // (2 * self.stft.hop)))
        return pulse_train(f0, self.audio.hop_length, self.audio.sample_rate, starts=starts)

    def sound(self, mel: Tensor, filters: Filters, voicing: Tensor, source: Tensor, noise: Tensor) -> Tensor:
        """mel (B, M, T) and its filters, voicing (B, T) in [0, 1], source (B, K, T), the pulses' transform, and what
        `noise` draws to sound (B, T * hop)."""
        samples = self.stft.inverse(self.spectrum(filters, voicing, source, noise))
        if self.correction is not None:
            for _ in range(self.config.corrections):
                samples = self.correction(samples, mel, filters.trust)
        return samples

    def filters(self, mel: Tensor, f0: Tensor, voicing: Tensor) -> Filters:
        """mel (B, M, T), f0 (B, T) in Hz and above 0, voicing (B, T) in [0, 1] to what the source and the noise are
        multiplied by."""
        pitch = (torch.log(f0) - 5).unsqueeze(1)
        seen = torch.cat([(mel - MEL_MEAN) / MEL_SCALE, pitch, voicing.unsqueeze(1)], dim=1)
        pulses, phase, breath, trust = self.net(seen).float().transpose(1, 2).split(self.outputs, dim=1)
        angle = math.pi * phase
        level = torch.exp(pulses.clamp(max=MAX_LOG)) * self.source_scale
        factors = torch.complex(level * torch.cos(angle), level * torch.sin(angle))
        return Filters(
            factors, self._without_voiced_noise(torch.exp(breath.clamp(max=MAX_LOG)), voicing), torch.sigmoid(trust)
        )

    def _without_voiced_noise(self, breath: Tensor, voicing: Tensor) -> Tensor:
        """breath (B, K, T), less as much of it below the maximum voiced frequency as the source is of pulses; voicing
        (B, T) in [0, 1]."""
        if self.training:
            return breath
        low = round(self.config.max_voiced_frequency * self.stft.size / self.audio.sample_rate)
        unvoiced = 1 - (voicing.detach() / SURE_VOICE).clamp(max=1)
        return torch.cat([breath[:, :low] * unvoiced.unsqueeze(1), breath[:, low:]], dim=1)

    def spectrum(self, filters: Filters, voicing: Tensor, source: Tensor, noise: Tensor) -> Tensor:
        """As `sound`, to the spectrum S (B, K, T) before any correction."""
        return filters.pulses * self._excitation(source, voicing, noise[:, 0]) + filters.breath * noise[:, -1]

    def _excitation(self, pulses: Tensor, voicing: Tensor, noise: Tensor) -> Tensor:
        """Pulses (B, K, T) where there is voice, noise of their power elsewhere, and a mixture between."""
        # Detached: a square root has no gradient at 0.
        voiced = (voicing.detach() / SURE_VOICE).clamp(max=1).unsqueeze(1)
        power = torch.view_as_real(pulses).square().sum(-1).mean(1, keepdim=True) / 2
        # Frames of noise do not agree with each other, and where they overlap they cancel; pulses do and add.
        power = power * self.stft.size / self.stft.hop
        return voiced.sqrt() * pulses + (1 - voiced).sqrt() * power.sqrt() * noise
