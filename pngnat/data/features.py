"""Features of recordings: mel spectrogram, pitch, and the sound itself, each computed once."""

from __future__ import annotations

import os
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from pngnat.audio import pitch
from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.data.corpus import Recording
from pngnat.data.recordings import total_seconds
from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.stamps import check_stamp, log_rebuild
from pngnat.workers.pool import LOCAL, Shard, Workers, fair_size, split_items
from pngnat.workers.sharded import compute_missing

_SAMPLES, _MEL, _F0 = "samples", "mel", "f0"
_HARVEST = "harvest"
# Hours of recordings whose pitch Harvest measures in some ten hours on one core.
_HARVEST_HOURS = 50


@dataclass(frozen=True)
class Features:
    """Features of a recording."""

    samples: np.ndarray
    """(S,) float32 in [-1, 1], S = T * hop."""
    mel: np.ndarray
    """(M, T) float32, natural log."""
    f0: np.ndarray
    """(T,) float32 in Hz, 0 where unvoiced."""
    is_predicted: bool = False
    """Whether the mel is predicted."""

    def part(self, start: int, frames: int) -> Features:
        """Return `frames` frames, or as many as there are, from the frame `start` on."""
        hop = len(self.samples) // len(self.f0)
        samples = self.samples[start * hop : (start + frames) * hop]
        return replace(
            self, samples=samples, mel=self.mel[:, start : start + frames], f0=self.f0[start : start + frames]
        )


class FeatureSource(ABC):
    """A source of features."""

    audio: AudioConfig
    """Audio settings of the mels."""

    @abstractmethod
    def load(self, recording: Recording) -> Features:
        """Return the features of a recording."""

    def draw(self, recording: Recording, frames: int, random: np.random.Generator) -> Features:
        """Return the features of `frames` frames from a random place, or of a shorter recording."""
        features = self.load(recording)
        return features.part(_start(len(features.f0), frames, random), frames)


def _start(there: int, frames: int, random: np.random.Generator) -> int:
    return int(random.integers(max(1, there - frames + 1)))


class FeatureStore(FeatureSource):
    """A folder with one file of features for each recording; without a folder, nothing is kept.

    A feature is computed when it is first needed. Samples are 16-bit integers and mels half precision, some 90 kB for a
    second of sound. Several trainings can share a store.
    """

    def __init__(self, folder: str | os.PathLike | None, audio: AudioConfig, pitch_method: str = _HARVEST) -> None:
        """Open or create a store. folder: None keeps nothing. pitch_method: one of `pitch.METHODS`.

        Raises PngnatError for a folder with other audio settings.
        """
        if pitch_method not in pitch.METHODS:
            raise PngnatError(f"'{pitch_method}' is no way to measure pitch; use one of {', '.join(pitch.METHODS)}")
        self.folder, self.audio, self.pitch_method = None if folder is None else Path(folder), audio, pitch_method
        if self.folder is not None:
            # The method that `f0` alone stands for.
            check_stamp(self.folder, {"audio": asdict(audio), "pitch": _HARVEST})

    def path(self, recording: Recording) -> Path:
        """Return the path of a recording's features. Raise ValueError for a store without a folder."""
        if self.folder is None:
            raise ValueError("a store without a folder keeps nothing")
        return self.folder / f"{recording.id}.npz"

    def mel(self, recording: Recording) -> np.ndarray:
        """Return the log-mel (M, T), float32. Raise PngnatError as `measure` does."""
        return self._kept(recording, _MEL)[_MEL].astype(np.float32)

    def f0(self, recording: Recording, method: str) -> np.ndarray:
        """Return the fundamental frequency (T,) in Hz, 0 where unvoiced, by one of `pitch.METHODS`. Raise PngnatError
        as `measure` does."""
        return self._kept(recording, _f0(method))[_f0(method)]

    def load(self, recording: Recording) -> Features:
        """Return all features, computed if they are missing. Raise PngnatError as `measure` does."""
        return self._features(self._kept(recording, *self._all))

    def draw(self, recording: Recording, frames: int, random: np.random.Generator) -> Features:
        """Draw as `FeatureSource.draw` does; without a folder, only the drawn frames are computed."""
        if self.folder is not None:
            return super().draw(recording, frames, random)
        samples, hop = self.samples(recording), self.audio.hop_length
        start = _start(len(samples) // hop, frames, random)
        return self._features(self._measured(samples[start * hop : (start + frames) * hop], self._all))

    def _features(self, arrays: Mapping[str, np.ndarray]) -> Features:
        return Features(
            arrays[_SAMPLES].astype(np.float32) / 32767, arrays[_MEL].astype(np.float32), arrays[_f0(self.pitch_method)]
        )

    def missing(self, recordings: Iterable[Recording]) -> list[Recording]:
        """Return the recordings with a missing feature that should be kept."""
        if self.folder is None:
            return []
        return [recording for recording in recordings if not set(self._all) <= set(_names(self.path(recording)))]

    def measure(self, recordings: Sequence[Recording], workers: Workers | None = None) -> Iterator[Recording]:
        """Measure the missing features, shard by shard, and yield each recording of this partition when it is done.

        Raises PngnatError for a file that cannot be read or is shorter than a frame.
        """
        workers = workers or Workers(LOCAL)
        shards = split_items(recordings, fair_size(len(recordings)))
        for shard, result in compute_missing(_Measuring, (self, workers), shards, workers):
            if isinstance(result, Exception):
                raise result
            yield from shard.items

    @property
    def _all(self) -> tuple[str, ...]:
        return _SAMPLES, _MEL, _f0(self.pitch_method)

    def _kept(self, recording: Recording, *names: str) -> dict[str, np.ndarray]:
        if self.folder is None:
            return self._measured(self.samples(recording), names)
        path = self.path(recording)
        kept = read_arrays(path, names)
        if missing := [name for name in names if name not in kept]:
            measured = self._measured(self.samples(recording), missing)
            others = read_arrays(path) if _names(path) else {}
            write_arrays(path, {**others, **measured})
            kept |= measured
        return kept

    def samples(self, recording: Recording) -> np.ndarray:
        """Read the sound as float32 (T * hop,) in [-1, 1]. Raise PngnatError as `measure` does."""
        samples = recording.sound(self.audio.sample_rate)
        frames = len(samples) // self.audio.hop_length
        if frames == 0:
            raise PngnatError(f"{recording.path}: is shorter than one frame; leave {recording.id} out")
        return np.clip(samples[: frames * self.audio.hop_length], -1, 1)

    def _measured(self, samples: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        ways: dict[str, Callable[[], np.ndarray]] = {
            _SAMPLES: lambda: np.round(samples * 32767).astype(np.int16),
            _MEL: lambda: log_mel(torch.from_numpy(samples), self.audio).numpy().astype(np.float16),
            **{_f0(name): partial(method, samples, self.audio) for name, method in pitch.METHODS.items()},
        }
        return {name: ways[name]() for name in names}


def _f0(method: str) -> str:
    """Return the name of the array for a pitch method. Two methods can lie in one file."""
    return _F0 if method == _HARVEST else f"{_F0}_{method}"


def choose_pitch_method(recordings: Sequence[Recording]) -> str:
    """Return the method of pitch for recordings: Harvest takes a fifth of their duration, DIO a hundredth."""
    return _HARVEST if total_seconds(recordings) <= 3600 * _HARVEST_HOURS else "dio"


class _Measuring:
    """A worker that computes the features of shards."""

    def __init__(self, store: FeatureStore, workers: Workers) -> None:
        self._store = store
        if workers.jobs > 1:
            torch.set_num_threads(1)

    def __call__(self, shard: Shard[Recording]) -> None:
        for recording in self._store.missing(shard.items):
            self._store.load(recording)


def read_arrays(path: Path, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Return the arrays of a file with these names, or all; none, with a warning if it is damaged, if the file cannot
    be read."""
    try:
        with np.load(path) as stored:
            return {name: stored[name] for name in (stored.files if names is None else names) if name in stored.files}
    except FileNotFoundError:
        return {}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        log_rebuild(path, f"it is damaged ({error})")
        return {}


def _names(path: Path) -> list[str]:
    """Return the names of a file's arrays without reading them; none if the file is missing or cut off."""
    try:
        with np.load(path) as stored:
            return stored.files
    except (OSError, EOFError, ValueError, zipfile.BadZipFile):
        return []


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a file of arrays atomically."""
    with atomic_write(path) as beside, open(beside, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # the types take each array for `allow_pickle`
