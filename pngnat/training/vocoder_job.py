"""The vocoder training as a job: features, predicted mels, fitting, export."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import cast

import lightning as L
import numpy as np
from lightning.pytorch.callbacks import Callback
from tqdm import tqdm

from pngnat.audio.config import AudioConfig
from pngnat.config.schema import register
from pngnat.data.corpus import Recording
from pngnat.data.features import FeatureStore, choose_pitch_method
from pngnat.data.recordings import Recordings, as_recordings, open_corpora
from pngnat.errors import PngnatError
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.training.augmentation import AugmentationConfig
from pngnat.training.callbacks import Ema, Throughput
from pngnat.training.discriminators import AdversarialConfig
from pngnat.training.export import VocoderStart, vocoder_start
from pngnat.training.predicted_mels import PredictedMels, Teacher, find_teacher
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.shrinking import shrunk
from pngnat.training.vocoder import Copies, VocoderTraining, VocoderTrainingConfig
from pngnat.training.vocoder_data import SegmentConfig
from pngnat.voice.vocoders import load_own_vocoder, save_discriminators, save_settings, save_vocoder
from pngnat.workers.pool import Workers


@dataclass(frozen=True, kw_only=True)
class VocoderSettings:
    """Settings of a vocoder training, for any data."""

    run_dir: Path
    """Folder for checkpoints, logs and the finished vocoder; a stopped run continues here."""
    features: Path | None
    """Folder of the features of recordings, some 90 kB for a second of sound; several runs can share one. null keeps
    none: `training.workers` compute the features of each segment when it is drawn."""
    audio: AudioConfig = field(default_factory=AudioConfig)
    """Sampling and mel settings, equal to the acoustic model's."""
    model: VocoderConfig = field(default_factory=VocoderConfig)
    """Sizes of the vocoder, if the training starts from random weights."""
    training: VocoderTrainingConfig = field(
        default_factory=lambda: VocoderTrainingConfig(segments=SegmentConfig(augmentation=AugmentationConfig()))
    )
    """Batches, losses and optimizer; with augmentation, so that a vocoder trained on few voices and microphones copies
    many."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(warmup=200))
    """The learning rate over the run, and its end."""
    run: RunConfig = field(
        default_factory=lambda: RunConfig(threads=2, clip=5.0, validate_every=1000, checkpoint_minutes=8)
    )
    """Devices, checkpoints and logs."""
    pitch: str | None = None
    """Method of pitch: harvest, or dio, twenty times faster, with more voiced frames missed. null is harvest for up to
    50 hours with kept features."""
    processes: int = 1
    """Processes that compute features."""
    minutes_per_speaker: float | None = None
    """Minutes of each speaker at most; null is all. Otherwise a few speakers with much data outweigh many with little,
    and all of it must be measured first."""
    validate_clips: int = 16
    """Recordings of the split "valid" for validation."""
    ema_decay: float = 0.999
    """Decay of the averaged weights, which the voice gets."""
    seed: int = 0
    """Seed of random weights."""


@dataclass(frozen=True, kw_only=True)
class VocoderJob(VocoderSettings):
    """A vocoder training with its data and start."""

    recordings: Sequence[Recording]
    """Aligned recordings; the split "train" is the training data."""
    start: VocoderStart | None = None
    """Start, with its sizes instead of `model`; None is random weights."""
    teacher: Teacher | None = None
    """Acoustic model whose mels are training data too; `training.segments.predicted` is their fraction."""
    callbacks: Sequence[Callback] = ()
    """Further callbacks."""


@dataclass(frozen=True, kw_only=True)
class VocoderRecipe(VocoderSettings):
    """A job whose parts are given as paths."""

    corpora: tuple[Path, ...]
    """Prepared corpora (pngnat prepare), as folders or shards (pngnat bulk shards)."""
    vocoder_from: str | None = None
    """Start: a vocoder's folder, or a voice's name or folder. Its sizes are kept, unless `shrink` is set."""
    shrink: bool = False
    """Prune the start to the sizes of `model`: fewer hidden units, fewer corrections."""
    mels_from: str | None = None
    """Acoustic model whose mels are training data too: a voice's name or folder, or an acoustic training's folder."""

    def job(self) -> VocoderJob:
        """Return the job with its corpora and models. Raise PngnatError if they cannot be read."""
        start = vocoder_start(self.vocoder_from) if self.vocoder_from else None
        if start and self.shrink:
            start = replace(start, vocoder=shrunk(start.vocoder, self.model))
        return VocoderJob(
            **{one.name: getattr(self, one.name) for one in fields(VocoderSettings)},
            recordings=open_corpora(self.corpora),
            start=start,
            teacher=find_teacher(self.mels_from) if self.mels_from else None,
        )


register("adversarial_schema", AdversarialConfig, group="adversarial")


def train_vocoder(job: VocoderJob) -> Vocoder:
    """Train to the end of the schedule, or continue. Write the averaged weights into the run's folder, and return them.

    Raises PngnatError for unusable recordings, a teacher that does not know a speaker, audio settings that differ, and
    a loss that is not finite.
    """
    _check_audio(job)
    L.seed_everything(job.seed)
    train, valid = (as_recordings(job.recordings).part(split) for split in ("train", "valid"))
    if job.minutes_per_speaker is not None:
        train = at_most(train, job.minutes_per_speaker)
    method = job.pitch or ("dio" if job.features is None else choose_pitch_method(train))
    store = FeatureStore(job.features, job.audio, method)
    valid = valid.chosen(random.Random(0).sample(range(len(valid)), min(job.validate_clips, len(valid))))
    missing = store.missing(chain(train, valid))
    _finish(store.measure(missing, Workers(jobs=job.processes)), "features", len(missing))
    if job.teacher and job.features is None:
        raise PngnatError("predicted mels are kept in a folder: name one with features=FOLDER")
    predicted = PredictedMels(job.features, store, job.teacher) if job.teacher and job.features else None
    if predicted:
        silent = predicted.missing(chain(train, valid))
        _finish(predicted.measure(silent), "predicted mels", len(silent))
    model = job.start.vocoder.config if job.start else job.model
    module = VocoderTraining(job.audio, model, job.training, store, train, valid, predicted)
    if job.start:
        module.start_from(job.start)
    save_settings(job.run_dir, job.audio, model)
    ema = Ema("vocoder", job.ema_decay)
    fit(module, job.run_dir, job.run, job.schedule, [ema, Throughput(), Copies(), *job.callbacks])
    with ema.applied(module) as vocoder:
        save_vocoder(job.run_dir, cast(Vocoder, vocoder))
    if module.discriminators is not None:
        save_discriminators(job.run_dir, module.discriminators.state_dict())
    return load_own_vocoder(job.run_dir)


def at_most(recordings: Recordings, minutes: float) -> Recordings:
    """Return recordings of each speaker, drawn at random up to `minutes`; fewer minutes draw a subset of more
    minutes."""
    drawn: list[int] = []
    seconds = np.zeros(len(recordings.names))
    for row in random.Random(0).sample(range(len(recordings)), len(recordings)):
        if seconds[recordings.speaker[row]] < 60 * minutes:
            seconds[recordings.speaker[row]] += recordings.seconds[row]
            drawn.append(row)
    return recordings.chosen(drawn)


def _check_audio(job: VocoderJob) -> None:
    for name, audio in (
        ("the vocoder to start from", job.start and job.start.vocoder.audio),
        ("the acoustic model", job.teacher and job.teacher.audio),
    ):
        if audio not in (None, job.audio):
            raise PngnatError(f"{name} has other audio settings than this training; give it the same under 'audio'")


def _finish(work: Iterable, what: str, count: int) -> None:
    for _ in tqdm(work, total=count, desc=what, unit="clip", disable=count == 0):
        pass
