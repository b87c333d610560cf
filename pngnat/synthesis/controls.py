"""Durations, blend weights and pitch contours that are given for a text, and taken utterance by utterance."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.synthesis.durations import Timeline
from pngnat.synthesis.timings import Span, read_timings
from pngnat.text.tokenizer import PngTokens


@dataclass(frozen=True)
class WordDurations:
    """Durations of words instead of tokens; within a word, its phonemes keep their proportions."""

    seconds: Sequence[float] | np.ndarray
    """Seconds of each word in `Speech.words`."""


Durations = Sequence[float] | np.ndarray | WordDurations | str | os.PathLike


class _GivenValues(ABC):
    """Values that are given for a text, and the number of them that its utterances have used."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values
        self._used = 0

    def _use(self, count: int) -> np.ndarray:
        """Return the next `count` values. Raises PngnatError where fewer are left."""
        start = self._used
        self._use_to(start + count)
        return self._values[start : self._used]

    def _use_to(self, end: int) -> None:
        if end > len(self._values):
            raise PngnatError(self._too_few(end))
        self._used = end

    def finish(self) -> None:
        """Raise PngnatError where values are left over at the end of the text."""
        if self._used < len(self._values):
            raise PngnatError(self._left_over())

    @abstractmethod
    def _too_few(self, needed: int) -> str:
        """Return the message for a text that needs at least `needed` values."""

    @abstractmethod
    def _left_over(self) -> str:
        """Return the message for a text that does not use all values."""


class GivenDurations(_GivenValues):
    """Durations of a text's tokens or words.

    durations: seconds of each token of the phoneme segment, WordDurations, or a timings file (JSON, TextGrid) of
    phonemes or of words.
    Raises PngnatError for a file that cannot be read, and for values that are negative or not finite.
    """

    def __init__(self, durations: Durations):
        self._spans: Sequence[Span] | None = None
        if isinstance(durations, (str, os.PathLike)):
            file = read_timings(durations)
            self._spans, self.of_words = file.spans, file.of_words
            values = np.array([span.seconds for span in file.spans])
        else:
            self.of_words = isinstance(durations, WordDurations)
            values = _numbers("durations", durations.seconds if isinstance(durations, WordDurations) else durations)
        if values.ndim != 1 or not np.all(values >= 0) or not np.all(np.isfinite(values)):
            raise PngnatError("durations must be a list of seconds, one for each token or word, each 0 or more")
        super().__init__(values)

    def take(self, tokens: PngTokens, words: Sequence[str]) -> np.ndarray:
        """Return the seconds of the next utterance's tokens (N,), or of its words (W,) where `of_words`.

        Raises PngnatError where they do not match the utterance.
        """
        labels = words if self.of_words else tokens.symbols
        if self._spans is None:
            return self._use(len(labels))
        silent = np.zeros(len(words), dtype=bool) if self.of_words else tokens.word_index < 0
        return np.array(
            [self._take_labelled(self._spans, label, bool(quiet)) for label, quiet in zip(labels, silent, strict=True)]
        )

    def _take_labelled(self, spans: Sequence[Span], label: str, quiet: bool) -> float:
        span = spans[self._used] if self._used < len(spans) else None
        if span is not None and span.label.strip() == label.strip():
            self._use(1)
            return span.seconds
        if quiet:
            # A TextGrid has no interval for a silence of no length.
            return 0.0
        found = f"'{span.label}'" if span is not None else "nothing more"
        raise PngnatError(
            f"the durations do not match the text: it has '{label}' where they have {found} (entry {self._used + 1})"
        )

    def _too_few(self, needed: int) -> str:
        found = f"there are {len(self._values)}, and it has at least {needed} {'words' if self.of_words else 'tokens'}"
        return f"the durations do not match the text: {found}"

    def _left_over(self) -> str:
        left = len(self._values) - self._used
        return f"the durations do not match the text: {left} of {len(self._values)} are left over at its end"


class GivenWeights(_GivenValues):
    """Blend weights of a text. weight: one number, or one for each token of the phoneme segment."""

    def __init__(self, weight: float | Sequence[float] | np.ndarray):
        weights = np.asarray(weight, dtype=np.float64)
        self._constant = float(weights) if weights.ndim == 0 else None
        super().__init__(np.atleast_1d(weights) if self._constant is None else np.zeros(0))

    def take(self, count: int) -> np.ndarray:
        """Return the weights of the next `count` tokens. Raises PngnatError where fewer are left."""
        return self._use(count) if self._constant is None else np.full(count, self._constant)

    def _too_few(self, needed: int) -> str:
        return f"there are {len(self._values)} blend weights, and the text has at least {needed} tokens"

    def _left_over(self) -> str:
        return f"there are {len(self._values)} blend weights, and the text has only {self._used} tokens"


class GivenPitch(_GivenValues):
    """A pitch contour of a text.

    f0: (F,) Hz, 0 where unvoiced, one value for each hop of the audible speech, pauses included.
    Raises PngnatError for values that are negative, not finite, or above half of the sample rate.
    """

    def __init__(self, f0: Sequence[float] | np.ndarray, audio: AudioConfig):
        values = _numbers("f0", f0).astype(np.float32)
        if values.ndim != 1 or not np.all(values >= 0) or not np.all(values < audio.sample_rate / 2):
            raise PngnatError(
                "f0 must be a list of frequencies in Hz, 0 where there is no voice, one for each frame of the speech"
            )
        super().__init__(values)
        self._audio = audio
        self._samples = 0  # of the utterances so far, as they are audible

    def take(self, timeline: Timeline) -> np.ndarray:
        """Return Hz for each mel frame (T,) of the next utterance. Raises PngnatError where too few are left."""
        hop = self._audio.hop_length
        audible_borders = np.concatenate([[0], np.cumsum(timeline.audible)])
        places = (self._samples + np.interp(timeline.frame_centres(hop), timeline.borders, audible_borders)) // hop
        self._samples += int(audible_borders[-1])
        self._use_to(self._samples // hop)
        return self._values[np.minimum(places.astype(int), len(self._values) - 1)]

    def finish(self) -> None:
        """Raise PngnatError where frames are left over at the end of the text."""
        # A last frame that the speech only begins counts as used.
        if len(self._values) > -(-self._samples // self._audio.hop_length):
            raise PngnatError(self._left_over())

    def _too_few(self, needed: int) -> str:
        return f"{self._size()}, and the text's speech is longer; give the same durations with it"

    def _left_over(self) -> str:
        return f"{self._size()}, and the text's speech has {self._used}; give the same durations with it"

    def _size(self) -> str:
        return f"the given f0 has {len(self._values)} frames of {1000 / self._audio.frame_rate:g} ms"


def _numbers(name: str, values: Any) -> np.ndarray:
    """Return the values as float64. Raises PngnatError for values that are not numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise PngnatError(f"{name} must be numbers ({error})") from error
