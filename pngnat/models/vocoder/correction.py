"""A sound is brought nearer to the mel that it was made from."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import mel_basis
from pngnat.models.vocoder.stft import FramedStft

# Nepers by which a band is raised or lowered at most: where a sound is silent, no factor makes the mel's.
LARGEST = 3.0


class MelCorrection(nn.Module):
    """S'_kt = S_kt sum_m b_mk exp(g_mt (mel_mt - mel_mt(y))): S the transform of a sound y, b_mk the share that band m
    has of the bands at frequency k, g the trust in the mel, from 0 to 1; the corrected sound is the inverse transform
    of S'.

    A network over frames does not hear what its frames add up to where they overlap. Here the sum is compared with the
    mel, as Griffin and Lim (1984) do with a whole spectrogram, so that no more of it is lost than the phase costs. The
    transform is as long as
    the window: the mel's longer one costs twice as much, and copies sound the same.
    """

    def __init__(self, audio: AudioConfig) -> None:
        super().__init__()
        self.floor = audio.log_floor
        self.stft = FramedStft(audio.window_length, audio.hop_length)
        # Of fewer frequencies, each stands for more.
        bands = mel_basis(replace(audio, n_fft=audio.window_length)) * (audio.n_fft / audio.window_length)
        shares = bands / bands.sum(0).clamp(min=1e-9)
        self.bands: Tensor
        self.shares: Tensor
        self.beyond: Tensor
        self.register_buffer("bands", bands.T.contiguous(), persistent=False)
        self.register_buffer("shares", shares, persistent=False)
        # Beyond the last band there is nothing to compare.
        self.register_buffer("beyond", (shares.sum(0) < 0.5).float(), persistent=False)

    def forward(self, samples: Tensor, mel: Tensor, trust: Tensor) -> Tensor:
        """samples (B, T * hop), mel (B, M, T) as log_mel has it, trust (B, M, T) to samples (B, T * hop)."""
        return self.stft.inverse(self.corrected(self.stft(samples), mel, trust))

    def corrected(self, spectrum: Tensor, mel: Tensor, trust: Tensor) -> Tensor:
        """spectrum (B, K, T), of a sound, to the spectrum (B, K, T) that is nearer to the mel."""
        # Frame by frame, as the transform lies in memory: twice as quick.
        spectrum, mel, trust = (x.transpose(1, 2) for x in (spectrum, mel, trust))
        found = torch.log((spectrum.abs() @ self.bands).clamp(min=self.floor))
        gains = torch.exp(trust * (mel - found).clamp(-LARGEST, LARGEST))
        return (spectrum * (gains @ self.shares + self.beyond)).transpose(1, 2)
