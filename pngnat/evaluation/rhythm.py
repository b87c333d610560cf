"""Rates, pauses and durations by class of sound: arithmetic on the durations of phoneme-segment tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pngnat.evaluation.tracks import CLASS_OF, CLASSES, Track
from pngnat.synthesis.blending import FLOOR
from pngnat.text.phonemes import BOUNDARIES, WORD_BOUNDARY

# Seconds. Shorter silences are closures of stops and errors of the alignment; listeners perceive longer ones as pauses.
PAUSE = 0.1
# A sound is prolonged if it is this many times as long as the professional's, at the same rate.
PROLONGED = 1.5


@dataclass(frozen=True)
class Rhythm:
    """The rhythm of many utterances.

    seconds: from first to last sounds. sounding: seconds in phonemes. phonemes, words: counts. plain, marked: word
    boundaries inside utterances without and with punctuation. plain_pauses, marked_pauses: their silences of at least
    PAUSE, in seconds. plain_silence: seconds of all silences without punctuation.
    """

    seconds: float
    sounding: float
    phonemes: int
    words: int
    plain: int
    marked: int
    plain_pauses: tuple[float, ...]
    marked_pauses: tuple[float, ...]
    plain_silence: float

    @property
    def rate(self) -> float:
        """Phonemes a second, pauses included."""
        return self.phonemes / self.seconds

    @property
    def articulation_rate(self) -> float:
        """Phonemes a second of sound."""
        return self.phonemes / self.sounding

    @property
    def words_per_minute(self) -> float:
        """Words a minute, pauses included."""
        return 60 * self.words / self.seconds

    @property
    def pause_share(self) -> float:
        """Fraction of the time in pauses."""
        return (sum(self.plain_pauses) + sum(self.marked_pauses)) / self.seconds

    @property
    def stray_pauses(self) -> float:
        """Fraction of the word boundaries without punctuation that have a pause."""
        return len(self.plain_pauses) / self.plain if self.plain else 0.0

    @property
    def stray_share(self) -> float:
        """Fraction of the time in pauses outside punctuation."""
        return sum(self.plain_pauses) / self.seconds

    @property
    def stray_silence(self) -> float:
        """As `stray_share`, for all silences: a model trained on pauses at random places predicts short ones
        everywhere."""
        return self.plain_silence / self.seconds


def rhythm(tracks: Iterable[Track]) -> Rhythm:
    """Return the rhythm of all utterances together. Raise ValueError if none has a sound."""
    seconds = sounding = silence = 0.0
    phonemes = words = plain = marked = 0
    pauses: dict[bool, list[float]] = {True: [], False: []}
    for track in tracks:
        is_sound = track.phonemes
        seconds += float(track.durations[track.inner].sum())
        sounding += float(track.durations[is_sound].sum())
        phonemes += int(is_sound.sum())
        words += sum(symbol in BOUNDARIES for symbol in track.symbols)
        for symbol, duration in zip(track.symbols[track.inner], track.durations[track.inner], strict=True):
            if symbol in BOUNDARIES:
                plain += symbol == WORD_BOUNDARY
                silence += float(duration) if symbol == WORD_BOUNDARY else 0.0
                marked += symbol != WORD_BOUNDARY
                if duration >= PAUSE:
                    pauses[symbol == WORD_BOUNDARY].append(float(duration))
    if not phonemes or sounding <= 0:
        raise ValueError("there is no speech whose rhythm could be measured")
    return Rhythm(seconds, sounding, phonemes, words, plain, marked, tuple(pauses[True]), tuple(pauses[False]), silence)


@dataclass(frozen=True)
class ClassLength:
    """Durations of a class of sounds. own, professional: geometric means in milliseconds. ratio: of the two. spread:
    standard deviation of ln(own / professional), 0 if the speaker keeps the professional's proportions. prolonged:
    fraction of sounds that are PROLONGED at the speaker's own rate."""

    name: str
    count: int
    own: float
    professional: float
    ratio: float
    spread: float
    prolonged: float


def class_lengths(own: Sequence[Track], professional: Sequence[Track]) -> list[ClassLength]:
    """Return the durations of each class of sounds, with the professional's for the same utterances; "all sounds" comes
    last."""
    pairs: dict[str, list[float]] = {name: [] for name in CLASSES}
    lengths: dict[str, list[float]] = {name: [] for name in CLASSES}
    for mine, theirs in zip(own, professional, strict=True):
        if mine.symbols != theirs.symbols:
            raise ValueError("two tracks of different utterances cannot be compared")
        for symbol, a, b in zip(mine.symbols, mine.durations, theirs.durations, strict=True):
            if symbol in CLASS_OF:
                a, b = max(float(a), FLOOR), max(float(b), FLOOR)
                pairs[CLASS_OF[symbol]].append(np.log(a / b))
                lengths[CLASS_OF[symbol]].append(np.log(a))
    everything = [value for values in pairs.values() for value in values]
    usual = float(np.median(everything)) if everything else 0.0
    all_lengths = [value for values in lengths.values() for value in values]
    rows = [_class_length(name, pairs[name], lengths[name], usual) for name in CLASSES if pairs[name]]
    return [*rows, _class_length("all sounds", everything, all_lengths, usual)] if rows else []


def _class_length(name: str, logs: Sequence[float], lengths: Sequence[float], usual: float) -> ClassLength:
    ratio, own = float(np.exp(np.mean(logs))), 1000 * float(np.exp(np.mean(lengths)))
    prolonged = float(np.mean(np.asarray(logs) - usual > np.log(PROLONGED)))
    return ClassLength(name, len(logs), own, own / ratio, ratio, float(np.std(logs)), prolonged)
