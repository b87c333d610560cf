"""Pauses of recordings, changed to what the text requests: audible commas, and the pause that distinguishes "two" from
"too" in a menu.

Synthetic teachers skip half of their commas, and speak menus from phonemes, which are the same for both words.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pngnat.text.phonemes import WORD_BOUNDARY, boundary_token
from pngnat.text.utterance import Utterance

_FADE = 0.012  # seconds
_WINDOW = 0.05
_NUMBERS = frozenset("two three four five six seven eight nine".split())


@dataclass(frozen=True)
class PauseRules:
    """Seconds of silence; a new pause is drawn uniformly between two limits."""

    heard: float = 0.08
    """Shortest pause at a mark inside a sentence."""
    comma: tuple[float, float] = (0.1, 0.16)
    """Pause in the place of a shorter one."""
    choice: tuple[float, float] = (0.26, 0.34)
    """Pause before a number that a menu offers (", two")."""
    joined: float = 0.05
    """Longest pause before a last ", too"."""


@dataclass(frozen=True)
class Change:
    """A change of a boundary token's silence. token: its index among the N tokens. samples: to add; a negative number
    removes."""

    token: int
    samples: int


def pause_changes(
    utterance: Utterance, durations: np.ndarray, name: str, sample_rate: int, rules: PauseRules
) -> list[Change]:
    """Return the changes to a recording, in order. durations: (N,) seconds; name: seeds the random draws."""
    draw, changes = random.Random(zlib.crc32(name.encode())), []
    for token, right, made in _wanted(utterance, rules):
        length = draw.uniform(*made)
        if not right[0] <= durations[token] <= right[1]:
            changes.append(Change(token, round(length * sample_rate) - round(durations[token] * sample_rate)))
    return [change for change in changes if change.samples]


_Limits = tuple[float, float]


def _wanted(utterance: Utterance, rules: PauseRules) -> Iterator[tuple[int, _Limits, _Limits]]:
    """Yield, for each boundary with a rule, its token, the limits of right durations, and the limits of new ones."""
    token = 0
    for place, word in enumerate(utterance.words[:-1], start=1):
        token += len(word.phonemes) + 1
        if boundary_token(utterance.boundaries[place].marks) == WORD_BOUNDARY:
            continue
        if _is_joined(utterance, place):
            yield token, (0.0, rules.joined), (0.0, rules.joined)
        elif _is_choice(utterance, place):
            yield token, rules.choice, rules.choice
        else:
            yield token, (rules.heard, float("inf")), rules.comma


def _is_joined(utterance: Utterance, place: int) -> bool:
    return place == len(utterance.words) - 1 and utterance.words[place].text.lower() == "too"


def _is_choice(utterance: Utterance, place: int) -> bool:
    """Return whether the word after a boundary is a number that a menu offers: "..., two;", or "..., two." after
    "one"."""
    if utterance.words[place].text.lower() not in _NUMBERS or "," not in utterance.boundaries[place].marks:
        return False
    ends = any(mark in utterance.boundaries[place + 1].marks for mark in ";.")
    return ends and any(word.text.lower() == "one" for word in utterance.words[:place])


def change_pauses(samples: np.ndarray, borders: np.ndarray, changes: Sequence[Change], sample_rate: int) -> np.ndarray:
    """Return the sound with changed silences, (S + sum of the changes,). samples: (S,); borders: (N + 1,) samples, the
    starts of the tokens.

    Inserted silence is the recording's own background, the quietest 50 ms, forwards and backwards; cuts fade over 12
    ms.
    """
    background = _background(samples, sample_rate)
    made, done = [], 0
    for change in changes:
        start, end = int(borders[change.token]), int(borders[change.token + 1])
        middle = (start + end) // 2
        removed = max(0, -change.samples)
        before, after = middle - removed // 2, middle + removed - removed // 2
        fill = np.take(background, np.arange(max(0, change.samples)) % len(background))
        made += [_faded_out(samples[done:before], background, sample_rate), fill]
        samples, done = _faded_in(samples, after, background, sample_rate), after
    return np.concatenate([*made, samples[done:]])


def _background(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the quietest stretch followed by its reverse, which can repeat without a jump."""
    size = min(len(samples), round(_WINDOW * sample_rate))
    step = max(1, size // 5)
    starts = range(0, len(samples) - size + 1, step)
    quietest = min(starts, key=lambda start: float(np.square(samples[start : start + size]).sum()))
    stretch = samples[quietest : quietest + size]
    return np.concatenate([stretch, stretch[::-1]])


def _faded_out(samples: np.ndarray, background: np.ndarray, sample_rate: int) -> np.ndarray:
    size = min(len(samples), len(background), round(_FADE * sample_rate))
    gain = np.linspace(1, 0, size, dtype=samples.dtype)
    faded = samples.copy()
    faded[len(samples) - size :] = faded[len(samples) - size :] * gain + background[::-1][:size] * (1 - gain)
    return faded


def _faded_in(samples: np.ndarray, start: int, background: np.ndarray, sample_rate: int) -> np.ndarray:
    size = min(len(samples) - start, len(background), round(_FADE * sample_rate))
    gain = np.linspace(0, 1, size, dtype=samples.dtype)
    faded = samples.copy()
    faded[start : start + size] = faded[start : start + size] * gain + background[:size] * (1 - gain)
    return faded


def changed_cut(cut: Mapping, changes: Sequence[Change], sample_rate: int) -> dict:
    """Return a manifest's cut after the changes: durations, and the alignments of phonemes and words."""
    supervision, recording = cut["supervisions"][0], cut["recording"]
    by_token = {change.token: change.samples / sample_rate for change in changes}
    tokens, moved, shift = [], [], 0.0
    for index, (symbol, start, duration, *score) in enumerate(supervision["alignment"]["phoneme"]):
        tokens.append([symbol, start + shift, duration + by_token.get(index, 0.0), *score])
        if index in by_token:
            shift += by_token[index]
            moved.append((start + duration, by_token[index]))
    words = [
        [text, start + sum(by for since, by in moved if since <= start + 1e-6), duration, *score]
        for text, start, duration, *score in supervision["alignment"]["word"]
    ]
    samples = recording["num_samples"] + sum(change.samples for change in changes)
    seconds = samples / sample_rate
    return {
        **cut,
        "duration": seconds,
        "supervisions": [{**supervision, "duration": seconds, "alignment": {"phoneme": tokens, "word": words}}],
        "recording": {**recording, "num_samples": samples, "duration": seconds},
    }
