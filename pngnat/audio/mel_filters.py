"""The filters of the mel bins in NumPy, because synthesis needs them without PyTorch."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from pngnat.audio.config import AudioConfig

# Slaney's scale: linear to 1 kHz, 15 mels; from there on 27 mels for each factor of 6.4.
_LINEAR_HERTZ, _LINEAR_MELS, _FACTOR, _MELS = 1000.0, 15.0, 6.4, 27.0


@lru_cache(maxsize=4)
def mel_filters(config: AudioConfig) -> np.ndarray:
    """Return the triangular filters of the mel bins, each of area 1 in Hz, float32 (M, n_fft / 2 + 1).

    They equal `librosa.filters.mel`, whose import would take seconds at synthesis.
    """
    low, high = (_to_mel(hertz) for hertz in (config.f_min, config.f_max))
    edges = _to_hertz(np.linspace(low, high, config.n_mels + 2))[:, None]
    frequencies = np.linspace(0, config.sample_rate / 2, config.n_fft // 2 + 1)
    rise = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    triangles = np.minimum(rise, fall).clip(min=0) * 2 / (edges[2:] - edges[:-2])
    return triangles.astype(np.float32)


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
