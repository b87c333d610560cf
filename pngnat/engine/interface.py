"""The interface of an engine: encode tokens, predict durations, generate a mel, and turn it into sound.

Arrays are NumPy's. B utterances, N tokens of the longest phoneme segment among them, T mel frames, M mel bins, S
samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pngnat.text.tokenizer import PngTokens


class Encoding(Protocol):
    """Utterances that an acoustic model has encoded, once, for any speaker."""

    def predict_durations(self, rows: Sequence[int]) -> np.ndarray:
        """Return seconds of each token, float32 (B, N), at least 0, and 0 past an utterance's end.

        rows: the speaker row of each of the B utterances."""
        ...

    def generate_mels(self, rows: Sequence[int], seconds: np.ndarray) -> np.ndarray:
        """Return the natural log-mels, float32 (B, M, T), of tokens that last `seconds` (B, N).

        T: frames of the longest utterance. An utterance has round(sum of its seconds * frame rate) frames; later ones
        have no meaning."""
        ...


class AcousticEngine(Protocol):
    """The acoustic model: tokens to mels."""

    def encode(self, utterances: Sequence[PngTokens]) -> Encoding:
        """Encode B utterances in one batch; each result equals the result of a batch of one, within rounding."""
        ...


@dataclass(frozen=True, eq=False)
class Pitch:
    """The pitch of an utterance."""

    f0: np.ndarray | None = None
    """(T,) Hz, 0 where unvoiced; None leaves it to the vocoder."""
    semitones: float | np.ndarray = 0.0
    """Semitones to raise the pitch by, a number or (T,)."""

    @property
    def is_requested(self) -> bool:
        """Return whether the pitch differs from the vocoder's own."""
        return self.f0 is not None or bool(np.any(np.asarray(self.semitones) != 0))


class VocoderEngine(Protocol):
    """The vocoder: a mel to sound, one utterance at a time."""

    def check_pitch(self, requested: bool) -> None:
        """Raise PngnatError where a pitch is requested and this vocoder takes none but the mel's."""
        ...

    def sound(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> np.ndarray:
        """Return the sound, float32 (T * hop,), of a mel (M, T).

        noise: see `pngnat.audio.noise`. It is drawn frame by frame, so that sentences can share it, one after another.
        """
        ...

    def blocks(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> Iterator[np.ndarray]:
        """Yield the sound in blocks (S_i,), each as soon as it is computed.

        Joined, they equal `sound` within 1e-4, and with 8-bit layers within the error of these."""
        ...
