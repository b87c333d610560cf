"""Recordings to the vocoder's batches: features are measured once, segments are drawn at random but reproducibly."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from pngnat.audio import pitch, wav
from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, write_text
from pngnat.training.augmentation import GUARD, AugmentationConfig, changed, draw_rate, resampled


@dataclass(frozen=True)
class Clip:
    """A recording to learn from. id: unique in its corpus and fit for a file name. split: train, valid or test."""

    id: str
    speaker: str
    split: str
    path: Path

    @classmethod
    def of(cls, recording: Recording) -> Clip:
        """A recording of a prepared corpus, without its text."""
        return cls(recording.id, recording.speaker, recording.split, recording.path)


@dataclass(frozen=True)
class Features:
    """What a clip sounds like.

    samples: (S,) float32 in [-1, 1], S = T * hop. mel: (M, T) float32, natural log. f0: (T,) float32 in Hz, 0 where unvoiced.
    is_predicted: whether an acoustic model made the mel.
    """

    samples: np.ndarray
    mel: np.ndarray
    f0: np.ndarray
    is_predicted: bool = False


class FeatureSource(Protocol):
    """Where the features of clips come from."""

    audio: AudioConfig

    def load(self, clip: Clip) -> Features:
        """The clip's features."""


class FeatureStore:
    """A folder with one file of features a clip, made where it is missing.

    Samples are kept as 16-bit integers and mels in half precision, some 90 kB for a second of sound.
    """

    def __init__(self, folder: str | os.PathLike, audio: AudioConfig, pitch_method: str = "harvest") -> None:
        """Open or start the store. Raises PngnatError where the folder was made with other settings."""
        if pitch_method not in PITCH_METHODS:
            raise PngnatError(f"'{pitch_method}' is no way to measure pitch; use one of {', '.join(PITCH_METHODS)}")
        self.folder, self.audio, self.pitch_method = Path(folder), audio, pitch_method
        self.folder.mkdir(parents=True, exist_ok=True)
        settings, stamp = {"audio": asdict(audio), "pitch": pitch_method}, self.folder / "settings.json"
        if stamp.exists() and json.loads(stamp.read_text()) != settings:
            raise PngnatError(f"{self.folder}: these features were made with other audio settings; name another folder or delete this one")
        if not stamp.exists():
            write_text(stamp, json.dumps(settings, indent=1))

    def path(self, clip: Clip) -> Path:
        """Where the clip's features are, or would be."""
        return self.folder / f"{clip.id}.npz"

    def load(self, clip: Clip) -> Features:
        """The clip's features, measured now if they never were."""
        if not self.path(clip).exists():
            self._measure(clip)
        with np.load(self.path(clip)) as stored:
            samples = stored["samples"].astype(np.float32) / 32767
            return Features(samples, stored["mel"].astype(np.float32), stored["f0"])

    def missing(self, clips: Sequence[Clip]) -> list[Clip]:
        """The clips that were not measured yet."""
        return [clip for clip in clips if not self.path(clip).exists()]

    def measure(self, clips: Sequence[Clip], processes: int = 1) -> Iterator[Clip]:
        """Measure features and store them, and yield each clip as it is done.

        Raises PngnatError for a file that cannot be read or is shorter than a frame.
        """
        if processes <= 1:
            for clip in clips:
                self._measure(clip)
                yield clip
            return
        # Started afresh: a copy of a process whose threads hold locks may wait for them for ever.
        with ProcessPoolExecutor(processes, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
            for clip, _ in zip(clips, pool.map(self._measure, clips, chunksize=8), strict=True):
                yield clip

    def _measure(self, clip: Clip) -> None:
        samples = wav.read(clip.path, self.audio.sample_rate)
        frames = len(samples) // self.audio.hop_length
        if frames == 0:
            raise PngnatError(f"{clip.path}: is shorter than one frame; leave it out")
        samples = np.clip(samples[: frames * self.audio.hop_length], -1, 1)
        arrays = {
            "samples": np.round(samples * 32767).astype(np.int16),
            "mel": log_mel(torch.from_numpy(samples), self.audio).numpy().astype(np.float16),
            "f0": PITCH_METHODS[self.pitch_method](samples, self.audio),
        }
        with atomic_write(self.path(clip)) as beside, open(beside, "wb") as file:
            np.savez(file, **arrays)


@dataclass(frozen=True)
class SegmentConfig:
    """How segments are drawn."""

    frames: int = 48
    """Length of a segment."""
    margin: int = 4
    """Frames around it that the vocoder hears and the losses do not, since sound at a cut is not as it would be within speech."""
    gain: float = 9.0
    """Largest change of level, in dB."""
    mel_noise: float = 0.0
    """Largest standard deviation of noise on the log-mel, which a sound that is corrected towards the mel would have too."""
    predicted: float = 0.75
    """Share of segments whose mel an acoustic model predicted, where there are such mels; those get no noise."""
    augmentation: AugmentationConfig | None = None
    """How recordings are changed; null leaves them as they are, as segments with a predicted mel are left."""
    seed: int = 0
    """Another seed draws other segments."""


@dataclass(frozen=True)
class SegmentBatch:
    """Sound and what is known of it.

    ids: B clip ids. samples: (B, S). mel: (B, M, T), noisy. f0: (B, T) in Hz, 0 where unvoiced. S = T * hop.
    is_predicted: (B,), whether an acoustic model made the mel.
    seconds: of sound to learn from. number: the batch's place in the run, over all processes. margin: samples at either end to be left out
    of what is compared.
    """

    ids: tuple[str, ...]
    samples: Tensor
    mel: Tensor
    f0: Tensor
    is_predicted: Tensor
    seconds: float
    number: int = 0
    margin: int = 0

    def to(self, device: torch.device | str) -> SegmentBatch:
        """The same batch on another device."""
        moved = {name: getattr(self, name).to(device) for name in ("samples", "mel", "f0", "is_predicted")}
        return replace(self, **moved)

    def inner(self, samples: Tensor) -> Tensor:
        """Samples (B, S) without the margins."""
        return samples[:, self.margin : samples.shape[1] - self.margin]


def whole(store: FeatureSource, clip: Clip) -> SegmentBatch:
    """A clip from its beginning to its end, as a batch of one."""
    features = store.load(clip)
    arrays = (torch.from_numpy(array)[None] for array in (features.samples, features.mel, features.f0))
    return SegmentBatch((clip.id,), *arrays, torch.tensor([features.is_predicted]), len(features.samples) / store.audio.sample_rate)


class Segments(IterableDataset):
    """Endless batches of random segments. Batch number n is the same whenever it is drawn, so that a resumed run goes on exactly."""

    def __init__(
        self,
        store: FeatureSource,
        clips: Sequence[Clip],
        batch_size: int,
        config: SegmentConfig,
        first: int = 0,
        step: int = 1,
        predicted: FeatureSource | None = None,
    ):
        """first: number of the first batch; step: distance to the next one (the number of processes, each with its own `first`).

        predicted: the same clips with predicted mels, taken for a share of the segments.
        """
        if not clips:
            raise PngnatError("there are no recordings to train the vocoder on; check the corpus and its splits")
        self.store, self.clips, self.batch_size, self.config, self.first, self.step = store, clips, batch_size, config, first, step
        self.predicted = predicted

    def __iter__(self) -> Iterator[SegmentBatch]:
        worker = torch.utils.data.get_worker_info()
        start, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        number = self.first + start * self.step
        while True:
            yield self.batch(number)
            number += workers * self.step

    def batch(self, number: int) -> SegmentBatch:
        """Batch `number`."""
        random = np.random.default_rng((self.config.seed, number))
        drawn = [self._segment(random) for _ in range(self.batch_size)]
        ids, is_predicted, *arrays = zip(*drawn, strict=True)
        seconds = self.batch_size * self.config.frames / self.store.audio.frame_rate
        margin = self.config.margin * self.store.audio.hop_length
        samples, mel, f0 = (torch.from_numpy(np.stack(array)) for array in arrays)
        return SegmentBatch(ids, samples, mel, f0, torch.tensor(is_predicted), seconds, number, margin)

    def _segment(self, random: np.random.Generator) -> tuple[str, bool, np.ndarray, np.ndarray, np.ndarray]:
        clip = self.clips[random.integers(len(self.clips))]
        predicts = self.predicted is not None and random.random() < self.config.predicted
        features = (self.predicted if predicts else self.store).load(clip)
        frames, hop = self.config.frames + 2 * self.config.margin, self.store.audio.hop_length
        if self.config.augmentation and not features.is_predicted:
            samples, mel, f0 = self._augmented(features, frames, self.config.augmentation, random)
        else:
            samples, mel, f0 = _drawn(features, frames, hop, random)
        silence = float(np.log(self.store.audio.log_floor))
        gain = random.uniform(-self.config.gain, self.config.gain) * np.log(10) / 20
        gain = min(gain, -np.log(max(np.abs(samples).max(), 1e-3)))
        noise = 0.0 if features.is_predicted else random.uniform(0, self.config.mel_noise) * random.standard_normal(mel.shape)
        mel = np.maximum(mel + gain + noise, silence)
        return clip.id, features.is_predicted, (samples * np.exp(gain)).astype(np.float32), mel.astype(np.float32), f0.astype(np.float32)

    def _augmented(
        self, features: Features, frames: int, config: AugmentationConfig, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Samples, mel and f0 of so many frames, changed; the mel is that of the changed sound."""
        audio = self.store.audio
        whole = frames + 2 * GUARD
        source = round(whole * draw_rate(config, random))
        samples, _, f0 = _drawn(features, source, audio.hop_length, random)
        samples = changed(resampled(samples, whole * audio.hop_length), audio.sample_rate, config, random)
        # Louder than full scale is no sound that a mel was made of.
        samples = (samples / max(1.0, np.abs(samples).max())).astype(np.float32)
        places = ((np.arange(whole) + 0.5) * source / whole).astype(int)
        inside = slice(GUARD, GUARD + frames)
        mel = log_mel(torch.from_numpy(samples), audio).numpy()[:, inside]
        hop = audio.hop_length
        return samples[GUARD * hop : (GUARD + frames) * hop], mel, f0[places][inside] * (source / whole)


def _drawn(features: Features, frames: int, hop: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples, mel and f0 of so many frames from anywhere in a clip, with silence where it is shorter."""
    start = int(random.integers(max(1, len(features.f0) - frames + 1)))
    f0, mel = features.f0[start : start + frames], features.mel[:, start : start + frames]
    samples = features.samples[start * hop : (start + frames) * hop]
    short = frames - len(f0)
    mel = np.pad(mel, ((0, 0), (0, short)), constant_values=-np.inf)
    return np.pad(samples, (0, short * hop)), mel, np.pad(f0, (0, short))


PITCH_METHODS = pitch.METHODS
