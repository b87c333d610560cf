"""The professional most similar to the target: the start of the target's row in the speaker table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import torch

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.audio.mel_filters import mel_filters
from pngnat.data.corpus import Recording
from pngnat.engine.voice import Voice
from pngnat.evaluation.judges import first_installed
from pngnat.evaluation.speaker_encoder import NAME, SpeakerEncoder, centre

# Sentences with all vowels, for professionals without recordings (Harvard sentences, IEEE 1969).
SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "It's easy to tell the depth of a well.",
    "Four hours of steady work faced us.",
    "The boy was there when the sun rose.",
)
_MOST = 20
_SILENCE = 40.0
# Hz that every line and microphone passes. With all bins, a woman's recordings at 16 kHz were most similar to a man's.
_BAND = (200.0, 3400.0)


class Timbre(Protocol):
    """A comparison of voices. name: its name in reports."""

    name: str

    def embed(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return a vector of samples (S,), which `likeness` compares."""

    def likeness(self, one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
        """Return the similarity of two people, from embeddings of each; more is more similar."""
        ...


class EncodedTimbre:
    """The comparison by a speaker encoder: cosine of the mean embeddings. Raise PngnatError if its weights are not
    installed."""

    name = NAME

    def __init__(self) -> None:
        self.embed = SpeakerEncoder().embed

    def likeness(self, one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
        """See `Timbre.likeness`."""
        return float(centre(one) @ centre(other))


class SpectrumTimbre:
    """The comparison without learned weights: minus the distance of long-term spectra in dB and pitch in semitones."""

    name = "long-term spectrum and pitch"

    def embed(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return a vector, scaled so that a distance is the RMS difference in dB and semitones."""
        from pngnat.audio import pitch

        audio = AudioConfig()
        samples = wav.resample(samples, sample_rate, audio.sample_rate)
        mel = log_mel(torch.from_numpy(samples), audio).double().numpy() * 20 / np.log(10)
        loudness = mel.max(axis=0)
        centres = mel_filters(audio).argmax(axis=1) * audio.sample_rate / audio.n_fft
        heard = (centres >= _BAND[0]) & (centres <= _BAND[1])
        spectrum = mel[heard][:, loudness > loudness.max() - _SILENCE].mean(axis=1)
        f0 = pitch.f0(samples, audio)
        semitones = 12 * np.log2(np.median(f0[f0 > 0]) / 100) if (f0 > 0).any() else 0.0
        return np.append((spectrum - spectrum.mean()) / np.sqrt(len(spectrum)), semitones)

    def likeness(self, one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
        """See `Timbre.likeness`."""
        return -float(np.linalg.norm(np.mean(one, axis=0) - np.mean(other, axis=0)))


def installed_timbre() -> Timbre:
    """Return the speaker encoder if it is installed, else the comparison of spectra."""
    makers: tuple[Callable[[], Timbre], ...] = (EncodedTimbre, SpectrumTimbre)
    return first_installed(*makers)


def likenesses(
    target: Sequence[Recording], voice: Voice, professionals: Sequence[Recording], timbre: Timbre
) -> dict[str, float]:
    """Return the similarity of the target to each speaker of the voice, most similar first.

    professionals: recordings of the voice's speakers; speakers without recordings are synthesized.
    """
    own = [timbre.embed(*sound) for sound in _recorded(target)]
    found = {
        name: timbre.likeness(own, [timbre.embed(*sound) for sound in sounds])
        for name, sounds in _sounds(voice, professionals).items()
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _sounds(voice: Voice, professionals: Sequence[Recording]) -> Mapping[str, Iterable[tuple[np.ndarray, int]]]:
    by_name = {name: [recording for recording in professionals if recording.speaker == name] for name in voice.speakers}
    return {name: _recorded(own) if own else _spoken(voice, name) for name, own in by_name.items()}


def _recorded(recordings: Sequence[Recording]) -> Iterable[tuple[np.ndarray, int]]:
    # Long recordings are the most informative about a voice.
    for recording in sorted(recordings, key=lambda recording: -recording.seconds)[:_MOST]:
        yield recording.sound(AudioConfig().sample_rate), AudioConfig().sample_rate


def _spoken(voice: Voice, name: str) -> Iterable[tuple[np.ndarray, int]]:
    from pngnat.synthesis.synthesize import synthesize

    for sentence in SENTENCES:
        yield synthesize(sentence, voice, speaker=name).samples, voice.sample_rate
