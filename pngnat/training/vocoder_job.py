"""A vocoder's training from beginning to end, as a recipe runs it: features, predicted mels, fitting, export."""

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
from pngnat.data.features import FeatureStore, quick_enough
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
    """How to train a vocoder, whatever it learns from."""

    run_dir: Path
    """Checkpoints, logs and, at the end, the vocoder; a run that was stopped goes on from here."""
    features: Path | None
    """Folder of what is measured in the recordings, some 90 kB for a second of sound; name one folder for several runs.
    null keeps nothing: each segment is measured by `training.workers` when it is drawn."""
    audio: AudioConfig = field(default_factory=AudioConfig)
    """Sampling and mel settings, the acoustic model's."""
    model: VocoderConfig = field(default_factory=VocoderConfig)
    """Sizes, where the training starts from random weights."""
    training: VocoderTrainingConfig = field(
        default_factory=lambda: VocoderTrainingConfig(segments=SegmentConfig(augmentation=AugmentationConfig()))
    )
    """How to train; with recordings that are changed, so that a vocoder that knows few voices and microphones copies
    many."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(warmup=200))
    """The learning rate over the run, and its end."""
    run: RunConfig = field(
        default_factory=lambda: RunConfig(threads=2, clip=5.0, validate_every=1000, checkpoint_minutes=8)
    )
    """Where and how it runs."""
    pitch: str | None = None
    """How pitch is measured: harvest, or dio, twenty times quicker, with more voiced frames missed. null takes harvest
    for up to 50 hours whose features are kept."""
    processes: int = 1
    """Processes that measure features."""
    minutes_per_speaker: float | None = None
    """At most so much of each speaker is learned from; null takes all. A few speakers of whom there is much would
    outweigh many of whom there is little, and all of it must be measured first."""
    validate_clips: int = 16
    """Recordings of the split "valid" that are drawn for validation."""
    ema_decay: float = 0.999
    """Of the averaged weights, which the voice gets."""
    seed: int = 0
    """Of random weights."""


@dataclass(frozen=True, kw_only=True)
class VocoderJob(VocoderSettings):
    """What to train on what."""

    recordings: Sequence[Recording]
    """Aligned; the split "train" is learned from."""
    start: VocoderStart | None = None
    """What to go on from, its sizes instead of `model`; None begins with random weights."""
    teacher: Teacher | None = None
    """The acoustic model whose mels to learn from besides the recordings' own; how often, says
    `training.segments.predicted`."""
    callbacks: Sequence[Callback] = ()
    """More of them than every run has."""


@dataclass(frozen=True, kw_only=True)
class VocoderRecipe(VocoderSettings):
    """A job whose parts are named by their places."""

    corpora: tuple[Path, ...]
    """Prepared corpora (pngnat prepare), in folders or in shards (pngnat bulk shards)."""
    vocoder_from: str | None = None
    """What to start from: a vocoder's folder, or a voice's name or folder; its sizes are kept, unless it is to
    shrink."""
    shrink: bool = False
    """Whether to cut what to start from to the sizes of `model`: fewer hidden units, fewer corrections."""
    mels_from: str | None = None
    """Acoustic model to learn the mels of as well: a voice's name or folder, or an acoustic training's folder."""

    def job(self) -> VocoderJob:
        """The job, its corpora and models read. Raises PngnatError where they cannot be."""
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
    """Train, or go on training, to the schedule's end. Writes the averaged weights into the run's folder and returns
    them, ready to use.

    Raises PngnatError for recordings that cannot be used, a teacher who does not know a speaker, audio settings that
    differ, and a loss that is no number."""
    _check_audio(job)
    L.seed_everything(job.seed)
    train, valid = (as_recordings(job.recordings).part(split) for split in ("train", "valid"))
    if job.minutes_per_speaker is not None:
        train = at_most(train, job.minutes_per_speaker)
    method = job.pitch or ("dio" if job.features is None else quick_enough(train))
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
    """Recordings of each speaker, drawn at random until they last `minutes`; fewer minutes draw some of those that more
    minutes draw."""
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
