"""The vocoder learns a new speaker, from the mels that the fine-tuned acoustic model predicts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pngnat.data.corpus import Recording
from pngnat.finetune.progress import Progress, TrainingProgress
from pngnat.models.vocoder import Vocoder
from pngnat.training.predicted_mels import PredictedMels, Teacher
from pngnat.training.runs import RunConfig
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.vocoder import VocoderTrainingConfig
from pngnat.training.vocoder_data import Clip, FeatureStore
from pngnat.training.vocoder_export import VocoderStart
from pngnat.training.vocoder_job import VocoderJob, train_vocoder

# Of the stage's time that must be left for training, however long the features took; and that features take, about.
_LEAST, _MEASURING = 0.3, 0.2


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
    progress.part(0.0, _MEASURING)
    _measure(learner, tuning, features, progress)
    progress.part(_MEASURING, 1.0)
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


def _measure(learner: VocoderLearner, tuning: VocoderTuning, features: Path, progress: Progress) -> None:
    """Pitch of the recordings and the mels that are predicted for them, so that the training finds both and its clock counts neither."""
    recordings = [recording for recording in learner.recordings if recording.split != "test"]
    store = FeatureStore(features, learner.start.vocoder.audio, tuning.pitch)
    predicted = PredictedMels(features, store, learner.teacher)
    unmeasured = store.missing([Clip.of(recording) for recording in recordings])
    silent = predicted.missing(recordings)
    work = itertools.chain(store.measure(unmeasured, tuning.processes), predicted.measure(silent))
    for done, _ in enumerate(work, 1):
        progress.share(done / (len(unmeasured) + len(silent)))
