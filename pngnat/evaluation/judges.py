"""Judges of speech: a recognizer for words, DistilMOS for quality, a speaker encoder for identity; spectra without
them."""

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
    """A recorded or synthesized sentence. samples: (S,). tracks: the times of its tokens."""

    id: str
    text: str
    samples: np.ndarray
    sample_rate: int
    tracks: tuple[Track, ...] = ()

    @classmethod
    def recorded(cls, recording: Recording) -> SpokenSentence:
        """Return a recording with its measured durations."""
        sample_rate = AudioConfig().sample_rate
        track = Track(recording.symbols, np.asarray(recording.durations, dtype=np.float64))
        return cls(recording.id, recording.utterance.text, recording.sound(sample_rate), sample_rate, (track,))

    @classmethod
    def made(cls, id: str, text: str, speech: Speech) -> SpokenSentence:
        """Return a sentence that a voice synthesized."""
        tracks = tuple(tracks_of([phoneme.symbol for phoneme in speech.phonemes], speech.durations))
        return cls(id, text, speech.samples, speech.sample_rate, tracks)


class SpeakerSimilarity:
    """Similarity of voices to a person's: the cosine of speaker embeddings.

    recordings: of the person. A sentence is compared with the centre of all the person's other recordings, so that a
    recording and its synthesized text are judged alike. Raises PngnatError for fewer than two.
    """

    def __init__(self, embed: Embed, recordings: Iterable[SpokenSentence]):
        self._embed = embed
        self._own = {spoken.id: embed(spoken.samples, spoken.sample_rate) for spoken in recordings}
        if len(self._own) < 2:
            raise PngnatError("speaker similarity needs two or more recordings of the person")

    def of(self, spoken: SpokenSentence) -> float:
        """Return the similarity, from -1 to 1; 1 is the same voice."""
        embedding = self._embed(spoken.samples, spoken.sample_rate)
        return float(embedding @ centre([own for id, own in self._own.items() if id != spoken.id]))

    def mean(self, spoken: Iterable[SpokenSentence]) -> float:
        """Return the mean over sentences."""
        return _mean(self.of(one) for one in spoken)


def word_errors(recognizer: asr.Recognizer, spoken: Iterable[SpokenSentence]) -> WordErrors:
    """Return the word errors of a recognizer on sentences."""
    heard = ((one.text, recognizer.transcribe(one.samples, one.sample_rate).text) for one in spoken)
    return sum((compare_texts(text, transcript).errors for text, transcript in heard), WordErrors())


class Judge(Protocol):
    """A judge of several ways to speak the same sentences."""

    name: str

    def score(self, spoken: Sequence[SpokenSentence]) -> dict[str, float]:
        """Return figures; a high "score" is good."""
        ...


class ListenersJudge:
    """A judge by DistilMOS plus speaker similarity, less the word error rate beyond that of the recordings.

    Word errors and similarity alone are satisfied after a hundred steps, long before the sound is clean. Fewer errors
    than the person's own recordings are no merit of a recreated voice. recordings: of the person; sentences: those
    whose texts are synthesized.
    """

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
        """Return the figures, see `Judge.score`."""
        rate, heard = word_errors(self._recognizer, spoken).rate, self._heard.score(spoken)
        score = heard["score"] - max(0.0, rate - self._usual)
        return {**heard, "score": score, "WER": rate, "WER of recordings": self._usual}


class MosAndSpeakerJudge:
    """A judge by DistilMOS plus speaker similarity: a tenth of a point of quality equals a tenth of similarity.
    recordings: of the person."""

    name = "DistilMOS plus speaker similarity"

    def __init__(self, quality: mos.MosPredictor, embed: Embed, recordings: Sequence[SpokenSentence]):
        self._quality, self._similarity = quality, SpeakerSimilarity(embed, recordings)

    def score(self, spoken: Sequence[SpokenSentence]) -> dict[str, float]:
        """Return the figures, see `Judge.score`."""
        quality = _mean(self._quality.score(one.samples, one.sample_rate) for one in spoken)
        similarity = self._similarity.mean(spoken)
        return {"score": quality + similarity, "DistilMOS": quality, "similarity": similarity}


class SpectralJudge:
    """A judge by the negative mean distance of spectra to the recordings with the same ids, for use without learned
    judges.

    distance: of two sounds (S,).
    """

    def __init__(
        self, name: str, distance: Callable[[np.ndarray, np.ndarray], float], recordings: Sequence[SpokenSentence]
    ):
        self.name, self._distance = name, distance
        self._recorded = {one.id: one.samples for one in recordings}

    def score(self, spoken: Sequence[SpokenSentence]) -> dict[str, float]:
        """Return the figures, see `Judge.score`."""
        return {"score": -_mean(self._distance(self._recorded[one.id], one.samples) for one in spoken)}


def mel_cepstral_judge(recordings: Sequence[SpokenSentence], audio: AudioConfig) -> SpectralJudge:
    """Return a judge by mel-cepstral distortion in dB along the best path through both sounds, for any durations."""
    return SpectralJudge("mel_cepstra", lambda one, other: warped_distortion(one, other, audio), recordings)


def log_mel_judge(recordings: Sequence[SpokenSentence], audio: AudioConfig) -> SpectralJudge:
    """Return a judge by the mean absolute difference of log-mels, frame by frame."""

    def distance(one: np.ndarray, other: np.ndarray) -> float:
        a, b = (log_mel(torch.from_numpy(samples), audio) for samples in (one, other))
        frames = min(a.shape[-1], b.shape[-1])
        return float((a[..., :frames] - b[..., :frames]).abs().mean())

    return SpectralJudge("nearness of log-mels", distance, recordings)


def first_installed(*makers: Callable[[], Made]) -> Made:
    """Return the result of the first of `makers` that raises no PngnatError, as for missing packages; the last must
    raise none."""
    for make in makers[:-1]:
        try:
            return make()
        except PngnatError:
            continue
    return makers[-1]()


@dataclass(frozen=True)
class Judges:
    """The judges of a table; None leaves a figure out. similarity: to the person."""

    recognizer: asr.Recognizer | None = None
    quality: mos.MosPredictor | None = None
    similarity: SpeakerSimilarity | None = None

    def row(self, name: str, spoken: Sequence[SpokenSentence]) -> dict[str, Any]:
        """Return a row of the table: rates in percent, means over sentences."""
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
    """Return all judges. recordings: of the person. Raise PngnatError if one is not installed."""
    quality = mos.MosPredictor() if with_mos else None
    return Judges(asr.Recognizer(threads), quality, SpeakerSimilarity(SpeakerEncoder().embed, recordings))


def installed_judges(recordings: Sequence[SpokenSentence], threads: int = 1) -> Judges:
    """Return the installed judges."""
    return Judges(
        first_installed(lambda: asr.Recognizer(threads), lambda: None),
        first_installed(mos.MosPredictor, lambda: None),
        first_installed(lambda: SpeakerSimilarity(SpeakerEncoder().embed, recordings), lambda: None),
    )


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
