"""What is measured of a recording as it was made, and what to look at in a corpus before training on it: warnings,
nothing is deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pngnat.data.corpus import Recording

# A converter that is driven too far gives several equal samples at the top.
_CLIPPED_RUN = 3
_FRAME = 0.02


def measure(samples: np.ndarray, sample_rate: int, leading: float, trailing: float) -> dict[str, float | int]:
    """Figures of one recording.

    samples: (S, channels) in [-1, 1]. leading, trailing: seconds of silence at the ends, from the alignment.
    Returns sample_rate (Hz), channels, seconds, peak and level and noise (dB of full scale; level is the loudness of
    the speech, the RMS of frames within 30 dB of the loudest, noise the level of the quietest tenth of frames), clipped
    (share of samples in runs of equal full-scale ones), leading and trailing (seconds)."""
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
    """Share of samples that stand in runs of at least three equal ones at the recording's own ceiling, if that is near
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
    """Where a warning begins."""

    clipped: float = 1e-4
    """Share of samples."""
    quiet: float = -40.0
    """Level of the speech, in dB of full scale."""
    loud: float = -9.0
    """Level of the speech, in dB of full scale."""
    uneven: float = 8.0
    """dB from the speaker's median level."""
    noise: float = 25.0
    """dB between the speech and the quietest parts."""
    silence: float = 1.5
    """Seconds of silence at an end of the original."""
    cut: float = 0.01
    """Seconds; an end with less silence may be cut off."""
    rate: float = 6.0
    """Distance of the speaking rate from the speaker's median, in median absolute deviations."""
    word: float = -6.0
    """Alignment score of a word (mean log likelihood a frame); a lower one may not be what was said."""
    text: float = -2.5
    """Alignment score of a recording."""
    long: float = 30.0
    """Seconds of a recording; longer ones align badly and take the memory of many."""


@dataclass(frozen=True)
class Warned:
    """One warning. kind: clipping, level, noise, silence, rate, word, text or long. value: what was measured, in the
    limit's unit."""

    id: str
    speaker: str
    kind: str
    value: float
    message: str


@dataclass(frozen=True)
class Figures:
    """What a recording is compared by."""

    id: str
    speaker: str
    seconds: float
    measures: Mapping[str, Any]
    """Of the original sound, see `measure`."""
    rate: float
    """Phonemes a second, see `speaking_rate`."""
    score: float | None
    """Of the alignment, see `text_score`."""
    text: str
    word_scores: Sequence[float] = ()
    badly: Sequence[tuple[str, float, float]] = ()
    """Words that fit badly: text, start in seconds, score."""

    @classmethod
    def of(cls, recording: Recording, limits: Limits) -> Figures:
        """Those of a recording."""
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
    """All warnings about a corpus, recording by recording. Those that compare need the speaker's other recordings to be
    there."""
    limits = limits or Limits()
    return warnings_of([Figures.of(recording, limits) for recording in recordings], limits)


def warnings_of(figures: Sequence[Figures], limits: Limits) -> list[Warned]:
    """As `check`, of what is known of all recordings."""
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
    """Phonemes a second of speech, pauses left out."""
    seconds = sum(word.duration for word in recording.words)
    return sum(len(word.phonemes) for word in recording.utterance.words) / seconds if seconds > 0 else 0.0


def text_score(recording: Recording) -> float | None:
    """The alignment score of the whole recording, None where no word has one."""
    scored = [(word.score, word.duration) for word in recording.words if word.score is not None]
    seconds = sum(duration for _, duration in scored)
    return sum(score * duration for score, duration in scored) / seconds if seconds > 0 else None


@dataclass(frozen=True)
class _Usual:
    """What is usual for a speaker. level: dB. rate, spread: median speaking rate and its median absolute deviation."""

    level: float | None
    rate: float
    spread: float

    @classmethod
    def of(cls, figures: Sequence[Figures]) -> _Usual:
        levels = [one.measures["level"] for one in figures if "level" in one.measures]
        rates = np.array([one.rate for one in figures])
        # A handful of nearly equal recordings must not make a small difference look huge.
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
