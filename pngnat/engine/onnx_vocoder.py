"""`pngnat.models.vocoder` with its networks in ONNX Runtime, and the rest in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.audio.noise import draw_noise
from pngnat.audio.pieces import pieces
from pngnat.engine.graph import Graph
from pngnat.engine.interface import Pitch
from pngnat.engine.signal import (
    CorrectedStream,
    FramedStft,
    MelCorrection,
    OverlapAdd,
    excite,
    new_starts,
    pulse_train,
)

# The same values as in pngnat.models.vocoder.vocoder; a test compares them.
SAME_PITCH = 1 / 48


@dataclass(frozen=True)
class VocoderSettings:
    """The settings of a card's VocoderConfig that the graphs do not contain."""

    corrections: int
    shared_noise: bool
    reach: int
    """Frames on either side that a frame of the filters depends on."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> VocoderSettings:
        """Return the settings of a card. Raises KeyError, TypeError or ValueError where a value is missing or wrong."""
        reach = (values["blocks"] + 1) * (values["kernel"] // 2)
        return cls(int(values["corrections"]), bool(values["shared_noise"]), reach)


@dataclass(frozen=True)
class _Source:
    """The parts of an excitation that are computed for a complete mel at once."""

    f0: np.ndarray
    """(T,) Hz, above 0."""
    voicing: np.ndarray
    """(T,), in [0, 1]."""
    keeps_mel_pitch: np.ndarray
    """(T,), whether f0 and voicing are the mel's own."""
    pulses: np.ndarray
    """Padded samples."""


class OnnxVocoder:
    """See `interface.VocoderEngine`."""

    def __init__(self, audio: AudioConfig, settings: VocoderSettings, pitch: Graph, filters: Graph) -> None:
        self.audio, self.settings, self._pitch, self._filters = audio, settings, pitch, filters
        self.stft = FramedStft(audio.window_length, audio.hop_length)
        self.correction = MelCorrection(audio, self.stft)

    def check_pitch(self, requested: bool) -> None:
        """See `interface.VocoderEngine.check_pitch`: this vocoder takes any pitch."""

    def sound(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> np.ndarray:
        """See `interface.VocoderEngine.sound`."""
        return np.concatenate(list(self._pieces(mel, pitch, noise, iter([(0, mel.shape[1])]))))

    def blocks(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> Iterator[np.ndarray]:
        """See `interface.VocoderEngine.blocks`."""
        return self._pieces(mel, pitch, noise, pieces(mel.shape[1]))

    def _pieces(
        self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator, parts: Iterator[tuple[int, int]]
    ) -> Iterator[np.ndarray]:
        """Yield the sound of spectra that are computed, overlapped, added and corrected piece by piece.

        Pitch and pulses are computed for the complete mel: they are a small part of the work, and their phase is
        continuous.
        """
        frames, source = mel.shape[1], self._source(mel, pitch)
        by_frame, joined = np.ascontiguousarray(mel.T), OverlapAdd(self.stft)
        corrections = [CorrectedStream(self.correction) for _ in range(self.settings.corrections)]
        for start, end in parts:
            spectrum, gate = self._spectrum(mel, source, (start, end), noise)
            last = end == frames
            samples = joined.add(spectrum, last)
            for correction in corrections:
                samples = correction.add(samples, by_frame[start:end], gate, last)
            if len(samples):
                yield samples

    def _source(self, mel: np.ndarray, pitch: Pitch) -> _Source:
        """Return the pulses and the pitch that `Vocoder.choose_f0` chooses."""
        shape = (1, mel.shape[1])
        predicted_f0, predicted_voicing = (values[0] for values in self._pitch.run([shape, shape], mel=mel[None]))
        if pitch.f0 is None:
            f0, voicing = predicted_f0, predicted_voicing
        else:
            f0, voicing = np.where(pitch.f0 > 0, pitch.f0, predicted_f0), (pitch.f0 > 0).astype(np.float32)
        f0 = (f0 * np.exp2(np.asarray(pitch.semitones, dtype=np.float32) / np.float32(12))).astype(np.float32)
        same_pitch = np.abs(np.log2(f0 / predicted_f0)) < SAME_PITCH
        same_voicing = (voicing > 0.5) == (predicted_voicing > 0.5)
        both_unvoiced = (voicing < 0.5) & (predicted_voicing < 0.5)
        keeps_mel_pitch = (same_pitch & same_voicing) | both_unvoiced
        starts = new_starts(voicing < 0.5, 2 * (self.stft.size // (2 * self.stft.hop)))
        pulses = pulse_train(f0, self.audio.hop_length, self.audio.sample_rate, starts)
        return _Source(f0, voicing, keeps_mel_pitch, self.stft.padded(pulses))

    def _spectrum(
        self, mel: np.ndarray, source: _Source, place: tuple[int, int], noise: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the spectrum (T', K) and the correction gate (T', M) of the frames from `start` to before `end`.

        place: (start, end). Without corrections the gate is (T', 0).
        """
        start, end = place
        left, right = max(0, start - self.settings.reach), min(mel.shape[1], end + self.settings.reach)
        inputs = {
            "mel": mel[None, :, left:right],
            "f0": source.f0[None, left:right],
            "voicing": source.voicing[None, left:right],
        }
        inside = slice(start - left, end - left)
        bins, bands = (1, right - left, self.stft.frequencies), (1, right - left, self.audio.n_mels)
        shapes = [bins, bins, bins, *([bands] if self.settings.corrections else [])]
        real, imaginary, aperiodic, *gates = (values[0, inside] for values in self._filters.run(shapes, **inputs))
        filters = np.empty(real.shape, dtype=np.complex64)
        filters.real, filters.imag = real, imaginary
        stft, kinds = self.stft, 1 if self.settings.shared_noise else 2
        drawn = draw_noise(noise, end - start, kinds, stft.frequencies)
        pulses = stft.of_padded(source.pulses[start * stft.hop : end * stft.hop + 2 * stft.pad])
        filters *= excite(pulses, source.voicing[start:end], drawn[:, 0], stft.size / stft.hop)
        filters += aperiodic * drawn[:, -1]
        if not gates:
            return filters, np.zeros((end - start, 0), dtype=np.float32)
        return filters, gates[0] * source.keeps_mel_pitch[start:end, None]
