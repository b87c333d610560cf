"""A sentence between text and sound: its timings and mel are computed, and its sound on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pngnat.audio.noise import noise_source
from pngnat.audio.watermark import watermarked
from pngnat.engine.interface import Pitch
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.synthesis.durations import Timeline
from pngnat.synthesis.pauses import fit_pauses
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.timings import Timings


class SentenceNoise:
    """The noise of a text, which its sentences draw one after another."""

    def __init__(self, seed: int) -> None:
        self._source = noise_source(seed)
        self._drawn = -1

    def take(self, number: int) -> np.random.Generator:
        """Return the source for sentence `number`, counted from 0.

        Raises RuntimeError for a sentence that has drawn its noise, and for one before it."""
        if number <= self._drawn:
            raise RuntimeError("the sound of a sentence is made once, and after the sound of the sentences before it")
        self._drawn = number
        return self._source


@dataclass(frozen=True, eq=False)
class Sentence:
    """A sentence without its sound. The sound is made once, by `blocks` or by `speech`, in the order of the text."""

    voice: Voice
    timings: Timings
    """The times of words, phonemes and marks."""
    timeline: Timeline
    mel: np.ndarray
    """The natural log-mel, (M, T)."""
    pitch: Pitch
    number: int
    """The place of the sentence in the text, counted from 0."""
    noise: SentenceNoise
    """The noise that all sentences of the text draw from."""
    watermark: bool = False
    """Whether the sound carries a watermark."""

    def blocks(self) -> Iterator[np.ndarray]:
        """Return the sound in blocks, float32 (S_i,), the first half a second long, later ones longer.

        Joined, they equal the samples of `speech` within 1e-4."""
        noise = self.noise.take(self.number)
        return self._finished(self.voice.vocoder.blocks(self.mel, self.pitch, noise))

    def speech(self) -> Speech:
        """Return the sentence with its sound, which costs less than in blocks."""
        noise = self.noise.take(self.number)
        return self.join(self._finished([self.voice.vocoder.sound(self.mel, self.pitch, noise)]))

    def join(self, blocks: Iterable[np.ndarray]) -> Speech:
        """Return the sentence with the sound of its `blocks`."""
        return Speech.of(self.timings, np.concatenate(list(blocks)), self.voice.sample_rate)

    def _finished(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Return the vocoder's sound with exact pauses, and the watermark."""
        fitted = fit_pauses(self._checked(blocks), self.timeline, self.voice.sample_rate)
        return watermarked(fitted, self.voice.sample_rate) if self.watermark else fitted

    def _checked(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        missing = int(self.timeline.borders[-1])
        for samples in blocks:
            missing -= len(samples)
            if not np.isfinite(samples).all():
                break
            # An untrusted voice can have any gain.
            yield np.clip(samples, -1, 1)
        else:
            if missing == 0:
                return
        raise PngnatError(
            f"the voice '{self.voice.name}' is damaged: what it makes is no sound of the length it should have"
        )
