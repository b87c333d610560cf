"""One training of durations from a start to a model, as a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import lightning as L

from pngnat.data.corpus import Recording
from pngnat.data.duration_dataset import DurationDataset
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.callbacks import Ema
from pngnat.training.durations import DurationTraining, DurationTrainingConfig
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.start import start_from_encoder


@dataclass(frozen=True)
class DurationJob:
    """What all trainings of a comparison share. speakers: names in the order of the model's speaker table."""

    tokenizer: PngTokenizer
    speakers: Sequence[str]
    training: DurationTrainingConfig
    run: RunConfig
    ema_decay: float = 0.98

    def train(
        self,
        folder: Path,
        model: PngNatConfig,
        train: Sequence[Recording],
        valid: Sequence[Recording],
        schedule: ScheduleConfig,
        seed: int,
        start: PngNat | Path | None = None,
    ) -> PngNat:
        """The model with its averaged weights; goes on where a run in `folder` stopped.

        start: a model of the same sizes, or the folder of a pre-trained PnG BERT; None starts from random weights drawn with `seed`.
        """
        L.seed_everything(seed)
        data = [DurationDataset(recordings, self.tokenizer, self.speakers) for recordings in (train, valid)]
        module = DurationTraining(model, replace(self.training, seed=seed), *data)
        if isinstance(start, PngNat):
            module.model.load_state_dict(start.state_dict())
        elif start:
            start_from_encoder(module.model, start)
        ema = Ema("model", self.ema_decay)
        fit(module, folder, self.run, schedule, [ema])
        trained = PngNat(model)
        trained.load_state_dict(ema.average)
        return trained.eval()
