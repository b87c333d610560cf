"""Fine-tuning of the vocoder to a new speaker. The result is kept if it sounds better on the mels of the fine-tuned
acoustic model."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from pngnat.data.corpus import Recording
from pngnat.data.features import FeatureStore
from pngnat.evaluation.judges import Judge, MosAndSpeakerJudge, SpokenSentence, first_installed, log_mel_judge
from pngnat.evaluation.mos import MosPredictor
from pngnat.evaluation.speaker_encoder import SpeakerEncoder
from pngnat.finetune.progress import Progress, TrainingProgress
from pngnat.finetune.selection import to_speak
from pngnat.models.vocoder import Vocoder
from pngnat.training.discriminators import AdversarialConfig
from pngnat.training.export import VocoderStart
from pngnat.training.predicted_mels import PredictedMels, Teacher
from pngnat.training.runs import RunConfig
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.vocoder import VocoderTrainingConfig
from pngnat.training.vocoder_data import SegmentConfig
from pngnat.training.vocoder_job import VocoderJob, train_vocoder
from pngnat.workers.pool import Workers

# Fractions of the stage's time: the least for training, however long the features took, and the features' estimate.
_LEAST, _MEASURING = 0.3, 0.2
# Sentences that both vocoders synthesize.
_SENTENCES = 16


@dataclass(frozen=True)
class VocoderTuning:
    """Settings of the vocoder fine-tuning."""

    training: VocoderTrainingConfig = field(
        default_factory=lambda: VocoderTrainingConfig(
            batch_size=8,
            betas=(0.8, 0.99),
            stft_weight=0.3,
            mel_weight=2.0,
            adversarial=AdversarialConfig(),
            segments=SegmentConfig(predicted=0.0),
        )
    )
    """Batches, losses and optimizer: as in the base vocoder's second stage (conf/vocoder_adversarial.yaml), with
    smaller batches, on the mels of recordings alone (docs/decisions.md)."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(learning_rate=3e-5, warmup=50, steps=4000))
    """The learning rate; its hours are the time budget. At 1e-4, minutes were not enough to reach the base vocoder
    again."""
    run: RunConfig = field(
        default_factory=lambda: RunConfig(threads=2, clip=5.0, validate_every=500, checkpoint_minutes=3)
    )
    """Devices, checkpoints and logs."""
    pitch: str = "harvest"
    """Method of pitch: harvest, or dio, twenty times faster, with more voiced frames missed."""
    processes: int = 1
    """Processes that measure pitch."""
    validate_clips: int = 8
    """Recordings of the split "valid" for validation."""
    ema_decay: float = 0.99
    """Decay of the averaged weights, which the voice gets."""


@dataclass(frozen=True)
class VocoderLearner:
    """Data and start of the fine-tuning. start: the base vocoder. teacher: the fine-tuned acoustic model. recordings:
    the target's, all splits. features: folder of their features."""

    start: VocoderStart
    teacher: Teacher
    recordings: Sequence[Recording]
    features: Path


def tune_vocoder(
    learner: VocoderLearner, tuning: VocoderTuning, hours: float, folder: Path, progress: Progress
) -> Vocoder:
    """Fine-tune in `folder`, or continue. hours: of the stage, features included."""
    start, recordings = learner.start, learner.recordings
    started = time.monotonic()
    progress.part(0.0, _MEASURING)
    _measure(learner, tuning, progress)
    progress.part(_MEASURING, 1.0)
    measuring = (time.monotonic() - started) / 3600
    schedule = replace(tuning.schedule, hours=max(hours - measuring, _LEAST * hours))
    job = VocoderJob(
        run_dir=folder / "run",
        recordings=recordings,
        features=learner.features,
        audio=start.vocoder.audio,
        start=start,
        teacher=learner.teacher if tuning.training.segments.predicted else None,
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


def _measure(learner: VocoderLearner, tuning: VocoderTuning, progress: Progress) -> None:
    """Compute the pitch of the recordings, and their predicted mels if they are training data, so that the training's
    clock counts neither."""
    recordings = [recording for recording in learner.recordings if recording.split != "test"]
    store = FeatureStore(learner.features, learner.teacher.audio, tuning.pitch)
    predicted = PredictedMels(learner.features, store, learner.teacher)
    unmeasured = store.missing(recordings)
    silent = predicted.missing(recordings) if tuning.training.segments.predicted else []
    work = itertools.chain(store.measure(unmeasured, Workers(jobs=tuning.processes)), predicted.measure(silent))
    for done, _ in enumerate(work, 1):
        progress.share(done / (len(unmeasured) + len(silent)))


@dataclass(frozen=True)
class VocoderChoice:
    """The choice between two vocoders. judge: name of the judge. base, tuned: its scores before and after fine-tuning."""

    judge: str
    base: float
    tuned: float

    @property
    def is_tuned(self) -> bool:
        """Whether the fine-tuned vocoder is kept. One whose score is not finite is not."""
        return self.tuned >= self.base

    @property
    def line(self) -> str:
        """A line for readers."""
        kept = "it is kept" if self.is_tuned else "the voice keeps the one of before"
        return f"{self.judge} on `valid`: {self.tuned:.3f} with it, {self.base:.3f} before; {kept}"


def choose_vocoder(base: Vocoder, tuned: Vocoder, teacher: Teacher, recordings: Sequence[Recording]) -> VocoderChoice:
    """Synthesize sentences with both vocoders, from mels with the recordings' durations, and compare.

    teacher: the acoustic model. recordings: the target's split "valid".
    """
    sentences, audio = to_speak(recordings, _SENTENCES), teacher.audio
    mels = [torch.from_numpy(teacher.mel(recording))[None] for recording in sentences]
    recorded = [SpokenSentence.recorded(recording) for recording in recordings]
    makers: tuple[Callable[[], Judge], ...] = (
        lambda: MosAndSpeakerJudge(MosPredictor(), SpeakerEncoder().embed, recorded),
        lambda: log_mel_judge(recorded, audio),
    )
    judge = first_installed(*makers)
    scores = [
        judge.score([_speak(vocoder, *pair) for pair in zip(mels, sentences, strict=True)])["score"]
        for vocoder in (base, tuned)
    ]
    return VocoderChoice(judge.name, *(round(score, 4) for score in scores))


@torch.inference_mode()
def _speak(vocoder: Vocoder, mel: torch.Tensor, recording: Recording) -> SpokenSentence:
    samples = vocoder(mel, generator=torch.Generator().manual_seed(0))[0].numpy()
    return SpokenSentence(recording.id, recording.utterance.text, samples, vocoder.audio.sample_rate)
