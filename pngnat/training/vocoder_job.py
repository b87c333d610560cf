"""A vocoder's training from beginning to end, as a recipe runs it: features, predicted mels, fitting, export."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import lightning as L
from lightning.pytorch.callbacks import Callback
from tqdm import tqdm

from pngnat.audio.config import AudioConfig
from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.training.callbacks import Ema, Throughput
from pngnat.training.export import VocoderStart
from pngnat.training.predicted_mels import PredictedMels, Teacher
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.vocoder import Copies, VocoderTraining, VocoderTrainingConfig
from pngnat.training.vocoder_data import Clip, FeatureStore
from pngnat.voice.vocoders import load_own_vocoder, save_discriminators, save_settings, save_vocoder


@dataclass(frozen=True)
class VocoderJob:
    """What to train on what.

    run_dir: checkpoints, logs and, at the end, the vocoder; a run that was stopped goes on from here.
    recordings: aligned; the split "train" is learned from, `validate_clips` of "valid" are listened to.
    features: folder of what is measured in the recordings, which runs may share. pitch: method of FeatureStore; processes: that measure.
    minutes_per_speaker: at most so much of each speaker is learned from; None takes all. A few speakers of whom there is much would
    outweigh many of whom there is little, and all of it must be measured first.
    start: what to go on from, its sizes instead of `model`; None begins with random weights.
    teacher: the acoustic model whose mels to learn from besides the recordings' own; how often, says `training.segments.predicted`.
    callbacks: more of them than every run has.
    """

    run_dir: Path
    recordings: Sequence[Recording]
    features: Path
    audio: AudioConfig = field(default_factory=AudioConfig)
    model: VocoderConfig = field(default_factory=VocoderConfig)
    start: VocoderStart | None = None
    teacher: Teacher | None = None
    training: VocoderTrainingConfig = field(default_factory=VocoderTrainingConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    run: RunConfig = field(default_factory=RunConfig)
    pitch: str = "harvest"
    processes: int = 1
    minutes_per_speaker: float | None = None
    validate_clips: int = 16
    ema_decay: float = 0.999
    seed: int = 0
    callbacks: Sequence[Callback] = ()


def train_vocoder(job: VocoderJob) -> Vocoder:
    """Train, or go on training, to the schedule's end. Writes the averaged weights into the run's folder and returns them, ready to use.

    Raises PngnatError for recordings that cannot be used, a teacher who does not know a speaker, audio settings that differ, and a
    loss that is no number.
    """
    _check_audio(job)
    L.seed_everything(job.seed)
    store = FeatureStore(job.features, job.audio, job.pitch)
    train = [recording for recording in job.recordings if recording.split == "train"]
    if job.minutes_per_speaker is not None:
        train = at_most(train, job.minutes_per_speaker)
    valid = [recording for recording in job.recordings if recording.split == "valid"]
    valid = random.Random(0).sample(valid, min(job.validate_clips, len(valid)))
    clips = {"train": [Clip.of(recording) for recording in train], "valid": [Clip.of(recording) for recording in valid]}
    missing = store.missing([*clips["train"], *clips["valid"]])
    _finish(store.measure(missing, job.processes), "features", len(missing))
    predicted = PredictedMels(job.features, store, job.teacher) if job.teacher else None
    if predicted:
        silent = predicted.missing([*train, *valid])
        _finish(predicted.measure(silent), "predicted mels", len(silent))
    model = job.start.vocoder.config if job.start else job.model
    module = VocoderTraining(job.audio, model, job.training, store, clips["train"], clips["valid"], predicted)
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


def at_most(recordings: Sequence[Recording], minutes: float) -> list[Recording]:
    """Recordings of each speaker, drawn at random until they last `minutes`; fewer minutes draw some of those that more minutes draw."""
    drawn: list[Recording] = []
    seconds: defaultdict[str, float] = defaultdict(float)
    for recording in random.Random(0).sample(list(recordings), len(recordings)):
        if seconds[recording.speaker] < 60 * minutes:
            seconds[recording.speaker] += recording.seconds
            drawn.append(recording)
    return drawn


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
