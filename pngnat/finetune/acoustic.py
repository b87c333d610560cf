"""Fine-tuning of the acoustic model to a new speaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from pngnat.data.corpus import Recording
from pngnat.data.dataset import AcousticDataset
from pngnat.data.features import FeatureStore
from pngnat.engine.torch_engine import torch_voice
from pngnat.engine.voice import Voice
from pngnat.finetune.data import mixed
from pngnat.finetune.progress import Progress, TrainingProgress
from pngnat.finetune.selection import (
    JUDGED_BY,
    BestBySpeech,
    SpeechJudgement,
    ValidationHistory,
    ValidationSentences,
    best_model,
    make_judge,
)
from pngnat.models.png_nat import PngNat
from pngnat.training.acoustic import AcousticTraining, AcousticTrainingConfig
from pngnat.training.callbacks import Ema, Throughput
from pngnat.training.export import AcousticRun
from pngnat.training.mel_discriminator import MelAdversarialConfig
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.start import start_from_model
from pngnat.voice.card import SpeakerCard
from pngnat.voice.modules import VoiceModules


@dataclass(frozen=True)
class AcousticTuning:
    """Settings of the acoustic fine-tuning."""

    training: AcousticTrainingConfig = field(
        default_factory=lambda: AcousticTrainingConfig(
            batch_seconds=20.0, pictures=0, adversarial=MelAdversarialConfig()
        )
    )
    """Batches, losses and optimizer. In the same time, small batches adapt to a speaker better than batches of 40
    seconds. The discriminator is the base voice's, or none: a new one could not learn enough in the time."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(learning_rate=2e-4, warmup=50, steps=8000))
    """The learning rate; its hours are the time budget, which usually ends the training before its steps."""
    run: RunConfig = field(default_factory=lambda: RunConfig(threads=2, validate_every=200, checkpoint_minutes=3))
    """Devices, checkpoints and logs."""
    ema_decay: float = 0.99
    """Decay of the averaged weights, which the voice gets."""
    professional_share: float = 0.25
    """Fraction of the training data's duration that professionals have, if there are recordings of professionals."""
    frozen_layers: int = 4
    """Frozen layers of PnG BERT, from the embeddings up: the meaning of a text does not depend on the speaker."""
    validations: int = 4
    """Number of validations, each of which takes minutes of a short training."""
    sentences: int = 16
    """Largest number of sentences of a validation."""
    measure: str = "auto"
    """listeners (word errors, quality and speaker similarity), mel_cepstra (their distance), or auto: listeners if
    installed."""


@dataclass(frozen=True)
class Learner:
    """Data and start of the fine-tuning. base: the voice to start from. speaker: the new speaker, who starts as
    `nearest`. target: the speaker's recordings. features: folder of the features of recordings. professionals:
    recordings of the base voice's speakers, against forgetting. discriminator: weights of the base model's mel
    discriminator."""

    base: VoiceModules
    speaker: str
    nearest: str
    target: Sequence[Recording]
    features: Path
    professionals: Sequence[Recording] = ()
    discriminator: Mapping[str, Tensor] | None = None

    def part(self, split: str) -> list[Recording]:
        """Return the target's recordings of a split."""
        return [recording for recording in self.target if recording.split == split]


def tune_acoustic(
    learner: Learner, tuning: AcousticTuning, hours: float, run_dir: Path, progress: Progress
) -> ValidationHistory:
    """Fine-tune in `run_dir`, or continue, and return the validations; `target_model` then returns the model.

    hours: of training, validations included.
    """
    before = ValidationHistory.load(run_dir)
    if before and before.points >= tuning.validations:
        return before
    torch.manual_seed(tuning.training.seed)
    base, speakers = learner.base, [*learner.base.speakers, learner.speaker]
    config = replace(base.acoustic.config.with_speakers(len(speakers)), frozen_layers=tuning.frozen_layers)
    features = FeatureStore(learner.features, config.audio)
    valid = learner.part("valid")
    train = mixed(learner.part("train"), learner.professionals, tuning.professional_share)
    data = [
        AcousticDataset(recordings, base.tokenizer, speakers, features, config.prosody is not None)
        for recordings in (train, valid)
    ]
    training = tuning.training if learner.discriminator else replace(tuning.training, adversarial=None)
    module = AcousticTraining(config, training, *data)
    module.load_discriminator(learner.discriminator)
    start_from_model(module.model, speakers, base.acoustic, base.speakers, {learner.speaker: learner.nearest})
    AcousticRun(config, tuple(speakers)).save(run_dir)
    base.tokenizer.save(run_dir)
    sentences = ValidationSentences(valid, tuning.sentences)
    measure = before.judge if before else tuning.measure
    judge = make_judge(measure, sentences, config.audio, max(1, tuning.run.threads), progress.say)
    progress.say(f"what is learned is judged by {JUDGED_BY[judge.name]}")
    ema = Ema("model", tuning.ema_decay)
    voice_of = _speaking(base, speakers)
    judgement = SpeechJudgement(judge, sentences, voice_of, learner.speaker, tuning.validations)
    best = BestBySpeech(judgement, ema, run_dir, progress.say)
    fit(
        module,
        run_dir,
        tuning.run,
        replace(tuning.schedule, hours=hours),
        [ema, Throughput(), best, TrainingProgress(progress)],
    )
    return best.history


def _speaking(base: VoiceModules, speakers: Sequence[str]):
    """Return a voice of a model and the base voice's vocoder."""
    cards = tuple(SpeakerCard(name) for name in speakers)

    def voice_of(model: PngNat) -> Voice:
        card = replace(base.card, speakers=cards, blend=None, professional=None)
        return torch_voice(VoiceModules(card, base.tokenizer, model, base.vocoder))

    return voice_of


def target_model(run_dir: Path, speaker: str) -> PngNat:
    """Return the best model, with one speaker: the rows of others are not part of a person's voice."""
    model, speakers = best_model(run_dir)
    weights = model.state_dict()
    row = speakers.index(speaker)
    weights["speaker.weight"] = weights["speaker.weight"][row : row + 1]
    alone = PngNat(model.config.with_speakers(1))
    alone.load_state_dict(weights)
    return alone.eval().requires_grad_(False)
