"""What a recreated voice is judged by: is it the person's, is it understood, is its rhythm fluent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.evaluation import asr, mos
from pngnat.evaluation.rhythm import Track, rhythm, tracks_of
from pngnat.evaluation.speaker_encoder import SpeakerEncoder, centre
from pngnat.evaluation.word_errors import WordErrors, compare_texts
from pngnat.synthesis.speech import Speech

Embed = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Spoken:
    """A sentence that was recorded or made. samples: (S,). tracks: when which token sounds."""

    id: str
    text: str
    samples: np.ndarray
    sample_rate: int
    tracks: tuple[Track, ...]

    @classmethod
    def recorded(cls, recording: Recording) -> Spoken:
        """A recording, with the durations that were measured in it."""
        sample_rate = AudioConfig().sample_rate
        track = Track(recording.symbols, np.asarray(recording.durations, dtype=np.float64))
        return cls(recording.id, recording.utterance.text, wav.read(recording.path, sample_rate), sample_rate, (track,))

    @classmethod
    def made(cls, id: str, text: str, speech: Speech) -> Spoken:
        """What a voice made of a text."""
        tracks = tuple(tracks_of([phoneme.symbol for phoneme in speech.phonemes], speech.durations))
        return cls(id, text, speech.samples, speech.sample_rate, tracks)


class Likeness:
    """How near voices are to a person's, by the cosine of speaker embeddings.

    recordings: of the person. A sentence is compared with the centre of all their other recordings, so that a recording and what a voice
    makes of its text are judged alike, and neither by itself.
    """

    def __init__(self, embed: Embed, recordings: Iterable[Spoken]):
        self._embed = embed
        self._own = {spoken.id: embed(spoken.samples, spoken.sample_rate) for spoken in recordings}
        if len(self._own) < 2:
            raise PngnatError("speaker similarity needs two or more recordings of the person")

    def of(self, spoken: Spoken) -> float:
        """-1 to 1, 1 where the voices are the same."""
        embedding = self._embed(spoken.samples, spoken.sample_rate)
        return float(embedding @ centre([own for id, own in self._own.items() if id != spoken.id]))


@dataclass(frozen=True)
class Judges:
    """Who judges; None leaves a figure out. likeness: to the person."""

    recognizer: asr.Recognizer | None = None
    quality: mos.MosPredictor | None = None
    likeness: Likeness | None = None

    def row(self, name: str, spoken: Sequence[Spoken]) -> dict[str, Any]:
        """A row of the table: rates in percent, means over sentences."""
        measured = rhythm(track for one in spoken for track in one.tracks)
        return {
            "": name,
            "sentences": len(spoken),
            "phonemes/s": measured.rate,
            "pauses outside punctuation, % of time": 100 * measured.stray_share,
            "pauses there": len(measured.plain_pauses),
            "% of boundaries": 100 * measured.stray_pauses,
            "silence there, % of time": 100 * measured.stray_silence,
            "WER %": 100 * sum((self._errors(one) for one in spoken), WordErrors()).rate if self.recognizer else None,
            "DistilMOS": _mean(self.quality.score(one.samples, one.sample_rate) for one in spoken) if self.quality else None,
            "similarity": _mean(self.likeness.of(one) for one in spoken) if self.likeness else None,
        }

    def _errors(self, spoken: Spoken) -> WordErrors:
        return compare_texts(spoken.text, self.recognizer.transcribe(spoken.samples, spoken.sample_rate).text).errors


def judges(recordings: Sequence[Spoken], threads: int = 1, with_mos: bool = True) -> Judges:
    """All judges. recordings: of the person. Raises PngnatError where one of them is not installed."""
    quality = mos.MosPredictor() if with_mos else None
    return Judges(asr.Recognizer(threads), quality, Likeness(SpeakerEncoder().embed, recordings))


def installed_judges(recordings: Sequence[Spoken], threads: int = 1) -> Judges:
    """Those judges that are installed."""
    return Judges(
        _or_none(lambda: asr.Recognizer(threads)),
        _or_none(mos.MosPredictor),
        _or_none(lambda: Likeness(SpeakerEncoder().embed, recordings)),
    )


def _or_none(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except PngnatError:
        return None


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
