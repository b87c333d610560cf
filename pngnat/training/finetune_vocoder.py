"""The vocoder learns a new speaker, from the mels that the fine-tuned acoustic model predicts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pngnat.data.corpus import Recording
from pngnat.models.vocoder import Vocoder
from pngnat.training.finetune_progress import Progress, TrainingProgress
from pngnat.training.predicted_mels import Teacher
from pngnat.training.runs import RunConfig
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.vocoder import VocoderTrainingConfig
from pngnat.training.vocoder_data import Clip, FeatureStore
from pngnat.training.vocoder_export import VocoderStart
from pngnat.training.vocoder_job import VocoderJob, train_vocoder

# Of the stage's time that must be left for training, however long the features took.
_LEAST = 0.3


@dataclass(frozen=True)
class VocoderTuning:
    """How to fine-tune. schedule: its hours are the time budget's. pitch, processes, validate_clips, ema_decay: as in VocoderJob."""

    training: VocoderTrainingConfig = field(default_factory=VocoderTrainingConfig)
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(learning_rate=1e-4, warmup=50, steps=4000))
    run: RunConfig = field(default_factory=RunConfig)
    pitch: str = "harvest"
    processes: int = 1
    validate_clips: int = 8
    ema_decay: float = 0.99


@dataclass(frozen=True)
class VocoderLearner:
    """start: what to begin from. teacher: the fine-tuned acoustic model, which knows the speaker. recordings: the target's, all splits."""

    start: VocoderStart
    teacher: Teacher
    recordings: Sequence[Recording]


def tune_vocoder(learner: VocoderLearner, tuning: VocoderTuning, hours: float, folder: Path, progress: Progress) -> Vocoder:
    """Fine-tune in `folder`, or go on there. hours: of the whole stage, measuring features included."""
    start, recordings = learner.start, learner.recordings
    started, features = time.monotonic(), folder / "features"
    store = FeatureStore(features, start.vocoder.audio, tuning.pitch)
    missing = store.missing([Clip.of(recording) for recording in recordings if recording.split != "test"])
    for _ in store.measure(missing, tuning.processes):
        pass
    measuring = (time.monotonic() - started) / 3600
    schedule = replace(tuning.schedule, hours=max(hours - measuring, _LEAST * hours))
    job = VocoderJob(
        run_dir=folder / "run",
        recordings=recordings,
        features=features,
        audio=start.vocoder.audio,
        start=start,
        teacher=learner.teacher,
        training=tuning.training,
        schedule=schedule,
        run=tuning.run,
        pitch=tuning.pitch,
        processes=tuning.processes,
        validate_clips=tuning.validate_clips,
        ema_decay=tuning.ema_decay,
        callbacks=(TrainingProgress(progress),),
    )
    return train_vocoder(job)
