"""Distances between speech and a recording of the same text: frame by frame for a copy, along a path for other speech."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.audio.pitch import F0_MAX, F0_MIN
from pngnat.audio.wav import resample

CEPSTRA = 13
# From this relative error on, an estimate is another pitch (an octave's, say), and not an inexact one.
GROSS = 0.2


@dataclass(frozen=True)
class PitchErrors:
    """Pitch errors. fine: RMS error in Hz where both sounds are voiced and the error is not gross. gross: fraction of
    gross errors where both are voiced. voicing: fraction of frames in which one is voiced. all: RMS error in Hz, gross
    errors included. None if no frame is voiced in both."""

    fine: float | None
    gross: float | None
    voicing: float
    all: float | None


def mel_cepstral_distortion(recording: np.ndarray, copy: np.ndarray, audio: AudioConfig) -> float:
    """Return the mean distance of mel cepstra 1 to 13 in dB, frame by frame, without time warping.

    recording, copy: (S,), of one length. The distance is the RMS difference of smoothed spectra in dB. Source:
    Kubichek, "Mel-cepstral distance measure for objective speech quality assessment", 1993; 10 / ln 10 * sqrt(2 * sum
    of squared differences).
    """
    return _mean_distance(_cepstra(recording, audio) - _cepstra(copy, audio))


def warped_distortion(recording: np.ndarray, speech: np.ndarray, audio: AudioConfig) -> float:
    """Return the same distance along the cheapest path through both sounds (dynamic time warping), for any durations.

    recording, speech: (S,), of any lengths; the mean is over the path. Source: Battenberg et al., arXiv 1910.10288,
    section 3 (MCD-DTW).
    """
    import librosa

    _, path = librosa.sequence.dtw(X=(a := _cepstra(recording, audio)), Y=(b := _cepstra(speech, audio)))
    return _mean_distance(a[:, path[:, 0]] - b[:, path[:, 1]])


def _cepstra(samples: np.ndarray, audio: AudioConfig) -> np.ndarray:
    """Return mel cepstra 1 to 13, (13, T): cepstrum m is the weight of cos(pi m (k + 1/2) / M) in the log-mel."""
    mel = log_mel(torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)), audio).double().numpy()
    bins = np.arange(audio.n_mels) + 0.5
    return np.cos(np.pi / audio.n_mels * np.arange(1, CEPSTRA + 1)[:, None] * bins) * 2 / audio.n_mels @ mel


def _mean_distance(differences: np.ndarray) -> float:
    return float(10 / math.log(10) * np.sqrt(2 * np.square(differences).sum(axis=0)).mean())


def pitch_contour(samples: np.ndarray, audio: AudioConfig) -> np.ndarray:
    """Return the fundamental frequency of a sound (S,) in Hz, 0 where unvoiced: (T,), T = S // hop, by pYIN.

    Source: Mauch and Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold distributions",
    ICASSP 2014. Harvest, on which the vocoder is trained, gives every frame near a voiced one a pitch; between two
    sounds that are alike to the ear it differs by more than 20 % in some 9 % of the frames, pYIN in 1 %.
    """
    import librosa

    # pYIN's frames are centred on hops, ours between them.
    shifted = np.asarray(samples[audio.hop_length // 2 :], dtype=np.float32)
    frame = round(0.064 * audio.sample_rate)
    f0, voiced, _ = librosa.pyin(
        shifted,
        fmin=F0_MIN,
        fmax=F0_MAX,
        sr=audio.sample_rate,
        frame_length=frame,
        hop_length=audio.hop_length,
        fill_na=0.0,
    )
    return np.where(voiced, f0, 0.0)[: len(samples) // audio.hop_length]


def compare_pitch(true: np.ndarray, found: np.ndarray) -> PitchErrors:
    """Return the errors of a contour `found` relative to a `true` one; both (T,) in Hz, 0 where unvoiced.

    An error of more than 20 % is gross, and counted instead of measured: it is an error of the estimator (an octave, an
    edge of voicing, creak), and would dominate the mean square. Sources: Rabiner et al., "A comparative performance
    study of several pitch detection algorithms", 1976 (fine and gross errors); Chu and Alwan, "Reducing F0 frame error
    of F0 tracking algorithms under noisy conditions", ICASSP 2009 (20 %, voicing decision error).
    """
    both = (true > 0) & (found > 0)
    error = (found - true)[both]
    gross = np.abs(error) > GROSS * true[both]
    return PitchErrors(
        fine=_rms(error[~gross]),
        gross=float(gross.mean()) if len(gross) else None,
        voicing=float(np.mean((true > 0) != (found > 0))),
        all=_rms(error),
    )


def _rms(values: np.ndarray) -> float | None:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else None


def bandwidth(samples: np.ndarray, sample_rate: int) -> float:
    """Return the highest frequency in Hz whose mean level in a sound (S,) lies within 70 dB of the loudest; 0 for
    silence.

    It reveals recordings that were made at a lower sample rate.
    """
    size = 1024
    window = torch.hann_window(size)
    # Windows within the sound: its ends, cut off or mirrored, have a wide spectrum.
    spectrum = torch.stft(torch.from_numpy(samples), size, size // 2, window=window, center=False, return_complex=True)
    power = spectrum.abs().square().mean(1)
    heard = torch.nonzero((power > power.max() * 1e-7) & (power > 0))
    return float(heard.max()) * sample_rate / size if len(heard) else 0.0


def pesq_score(recording: np.ndarray, copy: np.ndarray, audio: AudioConfig) -> float | None:
    """Return wide-band PESQ (ITU-T P.862.2), 1 to 4.6; None without the package `pesq`, and without speech."""
    try:
        import pesq
    except ImportError:
        return None
    at_16k = [resample(samples, audio.sample_rate, 16000) for samples in (recording, copy)]
    try:
        return float(pesq.pesq(16000, *at_16k, "wb"))
    except (pesq.NoUtterancesError, pesq.BufferTooShortError):
        return None
