"""The log-mel spectrogram of a sound."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel_filters import mel_filters


@lru_cache(maxsize=4)
def mel_basis(config: AudioConfig) -> Tensor:
    """Return `mel_filters` as a tensor, (M, n_fft / 2 + 1)."""
    return torch.from_numpy(mel_filters(config))


def log_mel(samples: Tensor, config: AudioConfig) -> Tensor:
    """Return the floored natural log of the mel magnitudes.

    samples: (..., S) in [-1, 1]; S is cut to a multiple of the hop, so that frame t covers samples
    [t * hop, (t + 1) * hop) and has its window's centre in their middle.
    Returns (..., M, T) with T = S // hop. Raises ValueError for less than one frame.
    """
    if samples.shape[-1] < config.hop_length:
        raise ValueError(f"{samples.shape[-1]} samples are less than one frame of {config.hop_length}")
    frames = samples.shape[-1] // config.hop_length
    samples = samples[..., : frames * config.hop_length]
    lead = samples.shape[:-1]
    pad = (config.n_fft - config.hop_length) // 2
    padded = F.pad(
        samples.reshape(-1, 1, samples.shape[-1]), (pad, pad), mode="reflect" if samples.shape[-1] > pad else "constant"
    )
    spectrum = torch.stft(
        padded.squeeze(1),
        config.n_fft,
        config.hop_length,
        config.window_length,
        torch.hann_window(config.window_length, device=samples.device),
        center=False,
        return_complex=True,
    )
    mel = mel_basis(config).to(samples.device) @ spectrum.abs()
    return torch.log(mel.clamp(min=config.log_floor)).reshape(*lead, config.n_mels, frames)
