"""How near speech is to a recording of the same text: a copy frame against frame, other speech along a path through
both."""

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
# From this relative error on, an estimate of pitch is another pitch (an octave's, say), and no inexact one.
GROSS = 0.2


@dataclass(frozen=True)
class PitchErrors:
    """fine: RMS error in Hz where both sounds have a voice and no error is gross. gross: share of frames with a gross
    error where both have a voice. voicing: share of all frames in which one has a voice and the other none. all: RMS
    error in Hz, the gross ones with it. None where no frame has a voice in both."""

    fine: float | None
    gross: float | None
    voicing: float
    all: float | None


def mel_cepstral_distortion(recording: np.ndarray, copy: np.ndarray, audio: AudioConfig) -> float:
    """Mean distance of mel cepstra 1 to 13 in dB, frame by frame, with no warping of time.

    recording, copy: (S,), of one length. The distance is the RMS difference of smoothed spectra in dB. Source:
    Kubichek, "Mel-cepstral distance measure for objective speech quality assessment", 1993; 10 / ln 10 * sqrt(2 * sum
    of squared differences)."""
    return _mean_distance(_cepstra(recording, audio) - _cepstra(copy, audio))


def warped_distortion(recording: np.ndarray, speech: np.ndarray, audio: AudioConfig) -> float:
    """The same along the cheapest path through both sounds (dynamic time warping), and so whatever the durations.

    recording, speech: (S,), of any lengths; the mean is over the path. Source: Battenberg et al., arXiv 1910.10288,
    section 3 (MCD-DTW)."""
    import librosa

    _, path = librosa.sequence.dtw(X=(a := _cepstra(recording, audio)), Y=(b := _cepstra(speech, audio)))
    return _mean_distance(a[:, path[:, 0]] - b[:, path[:, 1]])


def _cepstra(samples: np.ndarray, audio: AudioConfig) -> np.ndarray:
    """Mel cepstra 1 to 13, (13, T): cepstrum m is the weight of cos(pi m (k + 1/2) / M) in the log-mel."""
    mel = log_mel(torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)), audio).double().numpy()
    bins = np.arange(audio.n_mels) + 0.5
    return np.cos(np.pi / audio.n_mels * np.arange(1, CEPSTRA + 1)[:, None] * bins) * 2 / audio.n_mels @ mel


def _mean_distance(differences: np.ndarray) -> float:
    return float(10 / math.log(10) * np.sqrt(2 * np.square(differences).sum(axis=0)).mean())


def pitch_contour(samples: np.ndarray, audio: AudioConfig) -> np.ndarray:
    """Fundamental frequency in Hz, 0 where there is no voice, of a sound (S,): (T,), T = S // hop, by pYIN.

    Source: Mauch and Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold distributions",
    ICASSP 2014. Harvest, which the vocoder learns from, gives every frame near a voice a pitch, and between two sounds
    that are alike to the ear it disagrees by more than 20 % in some 9 % of the frames; pYIN in 1 %."""
    import librosa

    # Its frames are centred on hops, ours between them.
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
    """How far a contour `found` is from a `true` one; both (T,) in Hz, 0 where there is no voice.

    An error of more than 20 % is gross and counted, not measured: it is one of the estimator in one of the sounds (an
    octave, an edge of voicing, creak), and in the square it would drown all that a listener hears as pitch. Sources:
    Rabiner et al., "A comparative performance study of several pitch detection algorithms", 1976 (fine and gross errors
    apart); Chu and Alwan, "Reducing F0 frame error of F0 tracking algorithms under noisy conditions", ICASSP 2009 (20
    %, voicing decision error)."""
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
    """The highest frequency in Hz whose mean level in a sound (S,) lies within 70 dB of the loudest; 0 for silence.

    It tells of recordings that were made at a lower sample rate.
    """
    size = 1024
    window = torch.hann_window(size)
    # Windows within the sound alone: its ends, cut off or mirrored, have a wide spectrum.
    spectrum = torch.stft(torch.from_numpy(samples), size, size // 2, window=window, center=False, return_complex=True)
    power = spectrum.abs().square().mean(1)
    heard = torch.nonzero((power > power.max() * 1e-7) & (power > 0))
    return float(heard.max()) * sample_rate / size if len(heard) else 0.0


def pesq_score(recording: np.ndarray, copy: np.ndarray, audio: AudioConfig) -> float | None:
    """Wide-band PESQ (ITU-T P.862.2), 1 to 4.6; None where the package `pesq` is not installed or finds no speech."""
    try:
        import pesq
    except ImportError:
        return None
    at_16k = [resample(samples, audio.sample_rate, 16000) for samples in (recording, copy)]
    try:
        return float(pesq.pesq(16000, *at_16k, "wb"))
    except (pesq.NoUtterancesError, pesq.BufferTooShortError):
        return None
