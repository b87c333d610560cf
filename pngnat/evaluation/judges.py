"""Judges of speech: a recognizer of its words, DistilMOS of its quality, a speaker encoder of whose voice it is;
spectra without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.evaluation import asr, mos
from pngnat.evaluation.copies import warped_distortion
from pngnat.evaluation.rhythm import rhythm
from pngnat.evaluation.speaker_encoder import SpeakerEncoder, centre
from pngnat.evaluation.tracks import Track, tracks_of
from pngnat.evaluation.word_errors import WordErrors, compare_texts
from pngnat.synthesis.speech import Speech

Embed = Callable[[np.ndarray, int], np.ndarray]
Made = TypeVar("Made")


@dataclass(frozen=True)
class SpokenSentence:
    """A sentence that was recorded or made. samples: (S,). tracks: when which token sounds."""

    id: str
    text: str
    samples: np.ndarray
    sample_rate: int
    tracks: tuple[Track, ...] = ()

    @classmethod
    def recorded(cls, recording: Recording) -> SpokenSentence:
        """A recording, with the durations that were measured in it."""
        sample_rate = AudioConfig().sample_rate
        track = Track(recording.symbols, np.asarray(recording.durations, dtype=np.float64))
        return cls(recording.id, recording.utterance.text, recording.sound(sample_rate), sample_rate, (track,))

    @classmethod
    def made(cls, id: str, text: str, speech: Speech) -> SpokenSentence:
        """What a voice made of a text."""
        tracks = tuple(tracks_of([phoneme.symbol for phoneme in speech.phonemes], speech.durations))
        return cls(id, text, speech.samples, speech.sample_rate, tracks)


class SpeakerSimilarity:
    """How near voices are to a person's, by the cosine of speaker embeddings.

    recordings: of the person. A sentence is compared with the centre of all their other recordings, so that a recording
    and what a voice makes of its text are judged alike, and neither by itself. Raises PngnatError for fewer than two.
    """

    def __init__(self, embed: Embed, recordings: Iterable[SpokenSentence]):
        self._embed = embed
        self._own = {spoken.id: embed(spoken.samples, spoken.sample_rate) for spoken in recordings}
        if len(self._own) < 2:
            raise PngnatError("speaker similarity needs two or more recordings of the person")

    def of(self, spoken: SpokenSentence) -> float:
        """-1 to 1, 1 where the voices are the same."""
        embedding = self._embed(spoken.samples, spoken.sample_rate)
        return float(embedding @ centre([own for id, own in self._own.items() if id != spoken.id]))

    def mean(self, spoken: Iterable[SpokenSentence]) -> float:
        """The mean over sentences."""
        return _mean(self.of(one) for one in spoken)


def word_errors(recognizer: asr.Recognizer, spoken: Iterable[SpokenSentence]) -> WordErrors:
    """What a recognizer mishears of the sentences' texts."""
    heard = ((one.text, recognizer.transcribe(one.samples, one.sample_rate).text) for one in spoken)
    return sum((compare_texts(text, transcript).errors for text, transcript in heard), WordErrors())


class Judge(Protocol):
    """Compares ways of speaking the same sentences."""

    name: str

    def score(self, spoken: Sequence[SpokenSentence]) -> dict[str, float]:
        """Figures, of which "score" is to be high."""
        ...


class ListenersJudge:
    """DistilMOS plus speaker similarity, less the share of words that a recognizer gets wrong beyond those of the
    recordings.

    Words and similarity alone are content after a hundred steps, long before the sound is clean. To be understood
    better than the person is no merit of a voice that is to be theirs. recordings: of the person; sentences: those of
    them whose texts are spoken."""

    name = "listeners"

    def __init__(
        self,
        recognizer: asr.Recognizer,
        quality: mos.MosPredictor,
        embed: Embed,
        recordings: Sequence[SpokenSentence],
        sentences: Sequence[SpokenSentence],
    ):
        self._recognizer, self._heard = recognizer, MosAndSpeakerJudge(quality, embed, recordings)
        self._usual = word_errors(recognizer, sentences).rate

    def score(self, spoken: Sequence[SpokenSentence]) -> dict[str, float]:
        """See `Judge.score`."""
        rate, heard = word_errors(self._recognizer, spoken).rate, self._heard.score(spoken)
        score = heard["score"] - max(0.0, rate - self._usual)
        return {**heard, "score": score, "WER": rate, "WER of recordings": self._usual}


class MosAndSpeakerJudge:
    """DistilMOS plus speaker similarity: a tenth of a point of quality is worth a tenth of similarity. recordings: of
    the person."""

    name = "DistilMOS plus speaker similarity"

    def __init__(self, quality: mos.MosPredictor, embed: Embed, recordings: Sequence[SpokenSentence]):
        self._quality, self._similarity = quality, SpeakerSimilarity(embed, recordings)

    def score(self, spoken: Sequence[SpokenSentence]) -> dict[str, float]:
        """See `Judge.score`."""
        quality = _mean(self._quality.score(one.samples, one.sample_rate) for one in spoken)
        similarity = self._similarity.mean(spoken)
        return {"score": quality + similarity, "DistilMOS": quality, "similarity": similarity}


class SpectralJudge:
    """Minus the mean distance of spectra to those of the recordings with the same ids: what there is without learned
    judges.

    distance: of two sounds (S,).
    """

    def __init__(
        self, name: str, distance: Callable[[np.ndarray, np.ndarray], float], recordings: Sequence[SpokenSentence]
    ):
        self.name, self._distance = name, distance
        self._recorded = {one.id: one.samples for one in recordings}

    def score(self, spoken: Sequence[SpokenSentence]) -> dict[str, float]:
        """See `Judge.score`."""
        return {"score": -_mean(self._distance(self._recorded[one.id], one.samples) for one in spoken)}


def mel_cepstral_judge(recordings: Sequence[SpokenSentence], audio: AudioConfig) -> SpectralJudge:
    """By mel-cepstral distortion in dB along the best path through both sounds, whatever their durations."""
    return SpectralJudge("mel_cepstra", lambda one, other: warped_distortion(one, other, audio), recordings)


def log_mel_judge(recordings: Sequence[SpokenSentence], audio: AudioConfig) -> SpectralJudge:
    """By the mean absolute difference of log-mels, frame against frame."""

    def distance(one: np.ndarray, other: np.ndarray) -> float:
        a, b = (log_mel(torch.from_numpy(samples), audio) for samples in (one, other))
        frames = min(a.shape[-1], b.shape[-1])
        return float((a[..., :frames] - b[..., :frames]).abs().mean())

    return SpectralJudge("nearness of log-mels", distance, recordings)


def first_installed(*makers: Callable[[], Made]) -> Made:
    """What the first of `makers` makes that does not raise PngnatError, as one does whose packages are missing; the
    last must not."""
    for make in makers[:-1]:
        try:
            return make()
        except PngnatError:
            continue
    return makers[-1]()


@dataclass(frozen=True)
class Judges:
    """Those who fill the rows of a table; None leaves a figure out. similarity: to the person."""

    recognizer: asr.Recognizer | None = None
    quality: mos.MosPredictor | None = None
    similarity: SpeakerSimilarity | None = None

    def row(self, name: str, spoken: Sequence[SpokenSentence]) -> dict[str, Any]:
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
            "WER %": 100 * word_errors(self.recognizer, spoken).rate if self.recognizer else None,
            "DistilMOS": _mean(self.quality.score(one.samples, one.sample_rate) for one in spoken)
            if self.quality
            else None,
            "similarity": self.similarity.mean(spoken) if self.similarity else None,
        }


def judges(recordings: Sequence[SpokenSentence], threads: int = 1, with_mos: bool = True) -> Judges:
    """All judges. recordings: of the person. Raises PngnatError where one of them is not installed."""
    quality = mos.MosPredictor() if with_mos else None
    return Judges(asr.Recognizer(threads), quality, SpeakerSimilarity(SpeakerEncoder().embed, recordings))


def installed_judges(recordings: Sequence[SpokenSentence], threads: int = 1) -> Judges:
    """Those judges that are installed."""
    return Judges(
        first_installed(lambda: asr.Recognizer(threads), lambda: None),
        first_installed(mos.MosPredictor, lambda: None),
        first_installed(lambda: SpeakerSimilarity(SpeakerEncoder().embed, recordings), lambda: None),
    )


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
