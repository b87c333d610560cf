"""One training of durations from a start to a model, as a function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import lightning as L

from experiments.encoders.durations import DurationDataset, DurationTraining, DurationTrainingConfig
from pngnat.data.corpus import Recording
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.stamps import digest
from pngnat.text.tokenizer import FILE, PngTokenizer
from pngnat.training.callbacks import Ema
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.start import start_from_encoder


@dataclass(frozen=True)
class DurationPlan:
    """What one training learns, and from which recordings. seed: of its random start and of the order of its
    batches."""

    model: PngNatConfig
    train: Sequence[Recording]
    valid: Sequence[Recording]
    schedule: ScheduleConfig
    seed: int


@dataclass(frozen=True)
class DurationJob:
    """What all trainings of a comparison share.

    tokenizer_folder: has tokenizer.json. speakers: names in the order of the model's speaker table.
    """

    tokenizer_folder: Path
    speakers: Sequence[str]
    training: DurationTrainingConfig
    run: RunConfig
    ema_decay: float = 0.98

    @cached_property
    def tokenizer(self) -> PngTokenizer:
        """What makes tokens of utterances, for all models alike."""
        return PngTokenizer.load(self.tokenizer_folder)

    def settings(self, plan: DurationPlan, start: Any) -> dict[str, Any]:
        """All that decides what `train` makes of a plan, for its stamp. start: what stands for its start, as JSON."""
        return {
            "model": plan.model.to_dict(),
            "start": start,
            "recordings": recordings_digest(plan.train),
            "speakers": list(self.speakers),
            "tokenizer": digest(self.tokenizer_folder / FILE),
            "training": asdict(replace(self.training, seed=plan.seed)),
            "schedule": asdict(plan.schedule),
            "clip": self.run.clip,
            "accumulate": self.run.accumulate,
            "ema_decay": self.ema_decay,
        }

    def train(self, folder: Path, plan: DurationPlan, start: PngNat | Path | None = None) -> PngNat:
        """The model with its averaged weights; goes on where a run in `folder` stopped.

        start: a model of the same sizes, or the folder of a pre-trained PnG BERT; None starts from random weights drawn
        with the seed."""
        L.seed_everything(plan.seed)
        data = [DurationDataset(recordings, self.tokenizer, self.speakers) for recordings in (plan.train, plan.valid)]
        module = DurationTraining(plan.model, replace(self.training, seed=plan.seed), *data)
        if isinstance(start, PngNat):
            module.model.load_state_dict(start.state_dict())
        elif start:
            start_from_encoder(module.model, start, self.tokenizer_folder)
        ema = Ema("model", self.ema_decay)
        fit(module, folder, self.run, plan.schedule, [ema])
        trained = PngNat(plan.model)
        trained.load_state_dict(ema.average)
        return trained.eval()


def recordings_digest(recordings: Iterable[Recording]) -> str:
    """Other digits where one of the recordings, its words or its times is another, or their order."""
    parts: list = []
    for recording in recordings:
        words = [[word.text, word.phonemes] for word in recording.utterance.words]
        marks = [boundary.marks for boundary in recording.utterance.boundaries]
        parts += [[recording.id, recording.speaker, words, marks], recording.durations.tobytes()]
    return digest(*parts)
