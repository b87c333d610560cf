"""Utterances of about one length that the acoustic models process together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pngnat.engine.interface import AcousticEngine, Encoding
from pngnat.text.tokenizer import PngTokens

# Padded tokens of a batch at most: attention takes memory by the square of the longest.
_MOST_TOKENS = 4096


def group_by_length(tokens: Sequence[PngTokens], batch_size: int) -> list[list[int]]:
    """Return the indices of utterances in groups of at most `batch_size`, the longest utterances first."""
    order = sorted(range(len(tokens)), key=lambda index: len(tokens[index].ids), reverse=True)
    groups = []
    while order:
        count = max(1, min(batch_size, _MOST_TOKENS // len(tokens[order[0]].ids)))
        groups.append(order[:count])
        order = order[count:]
    return groups


class EncodedBatch:
    """Utterances that each model encodes once, in one batch, for any speaker."""

    def __init__(self, tokens: Sequence[PngTokens], frame_rate: float) -> None:
        self._tokens, self._frame_rate = tokens, frame_rate
        self._encodings: dict[AcousticEngine, Encoding] = {}
        self._durations: dict[tuple[AcousticEngine, int], np.ndarray] = {}

    def predict_durations(self, model: AcousticEngine, row: int, index: int) -> np.ndarray:
        """Return the predicted seconds (N,) of one utterance. row: the speaker's."""
        if (model, row) not in self._durations:
            self._durations[model, row] = self._encoding(model).predict_durations([row] * len(self._tokens))
        return self._durations[model, row][index, : self._tokens[index].num_phoneme_tokens]

    def generate_mels(self, model: AcousticEngine, row: int, seconds: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        """Return the natural log-mel (M, T_i) of each utterance, and forget the encodings.

        row: the speaker's. seconds: (N_i,) of each utterance's tokens; None for one whose mel nobody needs."""
        # An utterance that is not needed stays in the batch, at one frame a token.
        known = [
            np.full(tokens.num_phoneme_tokens, 1 / self._frame_rate) if one is None else one
            for tokens, one in zip(self._tokens, seconds, strict=True)
        ]
        padded = np.zeros((len(known), max(map(len, known))))  # (B, N)
        for row_of_batch, one in zip(padded, known, strict=True):
            row_of_batch[: len(one)] = one
        mels = self._encoding(model).generate_mels([row] * len(known), padded)  # (B, M, T)
        frames = np.round(padded.sum(axis=1) * self._frame_rate).astype(int)
        self._encodings.clear()
        return [mel[:, :count] for mel, count in zip(mels, frames, strict=True)]

    def _encoding(self, model: AcousticEngine) -> Encoding:
        if model not in self._encodings:
            self._encodings[model] = model.encode(self._tokens)
        return self._encodings[model]
