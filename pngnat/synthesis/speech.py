"""The result of synthesis: sound, and what was said when."""

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
    """Sound in memory, and what was said when.

    samples: float32 (S,), mono, nominally in [-1, 1]. sample_rate: Hz. normalized_text: what is spoken, written out.
    words, phonemes: in time; the phonemes' spans follow each other without gaps and cover the whole sound.
    skipped: descriptions of what the text held that cannot be spoken. voice, speaker: names.
    marks: the places that the text names with `[mark:NAME]`, in time.
    """

    samples: np.ndarray
    sample_rate: int
    normalized_text: str
    words: list[TimedWord]
    phonemes: list[TimedPhoneme]
    skipped: list[str] = field(default_factory=list)
    voice: str = ""
    speaker: str = ""
    marks: list[TimedMark] = field(default_factory=list)

    @classmethod
    def join(cls, parts: Iterable[Speech]) -> Speech:
        """The parts, one after the other, with their times moved. Raises PngnatError where there are none."""
        parts = list(parts)
        if not parts:
            raise PngnatError("there is no speech to join")
        timings = Timings()
        for part in parts:
            timings.add(part.timings)
        return replace(
            parts[0],
            samples=np.concatenate([part.samples for part in parts]),
            normalized_text=" ".join(timings.text),
            words=timings.words,
            phonemes=timings.phonemes,
            skipped=timings.skipped,
            marks=timings.marks,
        )

    @property
    def duration(self) -> float:
        """Seconds of sound."""
        return len(self.samples) / self.sample_rate

    @property
    def durations(self) -> np.ndarray:
        """Seconds of each token in `phonemes`, float64 (N,): edit them and hand them back as `durations=`."""
        return np.array([phoneme.duration for phoneme in self.phonemes])

    @property
    def timings(self) -> Timings:
        """The times of words and phonemes, apart from the sound."""
        words, phonemes, marks = list(self.words), list(self.phonemes), list(self.marks)
        return Timings(
            words, phonemes, [self.normalized_text], list(self.skipped), self.voice, self.speaker, self.duration, marks
        )

    @property
    def tags(self) -> dict[str, str]:
        """The metadata that a sound file of this speech carries: that it is synthetic, and whose voice it is."""
        return sound_tags(self.voice, self.speaker)

    def save(self, path: str | os.PathLike) -> None:
        """Write a sound file in the format that the ending names (.wav, .flac, .ogg, .mp3, .opus); it appears whole or
        not at all.

        Raises PngnatError for another ending, a sample rate that the format does not know, or a place that cannot be
        written."""
        from pngnat.audio.sound_writer import sound_writer

        with sound_writer(path, self.sample_rate, self.tags) as append:
            append(self.samples)

    def save_timings(self, path: str | os.PathLike) -> None:
        """Write the times of words and phonemes in the format that the ending names (.json, .srt, .TextGrid).

        Raises PngnatError for another ending or a place that cannot be written.
        """
        self.timings.write(path)

    def plot(self) -> Figure:
        """A picture of the waveform, the mel spectrogram, and the words and sounds in time; a notebook shows it by
        itself.

        Raises PngnatError where matplotlib is not installed.
        """
        from pngnat.synthesis.picture import draw_speech

        return draw_speech(self.samples, self.sample_rate, self.timings)

    def _repr_html_(self) -> str:
        """A player with the spoken text, for notebooks."""
        import soundfile

        file = io.BytesIO()
        soundfile.write(file, np.clip(self.samples, -1, 1), self.sample_rate, format="WAV", subtype="PCM_16")
        sound = base64.b64encode(file.getvalue()).decode("ascii")
        return f'<audio controls src="data:audio/wav;base64,{sound}"></audio><p>{html.escape(self.normalized_text)}</p>'

    def __repr__(self) -> str:
        text = self.normalized_text if len(self.normalized_text) <= 60 else self.normalized_text[:59] + "…"
        return f"<Speech {self.duration:.2f} s, voice {self.voice!r}, speaker {self.speaker!r}: {text!r}>"


def sound_tags(voice: str, speaker: str) -> dict[str, str]:
    """Metadata that says of a sound file that it is synthetic and which voice it is in."""
    return {
        "software": f"pngnat {__version__}",
        "comment": f"Synthetic speech by pngnat {__version__}; voice: {voice}; speaker: {speaker}",
    }
