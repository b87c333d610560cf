"""One progress bar and one estimate of the remaining time, over all stages of a fine-tuning."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

import lightning as L
from lightning.pytorch.callbacks import Callback, ModelSummary

from pngnat.training.schedule import WarmupCosine

# The fraction of a stage from which its own speed is used.
_SHOWS = 0.03


@dataclass(frozen=True)
class ProgressReport:
    """Progress of a fine-tuning. stage: its name. number, stages: its index, and the number of stages to do. share:
    fraction of the stage that is done. left: seconds until the end, estimated."""

    stage: str
    number: int
    stages: int
    share: float
    left: float


Watch = Callable[[ProgressReport], None]


class Progress:
    """The progress over all stages. minutes: planned duration of each stage, by name, in order; titles: for readers.
    watch: receives a report at the start of each stage and about once a second."""

    def __init__(
        self,
        minutes: Mapping[str, float],
        titles: Mapping[str, str],
        file: TextIO | None = None,
        watch: Watch | None = None,
    ):
        from tqdm import tqdm

        self.minutes, self.titles = dict(minutes), dict(titles)
        self._file, self._watch = file or sys.stderr, watch
        self._stage, self._share, self._started, self._drawn = "", 0.0, 0.0, 0.0
        # The part of the stage in progress, and the time of its first report, whose fraction need not be 0.
        self._part: tuple[float, float] = (0.0, 1.0)
        self._first: tuple[float, float] | None = None
        settings = {"bar_format": "{desc} {percentage:3.0f}% |{bar}| {postfix}", "dynamic_ncols": True}
        self._bar = tqdm(
            total=60 * sum(self.minutes.values()),
            file=self._file,
            disable=not (self.minutes and self._file.isatty()),
            **settings,
        )

    def begin(self, stage: str) -> None:
        """Begin a stage; earlier stages are over."""
        self._stage, self._share, self._started = stage, 0.0, time.monotonic()
        self._part, self._first = (0.0, 1.0), None
        number = list(self.minutes).index(stage) + 1
        title = f"[{number}/{len(self.minutes)}] {self.titles[stage]}"
        if self._bar.disable:
            self.say(f"{title}: {_words(self.left)} left in all")
        self._bar.set_description_str(title, refresh=False)
        self._drawn = 0.0
        self._draw()

    def expect(self, minutes: float) -> None:
        """Correct the planned duration of this stage."""
        if self._stage in self.minutes:
            self.minutes[self._stage] = minutes
            self._bar.total = 60 * sum(self.minutes.values())

    def part(self, start: float, end: float) -> None:
        """Begin the part of the stage from `start` to `end`, which has a speed of its own."""
        self._part, self._first = (start, end), None

    def share(self, done: float) -> None:
        """Report the fraction of the stage, or of its part, that is done."""
        start, end = self._part
        self._share = min(max(start + (end - start) * done, self._share), 1.0)
        self._first = self._first or (self._share, time.monotonic())
        self._draw()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.write(text, file=self._file)

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()

    @property
    def left(self) -> float:
        """The estimated seconds until the end: this stage by its own speed, once known, the others as planned."""
        names = list(self.minutes)
        if self._stage not in names:
            return 60 * sum(self.minutes.values())
        later = 60 * sum(self.minutes[name] for name in names[names.index(self._stage) + 1 :])
        return self._left_of_stage(60 * self.minutes[self._stage]) + later

    def _left_of_stage(self, planned: float) -> float:
        """Return seconds. Work of an earlier run says nothing about the speed of this one."""
        now, end = time.monotonic(), self._part[1]
        if self._first is None:
            return max(planned * (1 - self._share) - (now - self._started), 0.0)
        share, since = self._first
        if self._share - share <= _SHOWS:
            return max(planned * (1 - share) - (now - since), 0.0)
        return (end - self._share) * (now - since) / (self._share - share) + planned * (1 - end)

    def _draw(self) -> None:
        if time.monotonic() - self._drawn < 1.0:
            return
        self._drawn = time.monotonic()
        names = list(self.minutes)
        if self._watch is not None:
            self._watch(ProgressReport(self._stage, names.index(self._stage) + 1, len(names), self._share, self.left))
        if self._bar.disable:
            return
        before = 60 * sum(self.minutes[name] for name in names[: names.index(self._stage)])
        self._bar.n = min(before + 60 * self.minutes[self._stage] * self._share, self._bar.total)
        self._bar.set_postfix_str(f"{_words(self.left)} left")


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


class TrainingProgress(Callback):
    """The progress of a training, in place of Lightning's bar and table of layers."""

    def __init__(self, progress: Progress):
        self.progress = progress

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        if trainer.progress_bar_callback is not None:
            trainer.progress_bar_callback.disable()
        # A new list: the old one is being iterated.
        others = [callback for callback in trainer.callbacks if not isinstance(callback, ModelSummary)]  # type: ignore[attr-defined]
        trainer.callbacks = others  # type: ignore[attr-defined]  # Lightning's types leave it out

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.progress.share(training_share(trainer))


def training_share(trainer: L.Trainer) -> float:
    """Return the fraction of a run that is over, by its schedule."""
    schedule = next(one for one in trainer.callbacks if isinstance(one, WarmupCosine))  # type: ignore[attr-defined]
    return schedule.progress(trainer.global_step)
