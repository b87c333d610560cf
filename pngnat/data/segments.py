"""Durations of the phoneme segment's tokens from phones in time: arithmetic on intervals, without a sound model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pngnat.text.phonemes import boundary_token
from pngnat.text.utterance import Utterance

# A stop begins with a silent closure; only the aligner can tell where the pause before it ends.
_STOPS = frozenset("B CH D G JH K P T".split())

_STEP = 0.001
_WINDOW = 0.005
_REACH = 0.04
_SHORTEST_PHONE = 0.02
_RISE = 12.0


@dataclass(frozen=True)
class Phone:
    """A phone of a word. word: index of the word. start, end: seconds. score: mean log likelihood a frame, or None."""

    word: int
    symbol: str
    start: float
    end: float
    score: float | None = None


@dataclass(frozen=True)
class Segment:
    """A token of the phoneme segment in time. start, duration: seconds. score: as Phone's; None for [CLS] and boundary
    tokens."""

    symbol: str
    start: float
    duration: float
    score: float | None = None


@dataclass(frozen=True)
class WordSpan:
    """A word in time. start, duration: seconds. score: mean log likelihood a frame relative to the best phone (<=
    0)."""

    text: str
    start: float
    duration: float
    score: float | None = None


def token_segments(utterance: Utterance, phones: Sequence[Phone], seconds: float) -> tuple[Segment, ...]:
    """Return the N tokens of an utterance, without gaps from 0 to `seconds`.

    phones: in order, all phonemes of all words. [CLS] owns the time before the first phone, each boundary token the
    time between two words, the last one the time after the last phone. A gap inside a word belongs to the phone before
    it. Raises ValueError if phones and utterance disagree, or if times run backwards.
    """
    expected = [(index, phoneme) for index, word in enumerate(utterance.words) for phoneme in word.phonemes]
    if [(phone.word, phone.symbol) for phone in phones] != expected:
        raise ValueError(f"{len(phones)} phones do not spell the utterance's {len(expected)} phonemes")
    symbols, starts = ["[CLS]"], [0.0]
    scores: list[float | None] = [None]
    for index, phone in enumerate(phones):
        symbols.append(phone.symbol)
        starts.append(phone.start)
        scores.append(phone.score)
        if index + 1 == len(phones) or phones[index + 1].word != phone.word:
            symbols.append(boundary_token(utterance.boundaries[phone.word + 1].marks))
            starts.append(phone.end)
            scores.append(None)
    edges = np.append(np.clip(starts, 0.0, seconds), seconds)
    if (np.diff(edges) < 0).any():
        raise ValueError("times of phones run backwards")
    return tuple(
        Segment(symbol, float(start), float(end - start), score)
        for symbol, start, end, score in zip(symbols, edges, edges[1:], scores, strict=False)
    )


def trim(segments: Sequence[Segment], silence: float, sample_rate: int) -> tuple[int, int, tuple[Segment, ...]]:
    """Shorten the silences at both ends to at most `silence` seconds, and put every border on a sample.

    Returns the first sample and the number of samples to keep, and the segments relative to that sample; their
    durations are integers in samples that add up to that number. Borders are rounded, not durations, so that errors do
    not accumulate.
    """
    borders = np.array([segment.start for segment in segments] + [segments[-1].start + segments[-1].duration])
    borders[0] = max(borders[0], borders[1] - silence)
    borders[-1] = min(borders[-1], borders[-2] + silence)
    marks = np.rint(borders * sample_rate).astype(np.int64)
    first, counts = int(marks[0]), np.diff(marks)
    kept = tuple(
        replace(segment, start=float(mark - first) / sample_rate, duration=float(count) / sample_rate)
        for segment, mark, count in zip(segments, marks, counts, strict=False)
    )
    return first, int(counts.sum()), kept


def word_spans(
    utterance: Utterance, segments: Sequence[Segment], scores: Sequence[float | None]
) -> tuple[WordSpan, ...]:
    """Return the W words in time: from the start of the first phoneme to the end of the last. segments: N. scores:
    W."""
    spans, at = [], 1
    for word, score in zip(utterance.words, scores, strict=True):
        last = segments[at + len(word.phonemes) - 1]
        start = segments[at].start
        spans.append(WordSpan(word.text, start, last.start + last.duration - start, score))
        at += len(word.phonemes) + 1
    return tuple(spans)


def refine_silences(phones: Sequence[Phone], samples: np.ndarray, sample_rate: int) -> list[Phone]:
    """Move the edges of silences to the actual start and end of the sound, by at most 40 ms.

    An aligner works in steps of 10 ms, and assigns weak ends of sounds to silence, or silence to a sound. samples:
    (S,). Sound begins at the silence's own level (its 20th percentile) plus 12 dB.
    """
    phones = list(phones)
    level = _level(samples, sample_rate)
    starts_at = [0.0] + [phone.end for phone in phones]
    ends_at = [phone.start for phone in phones] + [len(samples) / sample_rate]
    for index, (start, end) in enumerate(zip(starts_at, ends_at, strict=True)):
        inside = level[_index(start) : _index(end)]
        if len(inside) < 10:
            continue
        loud = level > np.percentile(inside, 20) + _RISE
        if index > 0:
            phones[index - 1] = _move_end(phones[index - 1], loud, latest=end)
            start = phones[index - 1].end
        if index < len(phones):
            phones[index] = _move_start(phones[index], loud, earliest=start)
    return phones


def _move_end(phone: Phone, loud: np.ndarray, latest: float) -> Phone:
    earliest = max(phone.end - _REACH, phone.start + _SHORTEST_PHONE)
    latest = min(phone.end + _REACH, latest)
    if _is(loud, phone.end):
        return replace(phone, end=_walk(loud, phone.end, latest, while_loud=True))
    if phone.symbol in _STOPS:
        return phone
    return replace(phone, end=_walk(loud, phone.end, earliest, while_loud=False))


def _move_start(phone: Phone, loud: np.ndarray, earliest: float) -> Phone:
    earliest = max(phone.start - _REACH, earliest)
    latest = min(phone.start + _REACH, phone.end - _SHORTEST_PHONE)
    if _is(loud, phone.start):
        return replace(phone, start=_walk(loud, phone.start, earliest, while_loud=True))
    if phone.symbol in _STOPS:
        return phone
    return replace(phone, start=_walk(loud, phone.start, latest, while_loud=False))


def _walk(loud: np.ndarray, start: float, limit: float, while_loud: bool) -> float:
    """Walk from `start` towards `limit` while the sound is loud (or not loud). Return `limit` for loud sound without an
    end."""
    step = _STEP if limit > start else -_STEP
    at = start
    for _ in range(int(abs(limit - start) / _STEP)):
        if _is(loud, at) != while_loud:
            return at
        at += step
    # Silence without an end is no reason to shorten a sound; sound without an end is one to lengthen it.
    return limit if while_loud else start


def _is(loud: np.ndarray, seconds: float) -> bool:
    return bool(loud[min(max(_index(seconds), 0), len(loud) - 1)])


def _index(seconds: float) -> int:
    return round(seconds / _STEP)


def _level(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the level in dB every millisecond, over centred windows of 5 ms."""
    power = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    centres = np.arange(int(len(samples) / sample_rate / _STEP) + 1) * _STEP * sample_rate
    half = _WINDOW * sample_rate / 2
    low = np.clip(np.rint(centres - half).astype(int), 0, len(samples))
    high = np.clip(np.rint(centres + half).astype(int), 0, len(samples))
    return 10 * np.log10((power[high] - power[low]) / np.maximum(high - low, 1) + 1e-10)
