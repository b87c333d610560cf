"""Durations on their way from the models to the sound: given ones taken in, paced, floored, and laid out in samples."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.synthesis.timings import Span, read_timings
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Utterance

# Seconds of a pause that a model is asked to speak; it has heard nothing longer, and the rest is plain silence.
LONGEST_SPOKEN_PAUSE = 0.5
# As above where the writer asked for silence: enough for a word to end and the next to begin.
SPOKEN_REQUESTED_PAUSE = 0.2
LONGEST_PHONEME = 10.0
LONGEST_PAUSE = 600.0
# Frames of the shortest utterance: networks need some context.
_FEWEST_FRAMES = 8


@dataclass(frozen=True)
class WordDurations:
    """Seconds of whole words, one for each in `Speech.words`; within a word its phonemes keep their proportions."""

    seconds: Sequence[float] | np.ndarray


Durations = Sequence[float] | np.ndarray | WordDurations | str | os.PathLike


class GivenDurations:
    """Lengths that the caller gives, handed out utterance by utterance.

    durations: seconds of each token of the phoneme segment, WordDurations, or a timings file (JSON, TextGrid), of
    phonemes or of words.
    Raises PngnatError for a file that cannot be read, and for values that are negative or no numbers.
    """

    def __init__(self, durations: Durations):
        if isinstance(durations, (str, os.PathLike)):
            file = read_timings(durations)
            self._spans: Sequence[Span] | None = file.spans
            self.of_words = file.of_words
            self._seconds = np.array([span.seconds for span in file.spans])
        else:
            self._spans, self.of_words = None, isinstance(durations, WordDurations)
            self._seconds = numbers(
                "durations", durations.seconds if isinstance(durations, WordDurations) else durations
            )
        if self._seconds.ndim != 1 or not np.all(self._seconds >= 0) or not np.all(np.isfinite(self._seconds)):
            raise PngnatError("durations must be a list of seconds, one for each token or word, each 0 or more")
        self._next = 0

    def take(self, tokens: PngTokens, words: Sequence[str]) -> np.ndarray:
        """The seconds of the next utterance's tokens (N,), or of its words (W,) where `of_words`.

        Raises PngnatError where they do not match.
        """
        labels = words if self.of_words else tokens.symbols
        silent = np.zeros(len(words), dtype=bool) if self.of_words else tokens.word_index < 0
        if self._spans is None:
            return self._take_plain(len(labels))
        return np.array(
            [self._take_named(self._spans, label, bool(quiet)) for label, quiet in zip(labels, silent, strict=True)]
        )

    def finish(self) -> None:
        """Raise PngnatError where lengths are left over."""
        left = len(self._seconds) - self._next
        if left:
            raise PngnatError(
                f"the durations do not match the text: {left} of {len(self._seconds)} are left over at its end"
            )

    def _take_plain(self, count: int) -> np.ndarray:
        taken = self._seconds[self._next : self._next + count]
        if len(taken) < count:
            found = f"there are {len(self._seconds)}, and it has at least {self._next + count} {'words' if self.of_words else 'tokens'}"
            raise PngnatError(f"the durations do not match the text: {found}")
        self._next += count
        return taken

    def _take_named(self, spans: Sequence[Span], label: str, quiet: bool) -> float:
        span = spans[self._next] if self._next < len(spans) else None
        if span is not None and span.label.strip() == label.strip():
            self._next += 1
            return span.seconds
        if quiet:
            # A TextGrid has no interval for a silence of no length.
            return 0.0
        found = f"'{span.label}'" if span is not None else "nothing more"
        raise PngnatError(
            f"the durations do not match the text: it has '{label}' where they have {found} (entry {self._next + 1})"
        )


def numbers(name: str, values: Any) -> np.ndarray:
    """The values as float64. Raises PngnatError for what are none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise PngnatError(f"{name} must be numbers ({error})") from error


class GivenWeights:
    """Blend weights, handed out utterance by utterance. weight: one number, or one for each token of the phoneme
    segment."""

    def __init__(self, weight: float | Sequence[float] | np.ndarray):
        self._weight = np.asarray(weight, dtype=np.float64)
        self._next = 0

    def take(self, count: int) -> np.ndarray:
        """The weights of the next `count` tokens. Raises PngnatError where there are fewer."""
        if self._weight.ndim == 0:
            return np.full(count, float(self._weight))
        taken = self._weight[self._next : self._next + count]
        if len(taken) < count:
            raise PngnatError(
                f"there are {len(self._weight)} blend weights, and the text has at least {self._next + count} tokens"
            )
        self._next += count
        return taken

    def finish(self) -> None:
        """Raise PngnatError where weights are left over."""
        if self._weight.ndim and self._next < len(self._weight):
            raise PngnatError(f"there are {len(self._weight)} blend weights, and the text has only {self._next} tokens")


def fit_words(seconds: np.ndarray, tokens: PngTokens, words: np.ndarray) -> np.ndarray:
    """Token durations (N,) with each word's phonemes stretched alike, so that word i lasts words[i] seconds; words:
    (W,)."""
    fitted = seconds.copy()
    for index, wanted in enumerate(words):
        inside = tokens.word_index == index
        total = fitted[inside].sum()
        fitted[inside] = fitted[inside] * (wanted / total) if total > 0 else wanted / inside.sum()
    return fitted


def apply_pace(
    seconds: np.ndarray, tokens: PngTokens, pace: float, word_pace: Mapping[int, float], first_word: int
) -> np.ndarray:
    """Token durations (N,) divided by the pace, and those of single words by theirs; word_pace counts from the text's
    first word."""
    paced = seconds / pace
    for word, own in word_pace.items():
        paced[tokens.word_index == word - first_word] /= own
    return paced


def requested_paces(utterance: Utterance, tokens: PngTokens, before: float) -> tuple[np.ndarray, float]:
    """The pace (N,) that the writer asked for at each token, and the one that holds after the utterance; before: the
    one that held so far.

    A silence goes with the word before it, the leading one with the first word.
    """
    return _asked([boundary.pace for boundary in utterance.boundaries], tokens, before)


def requested_pitches(utterance: Utterance, tokens: PngTokens, before: float) -> tuple[np.ndarray, float]:
    """The same in semitones, for the pitch."""
    return _asked([boundary.pitch for boundary in utterance.boundaries], tokens, before)


def _asked(values: Sequence[float | None], tokens: PngTokens, before: float) -> tuple[np.ndarray, float]:
    held = [before]
    for value in values:
        held.append(held[-1] if value is None else value)
    silent = tokens.word_index < 0
    word = np.where(silent, np.cumsum(silent) - 2, tokens.word_index)
    return np.array(held[1:])[np.maximum(word, 0)], held[-1]


def check_seconds(seconds: np.ndarray, tokens: PngTokens) -> None:
    """Raise PngnatError for a token that would last longer than anyone can mean."""
    limits = np.where(tokens.word_index < 0, LONGEST_PAUSE, LONGEST_PHONEME)
    for index in np.flatnonzero(~(seconds <= limits))[:1]:
        raise PngnatError(
            f"'{tokens.symbols[index]}' would last {seconds[index]:g} seconds; the most is {limits[index]:g}"
        )


@dataclass(frozen=True)
class Timeline:
    """Where each token lies.

    spoken: (N,) seconds, what the acoustic model speaks; its sum is a whole number of frames.
    borders: (N + 1,) samples, where the tokens begin and end in what the model speaks.
    heard: (N,) samples, what the listener hears of each token, once pauses have their exact length.
    """

    spoken: np.ndarray
    borders: np.ndarray
    heard: np.ndarray

    def of_frames(self, values: np.ndarray, hop: int) -> np.ndarray:
        """Values (N,) of tokens to those of the frames (T,) that the model speaks."""
        centres = (np.arange(self.borders[-1] // hop) + 0.5) * hop
        return values[np.minimum(np.searchsorted(self.borders[1:], centres, side="right"), len(values) - 1)]

    def seconds(self, sample_rate: int) -> np.ndarray:
        """The borders (N + 1,) of the tokens in seconds, as the listener hears them."""
        return np.concatenate([[0], np.cumsum(self.heard)]) / sample_rate


def lay_out(seconds: np.ndarray, tokens: PngTokens, exact: Mapping[int, float], audio: AudioConfig) -> Timeline:
    """Place the tokens.

    seconds: (N,), what the model is to speak. exact: by token, the seconds that a silence must last to the sample.
    Phonemes get at least one frame, so that no word is ever skipped.
    """
    spoken = np.where(tokens.word_index < 0, seconds, np.maximum(seconds, 1 / audio.frame_rate))
    frames = max(_FEWEST_FRAMES, int(np.ceil(spoken.sum() * audio.frame_rate - 1e-3)))
    # The last silence takes what is missing to a whole frame.
    spoken[-1] = max(0.0, spoken[-1] + frames / audio.frame_rate - spoken.sum())
    borders = np.round(np.concatenate([[0.0], np.cumsum(spoken)]) * audio.sample_rate).astype(np.int64)
    borders[-1] = frames * audio.hop_length
    heard = np.diff(borders)
    for token, wanted in exact.items():
        heard[token] = round(wanted * audio.sample_rate)
    return Timeline(spoken, np.minimum(borders, borders[-1]), heard)
