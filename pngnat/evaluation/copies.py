"""How near a copy of a recording is to it, frame against frame."""

from __future__ import annotations

import math

import numpy as np
import torch

from pngnat.audio import pitch
from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.audio.wav import resample

# Quieter than this below the recording's loudest frame is a pause.
PAUSE = -50.0
CEPSTRA = 13


def mel_cepstral_distortion(recording: np.ndarray, copy: np.ndarray, audio: AudioConfig) -> float:
    """Mean distance of mel cepstra 1 to 13 in dB, frame by frame, with no warping of time.

    recording, copy: (S,). Cepstrum m is the weight of cos(pi m (k + 1/2) / M) in the log-mel, so that the distance is the RMS difference
    of smoothed spectra in dB. Source: Kubichek, "Mel-cepstral distance measure for objective speech quality assessment", 1993;
    10 / ln 10 * sqrt(2 * sum of squared differences).
    """
    a, b = (log_mel(torch.from_numpy(samples), audio).double() for samples in (recording, copy))
    bins = torch.arange(audio.n_mels).double() + 0.5
    transform = torch.cos(math.pi / audio.n_mels * torch.arange(1, CEPSTRA + 1).double()[:, None] * bins) * 2 / audio.n_mels
    distance = (transform @ (a - b)).square().sum(0).mul(2).sqrt().mean()
    return 10 / math.log(10) * float(distance)


def f0_errors(recording: np.ndarray, copy: np.ndarray, audio: AudioConfig) -> tuple[float | None, float]:
    """Pitch measured in both by Harvest: RMS error in Hz where both are voiced (None where nothing is), and the share of frames
    of which one is voiced and the other is not."""
    a, b = pitch.f0(recording, audio), pitch.f0(copy, audio)
    both = (a > 0) & (b > 0)
    rmse = float(np.sqrt(np.mean(np.square(a - b)[both]))) if both.any() else None
    return rmse, float(np.mean((a > 0) != (b > 0)))


def pause_level(recording: np.ndarray, sound: np.ndarray, audio: AudioConfig) -> float | None:
    """Level of `sound` in dB of full scale where the recording pauses: in its frames 50 dB and more below its loudest one.

    None where it has no such frame. Vocoders that buzz in pauses are louder there than the recording.
    """
    hop = audio.hop_length
    frames = len(recording) // hop
    levels = [np.square(samples[: frames * hop].astype(np.float64)).reshape(frames, hop).mean(1) for samples in (recording, sound)]
    paused = levels[0] <= levels[0].max() * 10 ** (PAUSE / 10)
    return 10 * math.log10(max(levels[1][paused].mean(), 1e-12)) if paused.any() else None


def pesq_score(recording: np.ndarray, copy: np.ndarray, audio: AudioConfig) -> float | None:
    """Wide-band PESQ (ITU-T P.862.2), 1 to 4.6; None where the package `pesq` is not installed or finds no speech."""
    try:
        import pesq
    except ImportError:
        return None
    at_16k = [resample(samples, audio.sample_rate, 16000) for samples in (recording, copy)]
    try:
        return float(pesq.pesq(16000, *at_16k, "wb"))
    except pesq.NoUtterancesError:
        return None
