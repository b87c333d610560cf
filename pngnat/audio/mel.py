"""Sound to log-mel spectrogram."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pngnat.audio.config import AudioConfig

# Slaney's scale: linear to 1 kHz, 15 mels; from there on 27 mels for each factor of 6.4.
_LINEAR_HERTZ, _LINEAR_MELS, _FACTOR, _MELS = 1000.0, 15.0, 6.4, 27.0


@lru_cache(maxsize=4)
def mel_basis(config: AudioConfig) -> Tensor:
    """The triangular filters of the mel bins, each of area 1 in Hz, (M, n_fft / 2 + 1).

    The same as `librosa.filters.mel`, whose import would cost the speaking path seconds.
    """
    low, high = (_to_mel(hertz) for hertz in (config.f_min, config.f_max))
    edges = _to_hertz(np.linspace(low, high, config.n_mels + 2))[:, None]
    frequencies = np.linspace(0, config.sample_rate / 2, config.n_fft // 2 + 1)
    rise = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    triangles = np.minimum(rise, fall).clip(min=0) * 2 / (edges[2:] - edges[:-2])
    return torch.from_numpy(triangles.astype(np.float32))


def _to_mel(hertz: float) -> float:
    if hertz < _LINEAR_HERTZ:
        return hertz * _LINEAR_MELS / _LINEAR_HERTZ
    return _LINEAR_MELS + _MELS * math.log(hertz / _LINEAR_HERTZ) / math.log(_FACTOR)


def _to_hertz(mels: np.ndarray) -> np.ndarray:
    return np.where(
        mels < _LINEAR_MELS,
        mels * _LINEAR_HERTZ / _LINEAR_MELS,
        _LINEAR_HERTZ * _FACTOR ** ((mels - _LINEAR_MELS) / _MELS),
    )


def log_mel(samples: Tensor, config: AudioConfig) -> Tensor:
    """Natural log of the mel magnitudes, floored.

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
    padded = F.pad(samples.reshape(-1, 1, samples.shape[-1]), (pad, pad), mode="reflect" if samples.shape[-1] > pad else "constant")
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
