"""Utterances as the models see them, one or several at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pngnat.engine.interface import AcousticEngine, Encoding
from pngnat.text.tokenizer import PngTokens


class ReadUtterance:
    """One utterance of those that are read together."""

    def __init__(self, tokens: PngTokens, together: ReadTogether, index: int) -> None:
        self.tokens = tokens
        self._together, self._index = together, index

    def durations(self, model: AcousticEngine, row: int) -> np.ndarray:
        """Predicted seconds of each token, (N,). row: the speaker's."""
        return self._together.durations(model, row)[self._index, : self.tokens.num_phoneme_tokens]

    def settle(self, seconds: np.ndarray) -> None:
        """Say how long each token (N,) lasts, before the first of those that are read together asks for its mel."""
        self._together.seconds[self._index] = seconds

    def mel(self, model: AcousticEngine, row: int) -> np.ndarray:
        """The natural log-mel (M, T) of the settled seconds."""
        return self._together.mel(model, row, self._index)


class ReadTogether:
    """Utterances that a model's encoder reads in one batch, once, whoever's durations are asked for, and all by one
    speaker."""

    def __init__(self, tokens: Sequence[PngTokens], frame_rate: float) -> None:
        self._tokens, self._frame_rate = tokens, frame_rate
        # Of an utterance that nobody settles, because its text turned out to be unspeakable, nobody hears this one
        # frame a token.
        self.seconds = [np.full(one.num_phoneme_tokens, 1 / frame_rate) for one in tokens]
        self._readings: dict[AcousticEngine, Encoding] = {}
        self._durations: dict[tuple[AcousticEngine, int], np.ndarray] = {}
        self._mels: list[np.ndarray] | None = None

    def __iter__(self) -> Iterator[ReadUtterance]:
        return (ReadUtterance(tokens, self, index) for index, tokens in enumerate(self._tokens))

    def durations(self, model: AcousticEngine, row: int) -> np.ndarray:
        """Seconds (B, N) of all."""
        if (model, row) not in self._durations:
            self._durations[model, row] = self._reading(model).predict_durations([row] * len(self._tokens))
        return self._durations[model, row]

    def mel(self, model: AcousticEngine, row: int, index: int) -> np.ndarray:
        """The mel of one of them; all are made at the first call."""
        if self._mels is None:
            seconds = np.zeros((len(self._tokens), max(len(one) for one in self.seconds)))
            for into, one in zip(seconds, self.seconds, strict=True):
                into[: len(one)] = one
            mels = self._reading(model).generate_mels([row] * len(self._tokens), seconds)
            frames = np.round(seconds.sum(axis=1) * self._frame_rate).astype(int)
            self._mels = [mel[:, :count] for mel, count in zip(mels, frames, strict=True)]
            self._readings.clear()
        return self._mels[index]

    def _reading(self, model: AcousticEngine) -> Encoding:
        if model not in self._readings:
            self._readings[model] = model.encode(self._tokens)
        return self._readings[model]
