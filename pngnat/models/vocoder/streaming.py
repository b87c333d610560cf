"""Sound in pieces, each as soon as it is made; joined, they are what the vocoder makes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from pngnat.models.vocoder.foreign import ForeignVocoder
from pngnat.models.vocoder.source import pulse_train
from pngnat.models.vocoder.vocoder import Vocoder


def stream(
    vocoder: Vocoder | ForeignVocoder,
    mel: Tensor,
    f0: Tensor | None = None,
    generator: torch.Generator | None = None,
    semitones: float = 0.0,
    first: int = 40,
    growth: float = 2.0,
    longest: int = 400,
) -> Iterator[Tensor]:
    """Sound of a mel in pieces (1, S_i), whose sum of lengths is T * hop. Arguments as for Vocoder.forward; mel is (1, M, T).

    first: frames until the first piece; each next one is `growth` times as long, up to `longest`. Each piece costs the network some
    25 frames of context on either side, so short pieces are quick to come and dear to make.
    Raises ValueError for more than one mel, and for a first piece of a single frame.
    """
    if mel.shape[0] != 1:
        raise ValueError(f"a stream is of one mel, not of {mel.shape[0]}: the noise of several is drawn in another order")
    if first < 2:
        raise ValueError("the first piece needs two frames or more: windows overlap by more than one")
    pieces = _pieces(mel.shape[2], first, growth, longest)
    if isinstance(vocoder, ForeignVocoder):
        vocoder.check_pitch(f0 is not None or semitones != 0)
        yield from _with_context(vocoder, mel, pieces)
    else:
        yield from _overlapped(vocoder, mel, f0, generator, semitones, pieces)


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
    generator: torch.Generator | None,
    semitones: float,
    pieces: Iterable[tuple[int, int]],
) -> Iterator[Tensor]:
    """Spectra made piece by piece, whose inverse transforms are added where they overlap.

    Pitch and pulses are made for all of the mel at once: they are a small part of the work, and their phase runs through.
    """
    frames, stft = mel.shape[2], vocoder.stft
    pitch, voicing = vocoder.choose_f0(mel, f0, semitones)
    source = stft.padded(pulse_train(pitch, stft.hop, vocoder.audio.sample_rate))
    tail = weight_tail = mel.new_zeros(1, 2 * stft.pad)
    skip = stft.pad
    for start, end in pieces:
        left, right = max(0, start - vocoder.net.reach), min(frames, end + vocoder.net.reach)
        excitation = stft.of_padded(source[:, left * stft.hop : right * stft.hop + 2 * stft.pad])
        noise = excitation.new_zeros(1, 2, *excitation.shape[1:])
        noise[..., start - left : end - left] = vocoder.noise(1, end - start, generator)
        spectrum = vocoder.spectrum(mel[:, :, left:right], pitch[:, left:right], voicing[:, left:right], excitation, noise)
        total, weight = stft.overlap(spectrum[:, :, start - left : end - left])
        total[:, : 2 * stft.pad] += tail
        weight[:, : 2 * stft.pad] += weight_tail
        ready = (end - start) * stft.hop
        tail, weight_tail = total[:, ready:], weight[:, ready:]
        if end == frames:
            ready += stft.pad
        yield total[:, skip:ready] / weight[:, skip:ready]
        skip = 0


def _pieces(frames: int, first: int, growth: float, longest: int) -> Iterator[tuple[int, int]]:
    start, length = 0, first
    while start < frames:
        end = min(frames, start + length)
        # A last piece of a few frames would cost as much as a long one.
        end = frames if frames - end < first // 2 else end
        yield start, end
        start, length = end, min(longest, int(length * growth))
