"""Which vocoder a recreated voice keeps: the one that learned its sound, or the one that it began from, where that sounds better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from pngnat.audio.mel import log_mel
from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.evaluation.mos import MosPredictor
from pngnat.evaluation.recreation import Likeness, Spoken
from pngnat.evaluation.speaker_encoder import SpeakerEncoder
from pngnat.finetune.selection import to_speak
from pngnat.models.vocoder import Vocoder
from pngnat.training.predicted_mels import Teacher

# Sentences that both speak.
_SENTENCES = 16


class Preference(Protocol):
    """A way to prefer one vocoder to another. name: what is compared."""

    name: str

    def score(self, spoken: Sequence[Spoken]) -> float:
        """More is better."""
        ...


class Listeners:
    """DistilMOS plus speaker similarity: a tenth of a point of quality is worth a tenth of likeness. recordings: of the person.

    Raises PngnatError where either is not installed.
    """

    name = "DistilMOS plus speaker similarity"

    def __init__(self, recordings: Sequence[Spoken]):
        self._likeness = Likeness(SpeakerEncoder().embed, recordings)
        self._quality = MosPredictor()

    def score(self, spoken: Sequence[Spoken]) -> float:
        return float(np.mean([self._quality.score(one.samples, one.sample_rate) + self._likeness.of(one) for one in spoken]))


class Distance:
    """Minus the mean distance of the log-mels, frame against frame: what there is without listeners."""

    name = "nearness of log-mels"

    def __init__(self, recordings: Sequence[Spoken], teacher: Teacher):
        self._audio = teacher.audio
        self._mels = {one.id: log_mel(torch.from_numpy(one.samples), self._audio) for one in recordings}

    def score(self, spoken: Sequence[Spoken]) -> float:
        return -float(np.mean([self._distance(one) for one in spoken]))

    def _distance(self, spoken: Spoken) -> float:
        one, other = log_mel(torch.from_numpy(spoken.samples), self._audio), self._mels[spoken.id]
        frames = min(one.shape[-1], other.shape[-1])
        return float((one[..., :frames] - other[..., :frames]).abs().mean())


@dataclass(frozen=True)
class VocoderChoice:
    """measure: what was compared. base, tuned: the scores of the vocoder before and after fine-tuning."""

    measure: str
    base: float
    tuned: float

    @property
    def is_tuned(self) -> bool:
        """Whether the fine-tuned one is kept. One that makes no numbers any more is not."""
        return self.tuned >= self.base

    @property
    def line(self) -> str:
        """For people."""
        kept = "it is kept" if self.is_tuned else "the voice keeps the one of before"
        return f"{self.measure} on `valid`: {self.tuned:.3f} with it, {self.base:.3f} before; {kept}"


def choose_vocoder(base: Vocoder, tuned: Vocoder, teacher: Teacher, recordings: Sequence[Recording]) -> VocoderChoice:
    """Speak sentences with both, from the mels that the acoustic model predicts with the recordings' durations, and compare.

    teacher: the acoustic model. recordings: the target's split "valid".
    """
    sentences = to_speak(recordings, _SENTENCES)
    mels = [torch.from_numpy(teacher.mel(recording))[None] for recording in sentences]
    measure = _measure([Spoken.recorded(recording) for recording in recordings], teacher)
    scores = [measure.score([_speak(vocoder, *pair) for pair in zip(mels, sentences, strict=True)]) for vocoder in (base, tuned)]
    return VocoderChoice(measure.name, *(round(score, 4) for score in scores))


def _measure(recordings: Sequence[Spoken], teacher: Teacher) -> Preference:
    try:
        return Listeners(recordings)
    except PngnatError:
        return Distance(recordings, teacher)


@torch.inference_mode()
def _speak(vocoder: Vocoder, mel: torch.Tensor, recording: Recording) -> Spoken:
    samples = vocoder(mel, generator=torch.Generator().manual_seed(0))[0].numpy()
    return Spoken(recording.id, recording.utterance.text, samples, vocoder.audio.sample_rate, ())
