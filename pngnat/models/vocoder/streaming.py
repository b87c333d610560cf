"""Sound in pieces, each as soon as it is made; joined, they are what the vocoder makes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from pngnat.audio.pieces import FIRST, GROWTH, LONGEST, pieces
from pngnat.models.vocoder.correction import MelCorrection
from pngnat.models.vocoder.foreign import ForeignVocoder
from pngnat.models.vocoder.stft import FramedStft
from pngnat.models.vocoder.vocoder import Vocoder


def stream(
    vocoder: Vocoder | ForeignVocoder,
    mel: Tensor,
    f0: Tensor | None = None,
    generator: np.random.Generator | None = None,
    semitones: float | Tensor = 0.0,
    first: int = FIRST,
    growth: float = GROWTH,
    longest: int = LONGEST,
) -> Iterator[Tensor]:
    """Sound of a mel in pieces (1, S_i), whose sum of lengths is T * hop. Arguments as for Vocoder.forward; mel is (1,
    M, T), and the generator NumPy's: PyTorch's draws other numbers in pieces than at once.

    first: frames until the first piece; each next one is `growth` times as long, up to `longest`. Each piece costs the
    network some 25 frames of context on either side, so short pieces arrive sooner but cost more.
    Raises ValueError for more than one mel, and for a first piece of a single frame.
    """
    if mel.shape[0] != 1:
        raise ValueError(
            f"a stream is of one mel, not of {mel.shape[0]}: the noise of several is drawn in another order"
        )
    parts = pieces(mel.shape[2], first, growth, longest)
    if isinstance(vocoder, ForeignVocoder):
        vocoder.check_pitch(f0 is not None or isinstance(semitones, Tensor) or semitones != 0)
        yield from _with_context(vocoder, mel, parts)
    else:
        yield from _overlapped(vocoder, mel, f0, generator, semitones, parts)


def _with_context(vocoder: ForeignVocoder, mel: Tensor, pieces: Iterable[tuple[int, int]]) -> Iterator[Tensor]:
    """Each piece made with the frames around it that it depends on, which are then cut off."""
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
    """Spectra made piece by piece, whose inverse transforms are added where they overlap, and corrected piece by piece.

    Pitch and pulses are made for all of the mel at once: they are a small part of the work, and their phase runs
    through."""
    frames, stft = mel.shape[2], vocoder.stft
    pitch, voicing, natural = vocoder.choose_f0(mel, f0, semitones)
    source = stft.padded(vocoder.spoken_pulses(pitch, voicing))
    joined = OverlapAdd(stft)
    corrections = [CorrectedStream(vocoder.correction) for _ in range(vocoder.config.corrections) if vocoder.correction]
    for start, end in pieces:
        left, right = max(0, start - vocoder.net.reach), min(frames, end + vocoder.net.reach)
        filters = vocoder.filters(mel[:, :, left:right], pitch[:, left:right], voicing[:, left:right])
        filters = filters.trusted(natural[:, left:right]).cut(start - left, end - left)
        excitation = stft.of_padded(source[:, start * stft.hop : end * stft.hop + 2 * stft.pad])
        noise = vocoder.noise(1, end - start, generator)
        spectrum, last = vocoder.spectrum(filters, voicing[:, start:end], excitation, noise), end == frames
        samples = joined.add(spectrum, last)
        for correction in corrections:
            samples = correction.add(samples, mel[:, :, start:end], filters.trust, last)
        if samples.shape[1]:
            yield samples


class OverlapAdd:
    """The inverse transform of a spectrum that comes in pieces."""

    def __init__(self, stft: FramedStft) -> None:
        self.stft, self.skip = stft, stft.pad
        self.tail = self.weight = stft.window.new_zeros(1, 2 * stft.pad)

    def add(self, spectrum: Tensor, last: bool) -> Tensor:
        """The next frames (1, K, T'), of which the `last` end the sound, to the samples (1, S') that no later frame
        changes."""
        total, weight = self.stft.overlap(spectrum)
        total[:, : 2 * self.stft.pad] += self.tail
        weight[:, : 2 * self.stft.pad] += self.weight
        ready = spectrum.shape[2] * self.stft.hop
        self.tail, self.weight = total[:, ready:], weight[:, ready:]
        inside = slice(self.skip, ready + self.stft.pad if last else ready)
        self.skip = max(0, self.skip - ready)
        return total[:, inside] / weight[:, inside]


class CorrectedStream:
    """A MelCorrection of a sound that comes in pieces. It lags behind by the half window that its last whole frame
    needs."""

    def __init__(self, correction: MelCorrection) -> None:
        self.correction, self.joined = correction, OverlapAdd(correction.stft)
        self.waiting = correction.bands.new_zeros(1, correction.stft.pad)
        self.mel = self.trust = correction.bands.new_zeros(1, correction.bands.shape[1], 0)

    def add(self, samples: Tensor, mel: Tensor, trust: Tensor, last: bool) -> Tensor:
        """The next samples (1, S'), and mel and trust (1, M, T') of the next frames, to the corrected samples that are
        ready."""
        stft = self.correction.stft
        self.waiting = torch.cat([self.waiting, samples, samples.new_zeros(1, stft.pad if last else 0)], dim=1)
        self.mel, self.trust = torch.cat([self.mel, mel], dim=2), torch.cat([self.trust, trust], dim=2)
        count = (self.waiting.shape[1] - stft.size) // stft.hop + 1
        if count < 1:
            return samples[:, :0]
        spectrum = stft.of_padded(self.waiting[:, : (count - 1) * stft.hop + stft.size])
        made = self.joined.add(
            self.correction.corrected(spectrum, self.mel[..., :count], self.trust[..., :count]), last
        )
        self.waiting = self.waiting[:, count * stft.hop :]
        self.mel, self.trust = self.mel[..., count:], self.trust[..., count:]
        return made
