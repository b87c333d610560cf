"""An inaudible watermark and its detector: Resemble AI's PerthNet (https://github.com/resemble-ai/Perth, MIT).

A network changes the magnitudes of speech below 2 kHz; another one detects the change. Only the weights of the package
`resemble-perth` are used, which are small enough for NumPy: its code needs torchaudio, and unpickles them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pngnat.errors import PngnatError, extra_command

_WEIGHTS = "perth_net/pretrained/implicit/perth_net_250000.pth.tar"
# The layout of this file is known, so that it can be read without unpickling.
_SHA256 = "a15bce457ebc53ce5e6c9c3f11df78cf7ee2bf9cdab0a798902135b4c4027670"
# Perth's spectra, at 32 kHz: windows of 2,048 samples every 320. At another rate, the same seconds give the same bands.
_WINDOW_SECONDS, _HOP_SECONDS, _WINDOW = 0.064, 0.01, 2048
_BANDS, _HIDDEN, _KERNEL, _CONVOLUTIONS = 128, 256, 7, 5
# Frames on either side that the marking network depends on.
_REACH = _CONVOLUTIONS * (_KERNEL // 2)
# Levels in decibels become 0 at the floor, and 1 at 15 dB.
_FLOOR, _RANGE = -180.0, 195.0
_SLOWEST_RATE = 4000
# Seconds of sound of one detection, and the confidence from which a sound counts as marked.
_PART = 10.0
THRESHOLD = 0.5

Layers = list[tuple[np.ndarray, np.ndarray]]


def watermarked(blocks: Iterable[np.ndarray], sample_rate: int) -> Iterator[np.ndarray]:
    """Yield a sound in blocks (S_i,) with the watermark; a quarter of a second of each block comes with the next one.

    The sizes of the blocks have no influence on the joined result. Raises PngnatError if the weights are missing, and
    for a sample rate below 4 kHz.
    """
    window, hop = _frames_at(sample_rate)
    # Samples on either side that a sample depends on, in complete frames, so that the frames of a piece are frames of
    # the complete sound.
    around = hop * (_REACH + -(-window // hop))
    sound, done = np.zeros(0, dtype=np.float32), 0
    for block in blocks:
        sound = np.concatenate((sound, block))
        ready = (len(sound) - around) // hop * hop
        if ready > done:
            yield _mark(sound, sample_rate)[done:ready]
            start = max(0, ready - around)
            sound, done = sound[start:], ready - start
    if len(sound) > done:
        yield _mark(sound, sample_rate)[done:]


def find_watermark(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the confidence, from 0 to 1, that a sound (S,) has the watermark, for each part (P,) of about ten seconds.

    A part with THRESHOLD or more counts as marked. Raises PngnatError if the weights are missing, for a sample rate
    below 4 kHz, and for an empty sound.
    """
    if not len(samples):
        raise PngnatError("there is no sound to look for a watermark in")
    parts = max(1, round(len(samples) / sample_rate / _PART))
    return np.array([_confidence(part, sample_rate) for part in np.array_split(samples, parts)])


def _mark(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    window, hop = _frames_at(sample_rate)
    spectrum = _spectrum(samples, window, hop)[:_BANDS]
    change = 10 ** (_network(0)(_levels(spectrum, window)) * (_RANGE / 20)) - 1
    # Only the change is transformed to samples, so that the rest of the sound stays exactly as it was.
    return np.clip(samples + _samples(spectrum * change, window, hop, len(samples)), -1, 1)


def _confidence(samples: np.ndarray, sample_rate: int) -> float:
    """Return the confidence of a sound (S,): a weighted combination of detections at three speeds."""
    window, hop = _frames_at(sample_rate)
    levels = _levels(_spectrum(samples, window, hop), window)
    loudness = levels.sum(0)
    heard = loudness > 0.05 * loudness.max()
    if not heard.any():
        return 0.0
    found = []
    for network, speed in ((1, 1.25), (2, 1.0), (3, 0.75)):
        frames = max(1, int(levels.shape[1] * speed))
        mask = heard[np.arange(frames) * len(heard) // frames]
        found.append(
            _network(network)(_stretched(levels[:_BANDS], frames))[:, mask].mean(1) if mask.any() else np.zeros(2)
        )
    attention, marks = np.array(found).T
    weights = np.exp(attention - attention.max())
    return float(np.clip(marks @ weights / weights.sum(), 0, 1))


def _frames_at(sample_rate: int) -> tuple[int, int]:
    """Return the samples of a window and of a hop."""
    if sample_rate < _SLOWEST_RATE:
        raise PngnatError(
            f"the watermark needs {_SLOWEST_RATE} samples a second or more, and the sound has {sample_rate}"
        )
    return round(_WINDOW_SECONDS * sample_rate), round(_HOP_SECONDS * sample_rate)


def _hann(window: int) -> np.ndarray:
    return np.sin(np.pi / window * np.arange(window)) ** 2


def _spectrum(samples: np.ndarray, window: int, hop: int) -> np.ndarray:
    """Return (window // 2 + 1, 1 + S // hop), each frame's centre at a multiple of the hop."""
    padded = np.pad(samples.astype(np.float64), window // 2 + 1)[1:]
    return np.fft.rfft(sliding_window_view(padded, window)[: len(samples) + 1 : hop] * _hann(window)).T


def _samples(spectrum: np.ndarray, window: int, hop: int, count: int) -> np.ndarray:
    """Return the inverse of `_spectrum`, float32 (count,); bands that are left out are 0."""
    shape, total = _hann(window), np.zeros((2, count + 2 * window))
    frames = np.fft.irfft(spectrum.T, window) * shape
    for start, frame in zip(range(0, count + 1, hop), frames, strict=True):
        total[0, start : start + window] += frame
        total[1, start : start + window] += shape**2
    sound, weight = total[:, window // 2 : window // 2 + count]
    return (sound / np.maximum(weight, 1e-8)).astype(np.float32)


def _levels(spectrum: np.ndarray, window: int) -> np.ndarray:
    decibels = 20 * np.log10(np.maximum(np.abs(spectrum) * (_WINDOW / window), 10 ** (_FLOOR / 20)))
    return ((decibels - _FLOOR) / _RANGE).astype(np.float32)


def _stretched(levels: np.ndarray, frames: int) -> np.ndarray:
    """Interpolate (C, T) to (C, frames) linearly."""
    places = np.linspace(0, levels.shape[1] - 1, frames, dtype=np.float32)
    left = np.minimum(places.astype(int), max(levels.shape[1] - 2, 0))
    right = np.minimum(left + 1, levels.shape[1] - 1)
    return levels[:, left] + (places - left) * (levels[:, right] - levels[:, left])


class _Network:
    """A stack of Perth's convolutions, (C, T) to (O, T). layers: weights (K, O, C) and biases (O, 1)."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers

    def __call__(self, values: np.ndarray) -> np.ndarray:
        for number, (weights, bias) in enumerate(self._layers):
            if number:
                values = np.where(values > 0, values, np.float32(0.01) * values)
            padded = np.pad(values, ((0, 0), (len(weights) // 2,) * 2))
            values = bias + sum(tap @ padded[:, place : place + values.shape[1]] for place, tap in enumerate(weights))
        return values


@lru_cache(maxsize=4)
def _network(number: int) -> _Network:
    """Return a network: 0 marks; 1, 2 and 3 detect at the speeds 1.25, 1 and 0.75."""
    outputs = 2 if number else _BANDS
    shapes = [(_HIDDEN, _BANDS, 1), *[(_HIDDEN, _HIDDEN, _KERNEL)] * _CONVOLUTIONS, (outputs, _HIDDEN, 1)]
    first = number * 2 * len(shapes)
    with zipfile.ZipFile(_weights()) as archive:

        def stored(place: int) -> np.ndarray:
            return np.frombuffer(archive.read(f"archive/data/{first + place}"), dtype="<f4")

        layers = []
        for place, shape in enumerate(shapes):
            weights = stored(2 * place).reshape(shape).transpose(2, 0, 1)
            layers.append((np.ascontiguousarray(weights), stored(2 * place + 1)[:, None]))
    return _Network(layers)


@lru_cache(maxsize=1)
def _weights() -> Path:
    """Return the file of weights. Raises PngnatError where it is missing or has another digest."""
    found = importlib.util.find_spec("perth")
    if found is None or not found.submodule_search_locations:
        raise PngnatError(f"the watermark needs the weights of resemble-perth: {extra_command('watermark')}")
    path = Path(found.submodule_search_locations[0]) / _WEIGHTS
    try:
        known = hashlib.sha256(path.read_bytes()).hexdigest() == _SHA256
    except OSError:
        known = False
    if not known:
        raise PngnatError(
            f"{path} is missing or not the one that is known: pip install --force-reinstall resemble-perth==1.0.1"
        )
    return path
