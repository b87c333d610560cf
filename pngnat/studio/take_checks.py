"""Notes about a take: the checks of a corpus in gentle words. They never refuse a take."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from pngnat.audio import wav
from pngnat.data.align import SAMPLE_RATE, Aligner, Alignment
from pngnat.data.checks import Limits, Warned, check, measure
from pngnat.data.corpus import Recording
from pngnat.data.prepare import one_utterance
from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.utterance import Utterance

LIMITS = Limits()
# The warnings that a person sees, without rate and pauses: the studio is for people who speak slowly and pause often.
_REPORTED = ("clipping", "level", "noise", "silence", "word", "text", "long")
# dB of full scale: below this, a microphone records only its own noise, or is off.
_SILENT = -60.0
# dB of full scale of a room without speech: a quiet one, and one whose noise is audible behind speech.
_QUIET_ROOM, _LOUD_ROOM = -60.0, -45.0


@dataclass(frozen=True)
class Note:
    """A note about a take, for the person who recorded it."""

    kind: str
    """The kind, as in `checks.Warned`, or "silent" for a take without speech."""
    words: str
    """The note in words."""
    again: bool = True
    """Whether to suggest reading the sentence again; else the note is for information."""


@dataclass(frozen=True)
class TakeAnalysis:
    """The measures and notes of a take."""

    notes: tuple[Note, ...]
    """Notes for the person."""
    seconds: float
    """The length of the take in seconds."""
    speech: float
    """Seconds from the first phoneme of the text to the last; all seconds of a take that could not be aligned."""
    level: float
    """The level of the speech in dB of full scale."""
    noise: float
    """The level of the noise in dB of full scale."""


class TakeChecker:
    """A checker of takes, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @cached_property
    def _frontend(self) -> Frontend:
        return Frontend()

    @cached_property
    def _aligner(self) -> Aligner:
        return Aligner(self._frontend.pronouncer.variants)

    def analyze(self, samples: np.ndarray, sample_rate: int, text: str) -> TakeAnalysis:
        """Measure samples (S, channels) in [-1, 1] of a text. Raises PngnatError for a text without words."""
        with self._lock:
            return self._analyze(samples, sample_rate, text)

    def _analyze(self, samples: np.ndarray, sample_rate: int, text: str) -> TakeAnalysis:
        utterance = one_utterance(self._frontend.utterances(text))
        seconds = len(samples) / sample_rate
        measures = measure(samples, sample_rate, 0.0, 0.0)
        level, noise = measures["level"], measures["noise"]
        if level < _SILENT:
            silent = Note("silent", "Nothing can be heard in this one. Is the microphone plugged in and switched on?")
            return TakeAnalysis((silent,), seconds, 0.0, level, noise)
        mono = wav.resample(samples.mean(axis=1), sample_rate, SAMPLE_RATE)
        try:
            alignment = self._aligner.align(mono, utterance)
        except PngnatError:
            recording = _recording(
                utterance, None, {**measures, "leading": LIMITS.cut, "trailing": LIMITS.cut}, seconds
            )
            return TakeAnalysis((_NOTES["text"], *_notes(recording)), seconds, seconds, level, noise)
        silences = alignment.segments[0].duration, alignment.segments[-1].duration
        recording = _recording(alignment.utterance, alignment, measure(samples, sample_rate, *silences), seconds)
        return TakeAnalysis(_notes(recording), seconds, max(seconds - sum(silences), 0.0), level, noise)


def analyze_room(samples: np.ndarray, sample_rate: int) -> Note:
    """Return a note about the noise of a room without speech. samples: (S, channels) in [-1, 1]."""
    noise = float(10 * np.log10(np.square(samples, dtype=np.float64).mean() + 1e-10))
    if noise <= _QUIET_ROOM:
        return Note("quiet room", "Your room is quiet. That is just right.", again=False)
    if noise <= _LOUD_ROOM:
        words = "There is a little noise in your room. That is good enough; closed windows and no fan make it better."
        return Note("some noise", words, again=False)
    return Note(
        "noise",
        "There is noise in your room. Is a fan or a television on, or a window open? Please switch it off or close it "
        "if you can, and try again.",
    )


def _recording(
    utterance: Utterance, alignment: Alignment | None, measures: Mapping[str, float], seconds: float
) -> Recording:
    durations = alignment.durations if alignment else np.array([seconds])
    words = alignment.words if alignment else ()
    return Recording("take", "you", "", Path(), utterance, durations.astype(np.float32), (), words, measures)


def _notes(recording: Recording) -> tuple[Note, ...]:
    """Return the warnings about a take in words, each kind once, without those that another warning includes."""
    warned = [one for one in check([recording], LIMITS) if one.kind in _REPORTED]
    kinds = {one.kind for one in warned}
    notes: dict[str, Note] = {}
    for one in warned:
        is_included = (one.kind == "word" and "text" in kinds) or (one.kind == "level" and "clipping" in kinds)
        if one.kind in notes or is_included:
            continue
        note = _note(one, recording)
        if note is not None:
            notes[one.kind] = note
    return tuple(notes.values())


def _note(warned: Warned, recording: Recording) -> Note | None:
    if warned.kind == "silence":
        return _NOTES["cut off"] if warned.value < LIMITS.cut else None
    if warned.kind == "level":
        return _NOTES["too quiet" if warned.value < LIMITS.quiet else "loud"]
    if warned.kind == "word":
        word = min((one for one in recording.words if one.score is not None), key=lambda one: one.score or 0.0)
        return Note(
            "word",
            f"“{word.text}” sounds a little different from the written word. That is fine if this is how you say it.",
            False,
        )
    return _NOTES[warned.kind]


_NOTES = {
    "clipping": Note(
        "clipping",
        "This one is a little too loud: the loudest sounds are cut off. Lean back a bit, or turn the microphone down.",
    ),
    "too quiet": Note("level", "This one is very quiet. Come a little nearer to the microphone, or turn it up."),
    "loud": Note("level", "This one is quite loud. A little more distance to the microphone will help.", again=False),
    "noise": Note("noise", "There is noise behind your voice. Is a fan or a television on, or a window open?"),
    "cut off": Note(
        "silence", "The beginning or the end may be cut off. Leave a short moment of quiet before and after you read."
    ),
    "text": Note(
        "text",
        "This does not sound like the sentence on the screen. Listen to it; if you said something else, read it again.",
    ),
    "long": Note("long", "This one is long. Recordings of up to half a minute work best.", again=False),
}
