"""The options of synthesis, checked before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, TypedDict

import numpy as np

from pngnat.errors import PngnatError
from pngnat.synthesis.controls import Durations
from pngnat.synthesis.durations import LONGEST_PAUSE
from pngnat.text.markup import FASTEST, LARGEST_PITCH, SLOWEST
from pngnat.untrusted import shown
from pngnat.voice.card import Blend


@dataclass(frozen=True)
class SpeechOptions:
    """The options of synthesis. Raises PngnatError for a value of a wrong type, and for a number out of range."""

    speaker: str | None = None
    """The speaker's name; None is the voice's default speaker."""
    pace: float = 1.0
    """The factor that divides durations: 1 as trained, 2 twice as fast."""
    word_pace: Mapping[int, float] = field(default_factory=dict)
    """The pace of single words, by their place in `Speech.words`."""
    pitch: float = 0.0
    """Semitones to raise the voice by; negative ones lower it."""
    f0: Sequence[float] | np.ndarray | None = None
    """A pitch contour in Hz, 0 where unvoiced, one value for each 12.5 ms (the voice's hop) of the audible speech; None
    leaves the pitch to the vocoder. It is given together with `durations`, which determine the length of the speech."""
    durations: Durations | None = None
    """Seconds of each token as in `Speech.durations`, `WordDurations`, or a timings file (.json, .TextGrid) of phonemes
    or, where it has none, of words. They replace predictions, blending, and the text's `[pause:...]` and `[pace:...]`;
    `pace` and `word_pace` still apply."""
    blend: Blend | None = None
    """The professional whose rhythm is borrowed; None is the blend that the voice has for its default speaker."""
    seed: int = 0
    """The seed of the noise; the same seed gives the same sound."""
    pause: float | None = None
    """Seconds of silence added between sentences; None is the voice's."""
    paragraph_pause: float | None = None
    """Seconds of silence added between paragraphs; None is the voice's."""
    max_pause: float = 1200.0
    """Seconds of silence at most that all `[pause:...]` of the text may request together. Twelve letters can request
    half a minute, so a server of untrusted texts needs a small limit."""
    lexicon: Mapping[str, tuple[str, ...]] | str | os.PathLike | None = None
    """Pronunciations by word, or a file of them; they override the voice's lexicon and the dictionary."""
    ssml: bool | None = None
    """Whether the text is SSML; None decides by its beginning, <speak>."""
    watermark: bool = False
    """Whether the sound carries an inaudible watermark that `find_watermark` (`pngnat watermark`) finds; this needs the
    extra `watermark`."""

    def __post_init__(self) -> None:
        self._check_types()
        for pace in (self.pace, *self.word_pace.values()):
            if not SLOWEST <= _number("the pace", pace) <= FASTEST:
                raise PngnatError(
                    f"the pace must lie between {SLOWEST:g} (slow) and {FASTEST:g} (fast), and is {pace:g}"
                )
        if not -LARGEST_PITCH <= _number("the pitch", self.pitch) <= LARGEST_PITCH:
            raise PngnatError(
                f"the pitch must lie between {-LARGEST_PITCH:g} and {LARGEST_PITCH:g} semitones, and is {self.pitch:g}"
            )
        for pause in (self.pause, self.paragraph_pause):
            if pause is not None and not 0 <= _number("a pause", pause) <= LONGEST_PAUSE:
                raise PngnatError(f"a pause must last from 0 to {LONGEST_PAUSE:g} seconds, and is {pause:g}")
        if not _number("max_pause", self.max_pause) >= 0:
            raise PngnatError(f"max_pause must be 0 seconds or more, and is {self.max_pause:g}")
        if not 0 <= self.seed < 2**63:
            raise PngnatError(f"the seed must be a whole number from 0 to 2^63 - 1, and is {shown(self.seed)}")

    def _check_types(self) -> None:
        _check("speaker", self.speaker, str | None, "a name")
        _check("word_pace", self.word_pace, Mapping, "a table of paces by the number of a word")
        for word in self.word_pace:
            _check("word_pace", word, Integral, "a table of paces by the number of a word")
        if self.ssml not in (True, False, None):
            raise PngnatError(f"ssml must be True, False or None, and is {shown(self.ssml)}")
        if self.watermark not in (True, False):
            raise PngnatError(f"watermark must be True or False, and is {shown(self.watermark)}")
        _check("seed", self.seed, Integral, "a whole number")
        _check("blend", self.blend, Blend | None, "a Blend")
        _check("lexicon", self.lexicon, Mapping | str | os.PathLike | None, "a table of pronunciations, or a file")


class SpeechKeywords(TypedDict, total=False):
    """The fields of SpeechOptions as keyword arguments, for editors and type checkers; a test compares the two."""

    speaker: str | None
    pace: float
    word_pace: Mapping[int, float]
    pitch: float
    f0: Sequence[float] | np.ndarray | None
    durations: Durations | None
    blend: Blend | None
    seed: int
    pause: float | None
    paragraph_pause: float | None
    max_pause: float
    lexicon: Mapping[str, tuple[str, ...]] | str | os.PathLike | None
    ssml: bool | None
    watermark: bool


def _check(name: str, value: Any, kind: Any, meant: str) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise PngnatError(f"{name} must be {meant}, and is {shown(value)}")


def _number(name: str, value: Any) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise PngnatError(f"{name} must be a number, and is {shown(value)}")
    return float(value)
