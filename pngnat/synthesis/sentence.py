"""A sentence between text and sound: what is said when is settled, and the sound is made as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from pngnat.errors import PngnatError
from pngnat.models.vocoder.streaming import stream
from pngnat.synthesis.durations import Timeline
from pngnat.synthesis.pauses import fit_pauses
from pngnat.synthesis.speech import Speech
from pngnat.voice.voice import Voice


@dataclass(frozen=True, eq=False)
class Sentence:
    """said: the sentence's Speech, without samples. Its sound is made once, by `blocks` or by `speech`; sentences share a source of noise,
    and so the one before must have been made.

    mel: (1, M, T). f0: (1, T) in Hz, None to let the vocoder choose. semitones: how far to raise the pitch, a number or (1, T).
    """

    said: Speech
    voice: Voice
    mel: Tensor
    timeline: Timeline
    generator: torch.Generator
    f0: Tensor | None = None
    semitones: float | Tensor = 0.0

    def blocks(self) -> Iterator[np.ndarray]:
        """float32 (S_i,): the sound as it comes, the first half second long, the later ones longer; joined, `speech` within 1e-4."""
        return self._heard(stream)

    def speech(self, blocks: list[np.ndarray] | None = None) -> Speech:
        """The sentence with its sound: of these blocks, or, without them, made at once, which costs less."""
        samples = np.concatenate(list(self._heard(_at_once)) if blocks is None else blocks)
        return replace(self.said, samples=samples)

    @torch.inference_mode()
    def _heard(self, vocode: Callable[..., Iterator[Tensor]]) -> Iterator[np.ndarray]:
        pieces = vocode(self.voice.vocoder, self.mel, self.f0, self.generator, self.semitones)
        spoken = self._checked(piece[0].numpy() for piece in pieces)
        yield from fit_pauses(spoken, self.timeline, self.voice.sample_rate)

    def _checked(self, pieces: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
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
        raise PngnatError(f"the voice '{self.voice.name}' is damaged: what it makes is no sound of the length it should have")


def _at_once(vocoder: torch.nn.Module, *arguments) -> Iterator[Tensor]:
    yield vocoder(*arguments)
