"""Durations between the models and the sound: fitted to words, paced, checked, and laid out in samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Utterance

LONGEST_PHONEME = 10.0
LONGEST_PAUSE = 600.0
# Frames of the shortest utterance: networks need some context.
_FEWEST_FRAMES = 8


def fit_words(seconds: np.ndarray, tokens: PngTokens, words: np.ndarray) -> np.ndarray:
    """Return token durations (N,) scaled within each word so that word i lasts words[i] seconds. words: (W,)."""
    fitted = seconds.copy()
    for index, wanted in enumerate(words):
        inside = tokens.word_index == index
        total = fitted[inside].sum()
        fitted[inside] = fitted[inside] * (wanted / total) if total > 0 else wanted / inside.sum()
    return fitted


def apply_pace(
    seconds: np.ndarray, tokens: PngTokens, pace: float, word_pace: Mapping[int, float], first_word: int
) -> np.ndarray:
    """Return token durations (N,) divided by the pace, and in single words by their own pace too.

    word_pace: paces by the number of a word in the text. first_word: the number of the utterance's first word."""
    paced = seconds / pace
    for word, factor in word_pace.items():
        paced[tokens.word_index == word - first_word] /= factor
    return paced


def requested_paces(utterance: Utterance, tokens: PngTokens, before: float) -> tuple[np.ndarray, float]:
    """Return the pace (N,) that markup sets at each token, and the pace in force after the utterance.

    before: the pace in force before the utterance. A silence has the pace of the word before it, the leading silence
    the pace of the first word.
    """
    return _requested_values([boundary.pace for boundary in utterance.boundaries], tokens, before)


def requested_pitches(utterance: Utterance, tokens: PngTokens, before: float) -> tuple[np.ndarray, float]:
    """Return the semitones (N,) that markup sets at each token, and those in force after it; see `requested_paces`."""
    return _requested_values([boundary.pitch for boundary in utterance.boundaries], tokens, before)


def _requested_values(values: Sequence[float | None], tokens: PngTokens, before: float) -> tuple[np.ndarray, float]:
    in_force = [before]
    for value in values:
        in_force.append(in_force[-1] if value is None else value)
    silent = tokens.word_index < 0
    word = np.where(silent, np.cumsum(silent) - 2, tokens.word_index)
    return np.array(in_force[1:])[np.maximum(word, 0)], in_force[-1]


def check_seconds(seconds: np.ndarray, tokens: PngTokens) -> None:
    """Raise PngnatError for a token that is longer than LONGEST_PHONEME or LONGEST_PAUSE."""
    limits = np.where(tokens.word_index < 0, LONGEST_PAUSE, LONGEST_PHONEME)
    for index in np.flatnonzero(~(seconds <= limits))[:1]:
        raise PngnatError(
            f"'{tokens.symbols[index]}' would last {seconds[index]:g} seconds; the most is {limits[index]:g}"
        )


@dataclass(frozen=True)
class Timeline:
    """The place of each token in the mel and in the sound."""

    spoken: np.ndarray
    """(N,) seconds in the mel; their sum is an integer number of frames."""
    borders: np.ndarray
    """(N + 1,) samples at which the tokens begin and end in the vocoder's sound."""
    audible: np.ndarray
    """(N,) samples of each token in the final sound, whose pauses have their exact length."""

    def frame_centres(self, hop: int) -> np.ndarray:
        """Return the middle of each mel frame in samples, (T,)."""
        return (np.arange(self.borders[-1] // hop) + 0.5) * hop

    def of_frames(self, values: np.ndarray, hop: int) -> np.ndarray:
        """Return the values (N,) of tokens at each mel frame, (T,)."""
        token = np.searchsorted(self.borders[1:], self.frame_centres(hop), side="right")
        return values[np.minimum(token, len(values) - 1)]

    def seconds(self, sample_rate: int) -> np.ndarray:
        """Return the borders (N + 1,) of the tokens in the final sound, in seconds."""
        return np.concatenate([[0], np.cumsum(self.audible)]) / sample_rate


def lay_out(seconds: np.ndarray, tokens: PngTokens, exact: Mapping[int, float], audio: AudioConfig) -> Timeline:
    """Return the place of each token.

    seconds: (N,), in the mel. exact: by token, the seconds of a silence in the final sound, exact to the sample.
    Phonemes get at least one frame, so that no word is skipped.
    """
    spoken = np.where(tokens.word_index < 0, seconds, np.maximum(seconds, 1 / audio.frame_rate))
    frames = max(_FEWEST_FRAMES, int(np.ceil(spoken.sum() * audio.frame_rate - 1e-3)))
    # The last silence fills the last frame.
    spoken[-1] = max(0.0, spoken[-1] + frames / audio.frame_rate - spoken.sum())
    borders = np.round(np.concatenate([[0.0], np.cumsum(spoken)]) * audio.sample_rate).astype(np.int64)
    borders[-1] = frames * audio.hop_length
    audible = np.diff(borders)
    for token, wanted in exact.items():
        audible[token] = round(wanted * audio.sample_rate)
    return Timeline(spoken, np.minimum(borders, borders[-1]), audible)
