"""A sentence between text and sound: what is said when is settled, and the sound is made as it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from pngnat.audio.watermark import watermarked
from pngnat.engine.interface import Pitch
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.synthesis.durations import Timeline
from pngnat.synthesis.pauses import fit_pauses
from pngnat.synthesis.reading import ReadUtterance
from pngnat.synthesis.speech import Speech


@dataclass(frozen=True, eq=False)
class Sentence:
    """said: the sentence's Speech, without samples. Its sound is made once, by `blocks` or by `speech`; sentences share
    a source of noise, and so the one before must have been made.

    reading: makes the mel. row: the speaker's. pitch: how high to speak it. noise: see `pngnat.audio.noise`. watermark:
    whether the sound carries one."""

    said: Speech
    voice: Voice
    reading: ReadUtterance
    row: int
    timeline: Timeline
    noise: np.random.Generator
    pitch: Pitch = field(default_factory=Pitch)
    watermark: bool = False

    def mel(self) -> np.ndarray:
        """The natural log-mel, (M, T)."""
        return self.reading.mel(self.voice.acoustic, self.row)

    def blocks(self) -> Iterator[np.ndarray]:
        """float32 (S_i,): the sound as it comes, the first half second long, the later ones longer; joined, `speech`
        within 1e-4."""
        return self._heard(self.voice.vocoder.blocks(self.mel(), self.pitch, self.noise))

    def speech(self, blocks: list[np.ndarray] | None = None) -> Speech:
        """The sentence with its sound: of these blocks, or, without them, made at once, which costs less."""
        if blocks is None:
            blocks = list(self._heard([self.voice.vocoder.sound(self.mel(), self.pitch, self.noise)]))
        return replace(self.said, samples=np.concatenate(blocks))

    def _heard(self, spoken: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        heard = fit_pauses(self._checked(spoken), self.timeline, self.voice.sample_rate)
        return watermarked(heard, self.voice.sample_rate) if self.watermark else heard

    def _checked(self, pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        missing = int(self.timeline.borders[-1])
        for samples in pieces:
            missing -= len(samples)
            if not np.isfinite(samples).all():
                break
            # A card can ask for any number: what leaves is a sound.
            yield np.clip(samples, -1, 1)
        else:
            if missing == 0:
                return
        raise PngnatError(
            f"the voice '{self.voice.name}' is damaged: what it makes is no sound of the length it should have"
        )
