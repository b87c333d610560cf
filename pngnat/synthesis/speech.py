"""The result of synthesis: sound with the times of its words and phonemes."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from pngnat.errors import PngnatError
from pngnat.synthesis.timings import TimedMark, TimedPhoneme, TimedWord, Timings
from pngnat.version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Speech:
    """Sound in memory, with the times of its words and phonemes."""

    samples: np.ndarray
    """float32 (S,), mono, nominally in [-1, 1]."""
    sample_rate: int
    """Hz."""
    normalized_text: str
    """The spoken text: numbers, abbreviations and symbols are written as words."""
    words: list[TimedWord]
    """The spoken words in the order of time."""
    phonemes: list[TimedPhoneme]
    """The phonemes and silences; they follow each other without gaps and cover all of the sound."""
    skipped: list[str] = field(default_factory=list)
    """Descriptions of the characters and tags of the text that cannot be spoken."""
    voice: str = ""
    """The voice's name."""
    speaker: str = ""
    """The speaker's name."""
    marks: list[TimedMark] = field(default_factory=list)
    """The places that the text names with `[mark:NAME]`."""

    @classmethod
    def of(cls, timings: Timings, samples: np.ndarray, sample_rate: int) -> Speech:
        """Return the sound (S,) of a text with its timings."""
        return cls(
            samples,
            sample_rate,
            " ".join(timings.text),
            timings.words,
            timings.phonemes,
            timings.skipped,
            timings.voice,
            timings.speaker,
            timings.marks,
        )

    @classmethod
    def join(cls, parts: Iterable[Speech]) -> Speech:
        """Return the parts one after another, with their times moved. Raises PngnatError where there are none."""
        parts = list(parts)
        if not parts:
            raise PngnatError("there is no speech to join")
        timings = Timings()
        for part in parts:
            timings.add(part.timings)
        joined = cls.of(timings, np.concatenate([part.samples for part in parts]), parts[0].sample_rate)
        return replace(joined, voice=parts[0].voice, speaker=parts[0].speaker)

    @property
    def duration(self) -> float:
        """Return the seconds of sound."""
        return len(self.samples) / self.sample_rate

    @property
    def durations(self) -> np.ndarray:
        """Return the seconds of each token in `phonemes`, float64 (N,), to be edited and given back as `durations=`."""
        return np.array([phoneme.duration for phoneme in self.phonemes])

    @property
    def timings(self) -> Timings:
        """Return the times of words, phonemes and marks without the sound."""
        words, phonemes, marks = list(self.words), list(self.phonemes), list(self.marks)
        return Timings(
            words, phonemes, [self.normalized_text], list(self.skipped), self.voice, self.speaker, self.duration, marks
        )

    @property
    def tags(self) -> dict[str, str]:
        """Return the metadata for a sound file: that it is synthetic, and in which voice."""
        return sound_tags(self.voice, self.speaker)

    def save(self, path: str | os.PathLike) -> None:
        """Write a sound file in the format of the path's ending (.wav, .flac, .ogg, .mp3, .opus), atomically.

        Raises PngnatError for another ending, a sample rate that the format does not support, or a path that cannot be
        written."""
        from pngnat.audio.sound_writer import sound_writer

        with sound_writer(path, self.sample_rate, self.tags) as append:
            append(self.samples)

    def save_timings(self, path: str | os.PathLike) -> None:
        """Write the times of words and phonemes in the format of the path's ending (.json, .srt, .TextGrid).

        Raises PngnatError for another ending or a path that cannot be written.
        """
        self.timings.write(path)

    def plot(self) -> Figure:
        """Return a figure of the waveform, the mel spectrogram, the words and the phonemes; notebooks display it.

        Raises PngnatError where matplotlib is not installed.
        """
        from pngnat.synthesis.picture import draw_speech

        return draw_speech(self.samples, self.sample_rate, self.timings)

    def _repr_html_(self) -> str:
        """Return a player with the spoken text, for notebooks."""
        import soundfile

        file = io.BytesIO()
        soundfile.write(file, np.clip(self.samples, -1, 1), self.sample_rate, format="WAV", subtype="PCM_16")
        sound = base64.b64encode(file.getvalue()).decode("ascii")
        return f'<audio controls src="data:audio/wav;base64,{sound}"></audio><p>{html.escape(self.normalized_text)}</p>'

    def __repr__(self) -> str:
        text = self.normalized_text if len(self.normalized_text) <= 60 else self.normalized_text[:59] + "…"
        return f"<Speech {self.duration:.2f} s, voice {self.voice!r}, speaker {self.speaker!r}: {text!r}>"


def sound_tags(voice: str, speaker: str) -> dict[str, str]:
    """Return the metadata for a sound file: that it is synthetic, and in which voice."""
    return {
        "software": f"pngnat {__version__}",
        "comment": f"Synthetic speech by pngnat {__version__}; voice: {voice}; speaker: {speaker}",
    }
