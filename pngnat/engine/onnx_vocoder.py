"""`pngnat.models.vocoder` with its networks in ONNX Runtime, and the rest in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.audio.noise import draw_noise
from pngnat.audio.pieces import pieces
from pngnat.engine.correction import CorrectedStream, MelCorrection
from pngnat.engine.excitation import excite, new_starts, pulse_train
from pngnat.engine.fourier import FramedStft, OverlapAdd
from pngnat.engine.graph import Graph
from pngnat.engine.interface import Pitch

# As in pngnat.models.vocoder.vocoder: a test holds the two together.
SAME_PITCH = 1 / 48


@dataclass(frozen=True)
class VocoderSettings:
    """What the card's VocoderConfig says beside the networks' sizes. reach: frames on either side that a frame of
    filters depends on."""

    corrections: int
    shared_noise: bool
    reach: int

    @classmethod
    def of(cls, values: dict[str, Any]) -> VocoderSettings:
        """Of a card's settings. Raises KeyError or TypeError where they are none."""
        reach = (values["blocks"] + 1) * (values["kernel"] // 2)
        return cls(int(values.get("corrections", 0)), bool(values.get("shared_noise", False)), reach)


@dataclass(frozen=True)
class _Source:
    """What is made for all of a mel at once. f0, voicing, natural: (T,); pulses: padded samples."""

    f0: np.ndarray
    voicing: np.ndarray
    natural: np.ndarray
    pulses: np.ndarray


class OnnxVocoder:
    """See `interface.VocoderEngine`."""

    def __init__(self, audio: AudioConfig, settings: VocoderSettings, pitch: Graph, filters: Graph) -> None:
        self.audio, self.settings, self._pitch, self._filters = audio, settings, pitch, filters
        self.stft = FramedStft(audio.window_length, audio.hop_length)
        self.correction = MelCorrection(audio, self.stft)

    def check_pitch(self, asked: bool) -> None:
        """See `interface.VocoderEngine.check_pitch`: any pitch can be spoken."""

    def sound(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> np.ndarray:
        """See `interface.VocoderEngine.sound`."""
        return np.concatenate(list(self._made(mel, pitch, noise, iter([(0, mel.shape[1])]))))

    def blocks(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> Iterator[np.ndarray]:
        """See `interface.VocoderEngine.blocks`."""
        return self._made(mel, pitch, noise, pieces(mel.shape[1]))

    def _made(
        self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator, parts: Iterator[tuple[int, int]]
    ) -> Iterator[np.ndarray]:
        """Spectra made piece by piece, whose inverse transforms are added where they overlap, and corrected piece by
        piece.

        Pitch and pulses are made for all of the mel at once: they are a small part of the work, and their phase runs
        through."""
        frames, source = mel.shape[1], self._source(mel, pitch)
        by_frame, joined = np.ascontiguousarray(mel.T), OverlapAdd(self.stft)
        corrections = [CorrectedStream(self.correction) for _ in range(self.settings.corrections)]
        for start, end in parts:
            spectrum, trust = self._spectrum(mel, source, (start, end), noise)
            last = end == frames
            samples = joined.add(spectrum, last)
            for correction in corrections:
                samples = correction.add(samples, by_frame[start:end], trust, last)
            if len(samples):
                yield samples

    def _source(self, mel: np.ndarray, asked: Pitch) -> _Source:
        """Vocoder.choose_f0, and the pulses of what it chooses."""
        shape = (1, mel.shape[1])
        own, heard = (values[0] for values in self._pitch.run([shape, shape], mel=mel[None]))
        f0, voicing = (
            (own, heard)
            if asked.f0 is None
            else (np.where(asked.f0 > 0, asked.f0, own), (asked.f0 > 0).astype(np.float32))
        )
        f0 = (f0 * np.exp2(np.asarray(asked.semitones, dtype=np.float32) / np.float32(12))).astype(np.float32)
        same = (np.abs(np.log2(f0 / own)) < SAME_PITCH) & ((voicing > 0.5) == (heard > 0.5))
        natural = same | ((voicing < 0.5) & (heard < 0.5))
        starts = new_starts(voicing < 0.5, 2 * (self.stft.size // (2 * self.stft.hop)))
        pulses = pulse_train(f0, self.audio.hop_length, self.audio.sample_rate, starts)
        return _Source(f0, voicing, natural, self.stft.padded(pulses))

    def _spectrum(
        self, mel: np.ndarray, source: _Source, place: tuple[int, int], noise: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """The spectrum (T', K) of the frames from `start` to before `end`, and how far it is to be corrected (T',
        M)."""
        start, end = place
        left, right = max(0, start - self.settings.reach), min(mel.shape[1], end + self.settings.reach)
        seen = {
            "mel": mel[None, :, left:right],
            "f0": source.f0[None, left:right],
            "voicing": source.voicing[None, left:right],
        }
        inside = slice(start - left, end - left)
        bins, bands = (1, right - left, self.stft.frequencies), (1, right - left, self.audio.n_mels)
        shapes = [bins, bins, bins, *([bands] if self.settings.corrections else [])]
        real, imaginary, breath, *trust = (values[0, inside] for values in self._filters.run(shapes, **seen))
        filters = np.empty(real.shape, dtype=np.complex64)
        filters.real, filters.imag = real, imaginary
        stft, kinds = self.stft, 1 if self.settings.shared_noise else 2
        drawn = draw_noise(noise, end - start, kinds, stft.frequencies)
        pulses = stft.of_padded(source.pulses[start * stft.hop : end * stft.hop + 2 * stft.pad])
        filters *= excite(pulses, source.voicing[start:end], drawn[:, 0], stft.size / stft.hop)
        filters += breath * drawn[:, -1]
        return filters, trust[0] * source.natural[start:end, None] if trust else np.zeros(
            (end - start, 0), dtype=np.float32
        )
