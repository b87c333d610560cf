"""Measures of recordings as they were made, and warnings about a corpus before a training. Nothing is deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pngnat.data.corpus import Recording

# An overdriven converter gives several equal samples at its ceiling.
_CLIPPED_RUN = 3
_FRAME = 0.02


def measure(samples: np.ndarray, sample_rate: int, leading: float, trailing: float) -> dict[str, float | int]:
    """Measure one recording.

    samples: (S, channels) in [-1, 1]. leading, trailing: seconds of silence at the ends, from the alignment.

    Returns sample_rate (Hz), channels, seconds, peak, level and noise (dBFS; level is the RMS of frames within 30 dB of
    the loudest, noise the level of the quietest tenth of frames), clipped (fraction of samples in runs at full scale),
    leading and trailing (seconds).
    """
    mono = samples.mean(axis=1, dtype=np.float64)
    frame = max(1, int(_FRAME * sample_rate))
    count = max(1, len(mono) // frame)
    power = (
        np.square(mono[: count * frame]).reshape(count, -1).mean(axis=1)
        if len(mono) >= frame
        else np.array([np.square(mono).mean()])
    )
    speech = power[power >= power.max() * 1e-3]
    return {
        "sample_rate": sample_rate,
        "channels": samples.shape[1],
        "seconds": round(len(samples) / sample_rate, 4),
        "peak": _decibel(np.abs(samples).max() ** 2),
        "level": _decibel(speech.mean()),
        "noise": _decibel(np.percentile(power, 10)),
        "clipped": round(_clipped_share(samples), 6),
        "leading": round(leading, 3),
        "trailing": round(trailing, 3),
    }


def _clipped_share(samples: np.ndarray) -> float:
    """Return the fraction of samples in runs of at least three equal ones at the recording's ceiling, if that is near
    full scale."""
    ceiling = np.abs(samples).max()
    if ceiling < 0.9:
        return 0.0
    at_top = np.abs(samples) >= ceiling * 0.999
    clipped = 0
    for channel in at_top.T:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], channel.astype(np.int8), [0]])))
        runs = edges[1::2] - edges[::2]
        clipped += runs[runs >= _CLIPPED_RUN].sum()
    return float(clipped / samples.size)


def _decibel(power: float) -> float:
    return round(float(10 * np.log10(power + 1e-10)), 2)


@dataclass(frozen=True)
class Limits:
    """Limits beyond which a recording gets a warning."""

    clipped: float = 1e-4
    """Fraction of clipped samples."""
    quiet: float = -40.0
    """Lowest level of the speech in dBFS."""
    loud: float = -9.0
    """Highest level of the speech in dBFS."""
    uneven: float = 8.0
    """Distance from the speaker's median level in dB."""
    noise: float = 25.0
    """Distance between speech and quietest parts in dB."""
    silence: float = 1.5
    """Seconds of silence at an end of the original."""
    cut: float = 0.01
    """Seconds; an end with less silence may be cut off."""
    rate: float = 6.0
    """Distance of the speaking rate from the speaker's median, in median absolute deviations."""
    word: float = -6.0
    """Alignment score of a word (mean log likelihood a frame); below it, the word may differ from the text."""
    text: float = -2.5
    """Alignment score of a recording."""
    long: float = 30.0
    """Seconds; longer recordings align badly and take much memory."""


@dataclass(frozen=True)
class Warned:
    """A warning. kind: clipping, level, noise, silence, rate, word, text or long. value: the measured value, in the
    unit of its limit."""

    id: str
    speaker: str
    kind: str
    value: float
    message: str


@dataclass(frozen=True)
class Figures:
    """Measures by which a recording is compared with others."""

    id: str
    speaker: str
    seconds: float
    measures: Mapping[str, Any]
    """Measures of the original sound, see `measure`."""
    rate: float
    """Phonemes a second, see `speaking_rate`."""
    score: float | None
    """Alignment score, see `text_score`."""
    text: str
    word_scores: Sequence[float] = ()
    badly: Sequence[tuple[str, float, float]] = ()
    """Words with a low score: text, start in seconds, score."""

    @classmethod
    def of(cls, recording: Recording, limits: Limits) -> Figures:
        """Return the figures of a recording."""
        scored = [(word.text, word.start, word.score) for word in recording.words if word.score is not None]
        return cls(
            recording.id,
            recording.speaker,
            recording.seconds,
            recording.measures,
            speaking_rate(recording),
            text_score(recording),
            recording.utterance.text,
            [round(score, 2) for _, _, score in scored],
            [word for word in scored if word[2] < limits.word],
        )


def check(recordings: Iterable[Recording], limits: Limits | None = None) -> list[Warned]:
    """Yield all warnings about a corpus, recording by recording. Some compare a recording with others of its
    speaker."""
    limits = limits or Limits()
    return warnings_of([Figures.of(recording, limits) for recording in recordings], limits)


def warnings_of(figures: Sequence[Figures], limits: Limits) -> list[Warned]:
    """Return the warnings for the figures of all recordings, as `check` does."""
    speakers = defaultdict(list)
    for one in figures:
        speakers[one.speaker].append(one)
    usual = {name: _Usual.of(own) for name, own in speakers.items()}
    return [
        Warned(one.id, one.speaker, kind, round(float(value), 4), message)
        for one in figures
        for kind, value, message in _warnings(one, usual[one.speaker], limits)
    ]


def speaking_rate(recording: Recording) -> float:
    """Return the phonemes a second of speech, without pauses."""
    seconds = sum(word.duration for word in recording.words)
    return sum(len(word.phonemes) for word in recording.utterance.words) / seconds if seconds > 0 else 0.0


def text_score(recording: Recording) -> float | None:
    """Return the alignment score of the recording, or None if no word has one."""
    scored = [(word.score, word.duration) for word in recording.words if word.score is not None]
    seconds = sum(duration for _, duration in scored)
    return sum(score * duration for score, duration in scored) / seconds if seconds > 0 else None


@dataclass(frozen=True)
class _Usual:
    """Medians of a speaker. level: dB. rate, spread: median speaking rate and its median absolute deviation."""

    level: float | None
    rate: float
    spread: float

    @classmethod
    def of(cls, figures: Sequence[Figures]) -> _Usual:
        levels = [one.measures["level"] for one in figures if "level" in one.measures]
        rates = np.array([one.rate for one in figures])
        # For a handful of nearly equal recordings, a small difference must not look large.
        spread = max(float(np.median(np.abs(rates - np.median(rates)))), 0.05 * float(np.median(rates)))
        return cls(float(np.median(levels)) if levels else None, float(np.median(rates)), spread)


def _warnings(one: Figures, usual: _Usual, limits: Limits) -> Iterator[tuple[str, float, str]]:
    if one.measures:
        yield from _sound_warnings(one.measures, usual, limits)
    if one.seconds > limits.long:
        yield "long", one.seconds, f"{one.seconds:.1f} s: cut recordings of more than {limits.long:g} s at their pauses"
    if usual.spread > 0 and abs(one.rate - usual.rate) > limits.rate * usual.spread:
        yield "rate", one.rate, f"{one.rate:.1f} phonemes a second, where {one.speaker} usually says {usual.rate:.1f}"
    for text, start, score in one.badly:
        yield "word", score, f"'{text}' at {start:.2f} s fits badly (score {score:.1f})"
    if one.score is not None and one.score < limits.text:
        yield "text", one.score, f"the text may not be what is said (score {one.score:.1f}): {one.text}"


def _sound_warnings(measures, usual: _Usual, limits: Limits) -> Iterator[tuple[str, float, str]]:
    clipped, level, noise = measures["clipped"], measures["level"], measures["noise"]
    if clipped > limits.clipped:
        yield "clipping", clipped, f"{clipped:.2%} of the samples are clipped"
    if not limits.quiet <= level <= limits.loud:
        yield (
            "level",
            level,
            f"the speech is {'too quiet' if level < limits.quiet else 'very loud'} ({level:.0f} dB of full scale)",
        )
    elif usual.level is not None and abs(level - usual.level) > limits.uneven:
        yield "level", level, f"the speech has {level:.0f} dB, where the speaker usually has {usual.level:.0f} dB"
    if level - noise < limits.noise:
        yield "noise", level - noise, f"the background is only {level - noise:.0f} dB below the speech"
    for end, seconds in (("beginning", measures["leading"]), ("end", measures["trailing"])):
        if seconds > limits.silence:
            yield "silence", seconds, f"{seconds:.1f} s of silence at the {end} (trimmed)"
        elif seconds < limits.cut:
            yield "silence", seconds, f"no silence at the {end}: speech may be cut off"
