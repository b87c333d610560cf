"""Sound in pieces, each as soon as it is computed; joined, they equal the vocoder's sound of the complete mel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from pngnat.audio.pieces import FIRST, GROWTH, LONGEST, pieces
from pngnat.models.vocoder.external import ExternalVocoder
from pngnat.models.vocoder.signal import FramedStft, MelCorrection
from pngnat.models.vocoder.vocoder import Vocoder


def stream(
    vocoder: Vocoder | ExternalVocoder,
    mel: Tensor,
    f0: Tensor | None = None,
    generator: np.random.Generator | None = None,
    semitones: float | Tensor = 0.0,
    first: int = FIRST,
    growth: float = GROWTH,
    longest: int = LONGEST,
) -> Iterator[Tensor]:
    """Yield the sound of a mel (1, M, T) in pieces (1, S_i), whose lengths sum to T * hop.

    Arguments as for Vocoder.forward, with NumPy's generator: PyTorch's draws other numbers in pieces than at once.
    first: frames of the first piece; each later one is `growth` times as long, up to `longest`. Each piece costs the
    network about 25 frames of context on either side: short pieces arrive sooner but cost more. Raises ValueError for
    more than one mel, and for a first piece of a single frame.
    """
    if mel.shape[0] != 1:
        raise ValueError(
            f"a stream is of one mel, not of {mel.shape[0]}: the noise of several is drawn in another order"
        )
    parts = pieces(mel.shape[2], first, growth, longest)
    if isinstance(vocoder, ExternalVocoder):
        vocoder.check_pitch(f0 is not None or isinstance(semitones, Tensor) or semitones != 0)
        yield from _with_context(vocoder, mel, parts)
    else:
        yield from _overlapped(vocoder, mel, f0, generator, semitones, parts)


def _with_context(vocoder: ExternalVocoder, mel: Tensor, pieces: Iterable[tuple[int, int]]) -> Iterator[Tensor]:
    """Yield each piece, computed with the frames around it that it depends on; their sound is cut off."""
    hop = vocoder.audio.hop_length
    for start, end in pieces:
        left = max(0, start - vocoder.reach)
        yield vocoder(mel[:, :, left : end + vocoder.reach])[:, (start - left) * hop : (end - left) * hop]


def _overlapped(
    vocoder: Vocoder,
    mel: Tensor,
    f0: Tensor | None,
    generator: np.random.Generator | None,
    semitones: float | Tensor,
    pieces: Iterable[tuple[int, int]],
) -> Iterator[Tensor]:
    """Yield the sound of spectra that are computed, overlapped, added and corrected piece by piece.

    Pitch and pulses are computed for the complete mel: they are a small part of the work, and their phase is
    continuous.
    """
    frames, stft = mel.shape[2], vocoder.stft
    f0, voicing, keeps_mel_pitch = vocoder.choose_f0(mel, f0, semitones)
    source = stft.padded(vocoder.restarted_pulses(f0, voicing))
    joined = OverlapAdd(stft)
    corrections = [CorrectedStream(vocoder.correction) for _ in range(vocoder.config.corrections) if vocoder.correction]
    for start, end in pieces:
        left, right = max(0, start - vocoder.net.reach), min(frames, end + vocoder.net.reach)
        filters = vocoder.filters(mel[:, :, left:right], f0[:, left:right], voicing[:, left:right])
        filters = filters.gated(keeps_mel_pitch[:, left:right]).cut(start - left, end - left)
        excitation = stft.of_padded(source[:, start * stft.hop : end * stft.hop + 2 * stft.pad])
        noise = vocoder.noise(1, end - start, generator)
        spectrum, last = vocoder.spectrum(filters, voicing[:, start:end], excitation, noise), end == frames
        samples = joined.add(spectrum, last)
        for correction in corrections:
            samples = correction.add(samples, mel[:, :, start:end], filters.correction_gate, last)
        if samples.shape[1]:
            yield samples


class OverlapAdd:
    """The inverse transform of a spectrum that comes in pieces."""

    def __init__(self, stft: FramedStft) -> None:
        self.stft, self.skip = stft, stft.pad
        self.tail = self.weight = stft.window.new_zeros(1, 2 * stft.pad)

    def add(self, spectrum: Tensor, last: bool) -> Tensor:
        """Add the next frames (1, K, T'), and return the samples (1, S') that no later frame changes.

        last: whether these frames end the sound.
        """
        total, weight = self.stft.overlap(spectrum)
        total[:, : 2 * self.stft.pad] += self.tail
        weight[:, : 2 * self.stft.pad] += self.weight
        ready = spectrum.shape[2] * self.stft.hop
        self.tail, self.weight = total[:, ready:], weight[:, ready:]
        inside = slice(self.skip, ready + self.stft.pad if last else ready)
        self.skip = max(0, self.skip - ready)
        return total[:, inside] / weight[:, inside]


class CorrectedStream:
    """A `MelCorrection` of a sound that comes in pieces; it lags by half a window, which its last frame needs."""

    def __init__(self, correction: MelCorrection) -> None:
        self.correction, self.joined = correction, OverlapAdd(correction.stft)
        self.waiting = correction.bands.new_zeros(1, correction.stft.pad)
        self.mel = self.gate = correction.bands.new_zeros(1, correction.bands.shape[1], 0)

    def add(self, samples: Tensor, mel: Tensor, gate: Tensor, last: bool) -> Tensor:
        """Add samples (1, S'), and mel and gate (1, M, T') of the next frames; return the corrected samples that are
        ready. last: whether they end the sound."""
        stft = self.correction.stft
        self.waiting = torch.cat([self.waiting, samples, samples.new_zeros(1, stft.pad if last else 0)], dim=1)
        self.mel, self.gate = torch.cat([self.mel, mel], dim=2), torch.cat([self.gate, gate], dim=2)
        count = (self.waiting.shape[1] - stft.size) // stft.hop + 1
        if count < 1:
            return samples[:, :0]
        spectrum = stft.of_padded(self.waiting[:, : (count - 1) * stft.hop + stft.size])
        made = self.joined.add(self.correction.corrected(spectrum, self.mel[..., :count], self.gate[..., :count]), last)
        self.waiting = self.waiting[:, count * stft.hop :]
        self.mel, self.gate = self.mel[..., count:], self.gate[..., count:]
        return made
