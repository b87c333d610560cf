"""What is said about a take: gentle words from the checks of a corpus. Nothing is refused, and nobody is told off."""

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
# Whoever is slow and stops often is who this is for: their rate and their pauses are no faults.
_SAID_OF = ("clipping", "level", "noise", "silence", "word", "text", "long")
# dB of full scale: below this a microphone gives nothing but its own noise, or is off.
_NOTHING = -60.0
# dB of full scale of a room in which nobody speaks: quiet, and loud enough to be heard behind the speech.
_QUIET_ROOM, _LOUD_ROOM = -60.0, -45.0


@dataclass(frozen=True)
class Note:
    """One thing to say about a take. kind: as `checks.Warned` has it, "silent" for no speech at all. words: what a
    person reads.

    again: whether reading it again is worth the effort; else it is only good to know.
    """

    kind: str
    words: str
    again: bool = True


@dataclass(frozen=True)
class Heard:
    """What was found in a take. speech: seconds from the first sound of the text to the last, all of the take where it
    could not be aligned. level, noise: dB of full scale."""

    notes: tuple[Note, ...]
    seconds: float
    speech: float
    level: float
    noise: float


class TakeChecker:
    """Listens to takes, one at a time, whoever asks. lexicon: pronunciations that win over the dictionary's, for
    names."""

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._lexicon = dict(lexicon or {})
        self._lock = threading.Lock()

    @cached_property
    def _frontend(self) -> Frontend:
        return Frontend(self._lexicon)

    @cached_property
    def _aligner(self) -> Aligner:
        return Aligner(self._frontend.pronouncer.variants)

    def hear(self, samples: np.ndarray, sample_rate: int, text: str) -> Heard:
        """samples: (S, channels) in [-1, 1]. text: what should be said in it. Raises PngnatError for a text without
        words."""
        with self._lock:
            return self._hear(samples, sample_rate, text)

    def _hear(self, samples: np.ndarray, sample_rate: int, text: str) -> Heard:
        utterance = one_utterance(self._frontend.utterances(text))
        seconds = len(samples) / sample_rate
        whole = measure(samples, sample_rate, 0.0, 0.0)
        if whole["level"] < _NOTHING:
            silent = Note("silent", "Nothing can be heard in this one. Is the microphone plugged in and switched on?")
            return Heard((silent,), seconds, 0.0, whole["level"], whole["noise"])
        mono = wav.resample(samples.mean(axis=1), sample_rate, SAMPLE_RATE)
        try:
            alignment = self._aligner.align(mono, utterance)
        except PngnatError:
            recording = _recording(utterance, None, {**whole, "leading": LIMITS.cut, "trailing": LIMITS.cut}, seconds)
            notes = (_NOTES["text"], *_notes(recording))
            return Heard(notes, seconds, seconds, whole["level"], whole["noise"])
        silences = alignment.segments[0].duration, alignment.segments[-1].duration
        recording = _recording(alignment.utterance, alignment, measure(samples, sample_rate, *silences), seconds)
        return Heard(_notes(recording), seconds, max(seconds - sum(silences), 0.0), whole["level"], whole["noise"])


def hear_room(samples: np.ndarray, sample_rate: int) -> Note:
    """What to say of a room in which nobody speaks for a moment. samples: (S, channels) in [-1, 1]."""
    noise = float(10 * np.log10(np.square(samples, dtype=np.float64).mean() + 1e-10))
    if noise <= _QUIET_ROOM:
        return Note("quiet room", "Your room is quiet. That is just right.", again=False)
    if noise <= _LOUD_ROOM:
        words = "There is a little noise in your room. It will do; it gets better with windows closed and fans off."
        return Note("some noise", words, again=False)
    words = "There is noise in your room: perhaps a fan, a window, a television? Switch it off if you can, and try once more."
    return Note("noise", words)


def _recording(
    utterance: Utterance, alignment: Alignment | None, measures: Mapping[str, float], seconds: float
) -> Recording:
    durations = alignment.durations if alignment else np.array([seconds])
    words = alignment.words if alignment else ()
    return Recording("take", "you", "", Path(), utterance, durations.astype(np.float32), (), words, measures)


def _notes(recording: Recording) -> tuple[Note, ...]:
    """The warnings about a take in words for its speaker, each kind once, and nothing that another one says already."""
    warned = [one for one in check([recording], LIMITS) if one.kind in _SAID_OF]
    kinds = {one.kind for one in warned}
    notes: dict[str, Note] = {}
    for one in warned:
        if (one.kind == "word" and ("text" in kinds or "word" in notes)) or (
            one.kind == "level" and "clipping" in kinds
        ):
            continue
        note = _note(one, recording)
        if note is not None:
            notes.setdefault(one.kind, note)
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
            f"“{word.text}” sounds a little different from what is written. That is fine if it is your way to say it.",
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
    "noise": Note("noise", "There is noise behind your voice. Is a fan, a window or a television on?"),
    "cut off": Note(
        "silence", "The beginning or the end may be cut off. Leave a short moment of quiet before and after you read."
    ),
    "text": Note(
        "text",
        "This does not sound like the sentence on the screen. Listen to it; if you said something else, read it again.",
    ),
    "long": Note("long", "This one is long. Parts of up to half a minute work best.", again=False),
}
