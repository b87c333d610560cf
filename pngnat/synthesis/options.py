"""How to speak, checked before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, TypedDict

import numpy as np

from pngnat.errors import PngnatError
from pngnat.synthesis.durations import LONGEST_PAUSE, Durations
from pngnat.text.markup import FASTEST, LARGEST_PITCH, SLOWEST
from pngnat.untrusted import shown
from pngnat.voice.card import Blend


@dataclass(frozen=True)
class SpeechOptions:
    """How to speak.

    speaker: a speaker's name; None means the voice's default one.
    pace: 1 as trained, 2 twice as fast; divides durations. word_pace: the same for single words, by their place in
    `Speech.words`.
    pitch: semitones to raise the voice by, or lower it where negative.
    f0: the pitch contour in Hz, 0 where there is no voice, one value for each 12.5 ms (the voice's hop) of the speech
    as it is heard;
        None leaves it to the vocoder. It goes with `durations`, which say how long the speech is.
    durations: seconds of each token as `Speech.durations` has them, or a timings file (.json, .TextGrid), edited or
    not; of phonemes,
        or of words where the file has no phonemes. They stand for everything: predictions, blending, and the text's
        `[pause:...]` and `[pace:...]` (not for pace and word_pace).
    blend: whose rhythm to borrow; None means what the voice says about its default speaker.
    seed: the same seed gives the same sound.
    pause, paragraph_pause: seconds of silence added between sentences and between paragraphs; None means the voice's.
    max_pause: seconds of silence that all the `[pause:...]` of the text may ask for together. Twelve letters ask for
    half a minute, so
        that a server of texts from strangers wants little.
    lexicon: pronunciations by word, or a file of them, which win over the voice's own and over the dictionary.
    ssml: whether the text is SSML; None means that it is where it begins with <speak>.
    watermark: whether the sound carries the mark that `find_watermark` (`pngnat watermark`) finds, and nobody hears;
    needs the extra
        `watermark`.
    Raises PngnatError for a value of another type, and for a number that is out of range.
    """

    speaker: str | None = None
    pace: float = 1.0
    word_pace: Mapping[int, float] = field(default_factory=dict)
    pitch: float = 0.0
    f0: Sequence[float] | np.ndarray | None = None
    durations: Durations | None = None
    blend: Blend | None = None
    seed: int = 0
    pause: float | None = None
    paragraph_pause: float | None = None
    max_pause: float = 1200.0
    lexicon: Mapping[str, tuple[str, ...]] | str | os.PathLike | None = None
    ssml: bool | None = None
    watermark: bool = False

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
    """The fields of SpeechOptions as keyword arguments, for editors and type checkers; a test holds the two
    together."""

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
