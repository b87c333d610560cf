"""How near speech is to a recording of the same text when the two differ in their timing."""

from __future__ import annotations

import math

import numpy as np
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.evaluation.copies import CEPSTRA


def warped_distortion(recording: np.ndarray, speech: np.ndarray, audio: AudioConfig) -> float:
    """Mel-cepstral distortion in dB along the cheapest path through both (dynamic time warping), and so whatever the durations.

    recording, speech: (S,), of any lengths. The distance of two frames is that of `copies.mel_cepstral_distortion`; the mean is over the
    path. Source: Kubichek 1993; Battenberg et al., arXiv 1910.10288, section 3 (MCD-DTW).
    """
    import librosa

    _, path = librosa.sequence.dtw(X=(a := _cepstra(recording, audio)), Y=(b := _cepstra(speech, audio)))
    steps = a[:, path[:, 0]] - b[:, path[:, 1]]
    return float(10 / math.log(10) * np.sqrt(2 * np.square(steps).sum(axis=0)).mean())


def _cepstra(samples: np.ndarray, audio: AudioConfig) -> np.ndarray:
    """Mel cepstra 1 to 13, (13, T)."""
    mel = log_mel(torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)), audio).double().numpy()
    bins = np.arange(audio.n_mels) + 0.5
    return np.cos(np.pi / audio.n_mels * np.arange(1, CEPSTRA + 1)[:, None] * bins) * 2 / audio.n_mels @ mel
