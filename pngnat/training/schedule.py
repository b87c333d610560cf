"""The learning rate over a run, and the run's end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback


@dataclass(frozen=True)
class ScheduleConfig:
    """The learning rate over a run, and the run's end.

    Only runs limited by steps resume exactly: with a limit in hours, the result depends on the speed of the machine.
    """

    learning_rate: float = 1e-3
    """Peak learning rate."""
    warmup: int = 500
    """Steps until the peak."""
    steps: int = 100_000
    """Steps of the run."""
    hours: float | None = None
    """Limit of the run in hours; null is no limit."""
    final: float = 0.02
    """Fraction of the peak at the end."""


class WarmupCosine(Callback):
    """Linear warm-up, then half a cosine down to `final`, over steps or hours, whichever pass sooner; then the run
    stops.

    A parameter group with an "lr_scale" has that multiple of the rate.
    """

    def __init__(self, config: ScheduleConfig):
        self.config = config
        self.elapsed = 0.0
        self._clock: float | None = None

    def progress(self, step: int) -> float:
        """Return the fraction of the run that is over."""
        share = step / self.config.steps
        return min(1.0, max(share, self.elapsed / 3600 / self.config.hours) if self.config.hours else share)

    def rate(self, step: int) -> float:
        """Return the learning rate of step `step`, counted from 0."""
        warmth = min(1.0, (step + 1) / max(1, self.config.warmup))
        falling = 0.5 * (1 + math.cos(math.pi * self.progress(step)))
        return self.config.learning_rate * warmth * (self.config.final + (1 - self.config.final) * falling)

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        now = time.monotonic()
        self.elapsed += now - self._clock if self._clock else 0.0
        self._clock = now
        if self.config.hours:
            # Processes that disagree about the time would stop at different steps.
            self.elapsed = trainer.strategy.broadcast(self.elapsed)
        rate = self.rate(trainer.global_step)
        for optimizer in trainer.optimizers:
            for group in optimizer.param_groups:
                # Older checkpoints call it "speed".
                group["lr"] = rate * group.get("lr_scale", group.get("speed", 1.0))
        pl_module.log("learning_rate", rate, batch_size=1)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self.progress(trainer.global_step) >= 1:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        return {"elapsed": self.elapsed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.elapsed = state_dict["elapsed"]
