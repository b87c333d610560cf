"""One progress bar and one estimate of the time left, over all stages of a fine-tuning."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

import lightning as L
from lightning.pytorch.callbacks import Callback, ModelSummary

from pngnat.training.schedule import WarmupCosine


class Progress:
    """minutes: how long each stage will take, by its name, in order; titles: what a person reads."""

    def __init__(self, minutes: Mapping[str, float], titles: Mapping[str, str], file: TextIO | None = None):
        from tqdm import tqdm

        self.minutes, self.titles = dict(minutes), dict(titles)
        self._file = file or sys.stderr
        self._stage, self._share, self._started, self._drawn = "", 0.0, 0.0, 0.0
        settings = {"bar_format": "{desc} {percentage:3.0f}% |{bar}| {postfix}", "dynamic_ncols": True}
        self._bar = tqdm(
            total=60 * sum(self.minutes.values()), file=self._file, disable=not (self.minutes and self._file.isatty()), **settings
        )

    def begin(self, stage: str) -> None:
        """A stage starts; those before it are over."""
        self._stage, self._share, self._started = stage, 0.0, time.monotonic()
        number = list(self.minutes).index(stage) + 1
        title = f"[{number}/{len(self.minutes)}] {self.titles[stage]}"
        if self._bar.disable:
            self.say(f"{title}: {_words(self.left)} left in all")
        self._bar.set_description_str(title, refresh=False)
        self._drawn = 0.0
        self._draw()

    def share(self, done: float) -> None:
        """How much of the stage is done, 0 to 1."""
        self._share = min(max(done, self._share), 1.0)
        self._draw()

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._bar.write(text, file=self._file)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()

    @property
    def left(self) -> float:
        """Seconds until the last stage's end: of this stage by its own speed once that shows, of the others as planned."""
        names = list(self.minutes)
        if self._stage not in names:
            return 60 * sum(self.minutes.values())
        later = 60 * sum(self.minutes[name] for name in names[names.index(self._stage) + 1 :])
        passed, planned = time.monotonic() - self._started, 60 * self.minutes[self._stage]
        own = passed / self._share - passed if self._share > 0.05 else max(planned - passed, 0.0)
        return own + later

    def _draw(self) -> None:
        if self._bar.disable or time.monotonic() - self._drawn < 1.0:
            return
        self._drawn = time.monotonic()
        names = list(self.minutes)
        before = 60 * sum(self.minutes[name] for name in names[: names.index(self._stage)])
        self._bar.n = min(before + 60 * self.minutes[self._stage] * self._share, self._bar.total)
        self._bar.set_postfix_str(f"{_words(self.left)} left")


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


class TrainingProgress(Callback):
    """Moves the bar while a training runs, in place of Lightning's own bar and table of layers.

    until: the share of the stage that is over at the training's end.
    """

    def __init__(self, progress: Progress, until: float = 1.0):
        self.progress, self.until = progress, until

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        if trainer.progress_bar_callback is not None:
            trainer.progress_bar_callback.disable()
        # A new list: the old one is being walked through.
        trainer.callbacks = [callback for callback in trainer.callbacks if not isinstance(callback, ModelSummary)]

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.progress.share(self.until * training_share(trainer))


def training_share(trainer: L.Trainer) -> float:
    """How much of a run is over, 0 to 1, by its schedule."""
    schedule = next(callback for callback in trainer.callbacks if isinstance(callback, WarmupCosine))
    return schedule.progress(trainer.global_step)
