"""What synthesis asks of an engine: to read tokens, to predict durations, to make a mel, and to make sound of it.

Arrays are NumPy's. B utterances, N tokens of the longest phoneme segment among them, T mel frames, M mel bins, S
samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pngnat.text.tokenizer import PngTokens


class Reading(Protocol):
    """Utterances that a model's encoder has read, once, whoever is to speak them."""

    def durations(self, rows: Sequence[int]) -> np.ndarray:
        """Predicted seconds of each token, float32 (B, N), 0 or more, and 0 past an utterance's end. rows: B speakers'
        rows."""
        ...

    def mel(self, rows: Sequence[int], seconds: np.ndarray) -> np.ndarray:
        """The natural log-mel, float32 (B, M, T), of tokens that last `seconds` (B, N), 0 past an utterance's end.

        T: frames of the longest utterance; what lies past the end of a shorter one, which is round(sum of its seconds *
        frame rate), is without meaning."""
        ...


class AcousticEngine(Protocol):
    """Text to mel."""

    def read(self, utterances: Sequence[PngTokens]) -> Reading:
        """Read B utterances together; each comes out as it would alone, within rounding."""
        ...


@dataclass(frozen=True, eq=False)
class Pitch:
    """How high to speak. f0: (T,) Hz, 0 where there is no voice; None leaves it to the vocoder. semitones: how far to
    raise it, a number or (T,)."""

    f0: np.ndarray | None = None
    semitones: float | np.ndarray = 0.0

    @property
    def is_requested(self) -> bool:
        """Whether it is another than the vocoder would choose."""
        return self.f0 is not None or bool(np.any(np.asarray(self.semitones) != 0))


class VocoderEngine(Protocol):
    """Mel to sound, one utterance at a time."""

    def check_pitch(self, asked: bool) -> None:
        """Raise PngnatError where a pitch is asked for and this vocoder can only sing what the mel says."""
        ...

    def sound(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> np.ndarray:
        """The sound, float32 (T * hop,), of a mel (M, T).

        noise: see `pngnat.audio.noise`; it is drawn frame by frame, so that sentences which share it follow each other.
        """
        ...

    def blocks(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> Iterator[np.ndarray]:
        """The same in blocks (S_i,), each as soon as it is made; joined, `sound` within 1e-4, or what 8 bits leave."""
        ...
