"""Batches of a vocoder training: random but reproducible segments of recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from pngnat.audio.mel import log_mel
from pngnat.data.corpus import Recording
from pngnat.data.features import Features, FeatureSource
from pngnat.data.recordings import as_recordings
from pngnat.errors import PngnatError
from pngnat.training.augmentation import GUARD, AugmentationConfig, changed, draw_rate, resampled


@dataclass(frozen=True)
class SegmentConfig:
    """How segments are drawn."""

    frames: int = 48
    """Frames of a segment."""
    margin: int = 4
    """Frames around a segment that the vocoder receives and the losses leave out, because sound at a cut differs from
    sound within speech."""
    gain: float = 9.0
    """Largest change of level in dB."""
    mel_noise: float = 0.0
    """Largest standard deviation of noise on the log-mel; a corrected sound would have the noise too."""
    predicted: float = 0.75
    """Fraction of segments with a predicted mel, if there are predicted mels; they get no noise."""
    augmentation: AugmentationConfig | None = None
    """Augmentation of recordings; null is none. Segments with a predicted mel are not changed."""
    seed: int = 0
    """Seed of the segments."""
    window: int = 16
    """Shards of a sharded corpus from which a few hundred batches are drawn; fewer are read faster."""


@dataclass(frozen=True)
class SegmentBatch:
    """A batch of B segments.

    ids: of the recordings. samples: (B, S). mel: (B, M, T), with noise. f0: (B, T) in Hz, 0 where unvoiced. S = T *
    hop. is_predicted: (B,), whether the mel is predicted. seconds: of sound in the losses. number: index of the batch
    in the run, over all processes. margin: samples at either end that the losses leave out.
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
        """Return the batch on another device."""
        moved = {name: getattr(self, name).to(device) for name in ("samples", "mel", "f0", "is_predicted")}
        return replace(self, **moved)

    def inner(self, samples: Tensor) -> Tensor:
        """Return samples (B, S) without the margins."""
        return samples[:, self.margin : samples.shape[1] - self.margin]


def whole(store: FeatureSource, recording: Recording) -> SegmentBatch:
    """Return a complete recording as a batch of one."""
    features = store.load(recording)
    samples, mel, f0 = (torch.from_numpy(array)[None] for array in (features.samples, features.mel, features.f0))
    seconds = len(features.samples) / store.audio.sample_rate
    return SegmentBatch((recording.id,), samples, mel, f0, torch.tensor([features.is_predicted]), seconds)


# Batches drawn from the same shards.
STAY = 500


class Segments(IterableDataset):
    """Endless batches of random segments. Batch n is the same whenever it is drawn, so that a run resumes exactly.

    From a sharded corpus, a few shards at a time are drawn, each with a probability proportional to its size.
    """

    def __init__(
        self,
        store: FeatureSource,
        recordings: Sequence[Recording],
        batch_size: int,
        config: SegmentConfig,
        first: int = 0,
        step: int = 1,
        predicted: FeatureSource | None = None,
    ):
        """Create the batches of one process.

        first: number of the first batch. step: distance to the next one, which is the number of processes. predicted:
        the same recordings with predicted mels, for a fraction of the segments.
        """
        if not recordings:
            raise PngnatError("there are no recordings to train the vocoder on; check the corpus and its splits")
        self.store, self.recordings, self.predicted = store, as_recordings(recordings), predicted
        self.batch_size, self.config, self.first, self.step = batch_size, config, first, step
        self._window = -1, np.zeros(0, np.int64)

    def __iter__(self) -> Iterator[SegmentBatch]:
        worker = torch.utils.data.get_worker_info()
        start, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        number = self.first + start * self.step
        while True:
            yield self.batch(number)
            number += workers * self.step

    def batch(self, number: int) -> SegmentBatch:
        """Return batch `number`."""
        random = np.random.default_rng((self.config.seed, number))
        rows = self._rows(number // STAY) if self.recordings.is_sharded else None
        drawn = [self._segment(self._recording(rows, random), random) for _ in range(self.batch_size)]
        ids, is_predicted, *arrays = zip(*drawn, strict=True)
        seconds = self.batch_size * self.config.frames / self.store.audio.frame_rate
        margin = self.config.margin * self.store.audio.hop_length
        samples, mel, f0 = (torch.from_numpy(np.stack(array)) for array in arrays)
        return SegmentBatch(ids, samples, mel, f0, torch.tensor(is_predicted), seconds, number, margin)

    def _rows(self, window: int) -> np.ndarray:
        """Return the indices of the recordings in the shards of a window of batches."""
        if window != self._window[0]:
            shards, sizes = np.unique(self.recordings.shard, return_counts=True)
            random = np.random.default_rng((self.config.seed, window, len(shards)))
            chosen = random.choice(shards, min(self.config.window, len(shards)), replace=False, p=sizes / sizes.sum())
            self._window = window, np.flatnonzero(np.isin(self.recordings.shard, chosen))
        return self._window[1]

    def _recording(self, rows: np.ndarray | None, random: np.random.Generator) -> Recording:
        if rows is None:
            return self.recordings[int(random.integers(len(self.recordings)))]
        return self.recordings[int(rows[random.integers(len(rows))])]

    def _segment(
        self, recording: Recording, random: np.random.Generator
    ) -> tuple[str, bool, np.ndarray, np.ndarray, np.ndarray]:
        source = (
            self.predicted if self.predicted is not None and random.random() < self.config.predicted else self.store
        )
        frames, is_predicted = self.config.frames + 2 * self.config.margin, source is self.predicted
        if self.config.augmentation and not is_predicted:
            samples, mel, f0 = self._augmented(recording, frames, self.config.augmentation, random)
        else:
            samples, mel, f0 = _filled(source.draw(recording, frames, random), frames, self.store.audio.hop_length)
        silence = float(np.log(self.store.audio.log_floor))
        gain = random.uniform(-self.config.gain, self.config.gain) * np.log(10) / 20
        gain = min(gain, -np.log(max(np.abs(samples).max(), 1e-3)))
        noise = 0.0 if is_predicted else random.uniform(0, self.config.mel_noise) * random.standard_normal(mel.shape)
        mel = np.maximum(mel + gain + noise, silence)
        samples, mel, f0 = (array.astype(np.float32) for array in (samples * np.exp(gain), mel, f0))
        return recording.id, is_predicted, samples, mel, f0

    def _augmented(
        self, recording: Recording, frames: int, config: AugmentationConfig, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return samples, mel and f0 of `frames` frames after augmentation; the mel is that of the changed sound."""
        audio = self.store.audio
        whole = frames + 2 * GUARD
        source = round(whole * draw_rate(config, random))
        samples, _, f0 = _filled(self.store.draw(recording, source, random), source, audio.hop_length)
        samples = changed(resampled(samples, whole * audio.hop_length), audio.sample_rate, config, random)
        # A sound above full scale has no recorded counterpart.
        samples = (samples / max(1.0, np.abs(samples).max())).astype(np.float32)
        places = ((np.arange(whole) + 0.5) * source / whole).astype(int)
        inside = slice(GUARD, GUARD + frames)
        mel = log_mel(torch.from_numpy(samples), audio).numpy()[:, inside]
        hop = audio.hop_length
        return samples[GUARD * hop : (GUARD + frames) * hop], mel, f0[places][inside] * (source / whole)


def _filled(features: Features, frames: int, hop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return samples, mel and f0 of `frames` frames, padded with silence."""
    short = frames - len(features.f0)
    mel = np.pad(features.mel, ((0, 0), (0, short)), constant_values=-np.inf)
    return np.pad(features.samples, (0, short * hop)), mel, np.pad(features.f0, (0, short))
