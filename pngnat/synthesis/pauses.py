"""The lengths of the silences of a text, and sound cut or filled to these lengths, exact to the sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pngnat.errors import PngnatError
from pngnat.synthesis.durations import LONGEST_PAUSE, Timeline
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Utterance

# Longest pause in the mel, in seconds, as the models have learned; the rest is digital silence.
LONGEST_SPOKEN_PAUSE = 0.5
# The same for a requested pause, in seconds: enough for a word to end and the next one to begin.
SPOKEN_REQUESTED_PAUSE = 0.2
# Seconds at most of a requested pause that stay at the end of a sentence; the rest leads the next sentence.
_TAIL = 0.1
# Seconds.
_FADE = 0.005
_BLOCK = 1


def silent_tokens(tokens: PngTokens) -> list[int]:
    """Return the tokens that are not phonemes: one for each boundary of the utterance."""
    return np.flatnonzero(tokens.word_index < 0).tolist()


def requested_silences(
    utterance: Utterance, tokens: PngTokens, before: Utterance | None, after: Utterance | None
) -> dict[int, float]:
    """Return the seconds of the silences that markup requests, by token. Raises PngnatError for one out of range.

    before, after: the neighbours of the utterance. A pause between two utterances is divided among both.
    """
    inner = range(1, len(utterance.words))
    requested = {place: pause for place in inner if (pause := utterance.boundaries[place].pause) is not None}
    leading = _requested_between(before, utterance)
    if leading is not None:
        requested[0] = leading if before is None else leading - _tail(leading)
    trailing = _requested_between(utterance, after)
    if trailing is not None:
        requested[len(utterance.words)] = trailing if after is None else _tail(trailing)
    for pause in requested.values():
        if not 0 <= pause <= LONGEST_PAUSE:
            raise PngnatError(f"a pause must last from 0 to {LONGEST_PAUSE:g} seconds, and is {pause:g}")
    silent = silent_tokens(tokens)
    return {silent[place]: pause for place, pause in requested.items()}


def _requested_between(first: Utterance | None, second: Utterance | None) -> float | None:
    pauses = [
        side.pause
        for side in (first and first.boundaries[-1], second and second.boundaries[0])
        if side and side.pause is not None
    ]
    return sum(pauses) if pauses else None


def _tail(pause: float) -> float:
    return min(pause / 2, _TAIL)


def long_silences(seconds: np.ndarray, tokens: PngTokens) -> dict[int, float]:
    """Return the silences among durations (N,) that are longer than the models have learned, by token."""
    return {token: seconds[token] for token in silent_tokens(tokens) if seconds[token] > LONGEST_SPOKEN_PAUSE}


def fit_pauses(blocks: Iterable[np.ndarray], timeline: Timeline, sample_rate: int) -> Iterator[np.ndarray]:
    """Yield the vocoder's sound with each silence cut or filled in its middle to its audible length.

    blocks: samples (S_i,); their sizes have no influence on the joined result. Each cut and both ends fade over 5 ms.
    A long silence comes in several blocks."""
    stretches = _stretches(timeline)
    start = 0
    for block in blocks:
        waiting: list[np.ndarray] = []
        for piece in (piece for stretch in stretches for piece in stretch.part(block, start, sample_rate)):
            waiting.append(piece)
            if sum(map(len, waiting)) >= _BLOCK * sample_rate:
                yield np.concatenate(waiting)
                waiting = []
        if waiting:
            yield np.concatenate(waiting)
        start += len(block)


@dataclass(frozen=True)
class _Stretch:
    """Samples of the vocoder's sound that stay as they are, and the silence that is inserted after them."""

    start: int
    end: int
    silence: int
    """Samples."""

    def part(self, block: np.ndarray, block_start: int, sample_rate: int) -> Iterator[np.ndarray]:
        """Yield the part of this stretch that lies in a block, and the silence if the stretch ends there."""
        block_end = block_start + len(block)
        first, last = max(self.start, block_start), min(self.end, block_end)
        if first < last:
            yield block[first - block_start : last - block_start] * self._gain(np.arange(first, last), sample_rate)
        if self.silence and (block_start < self.end <= block_end or self.end == block_start == 0):
            longest = _BLOCK * sample_rate
            yield from (
                np.zeros(min(longest, self.silence - done), dtype=np.float32)
                for done in range(0, self.silence, longest)
            )

    def _gain(self, places: np.ndarray, sample_rate: int) -> np.ndarray:
        fade = max(1, min(round(_FADE * sample_rate), (self.end - self.start) // 2))
        distance = np.minimum(places - self.start, self.end - 1 - places)
        return np.minimum((distance + 0.5) / fade, 1).astype(np.float32)


def _stretches(timeline: Timeline) -> list[_Stretch]:
    stretches, done = [], 0
    for token in np.flatnonzero(np.diff(timeline.borders) != timeline.audible):
        start, end = timeline.borders[token : token + 2].tolist()
        audible = int(timeline.audible[token])
        kept = min(end - start, audible)
        stretches.append(_Stretch(done, start + kept // 2, audible - kept))
        done = end - (kept - kept // 2)
    return [*stretches, _Stretch(done, int(timeline.borders[-1]), 0)]
