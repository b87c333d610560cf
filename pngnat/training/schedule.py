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

    A run that is limited by hours ends with its learning rate lowered too, but what it learned depends on the machine's
    speed; only runs limited by steps resume exactly."""

    learning_rate: float = 1e-3
    """The peak."""
    warmup: int = 500
    """Steps until the peak is reached."""
    steps: int = 100_000
    """Length of the run."""
    hours: float | None = None
    """When to be done at the latest; null for no limit."""
    final: float = 0.02
    """Share of the peak that is left at the end."""


class WarmupCosine(Callback):
    """Linear warm-up, then half a cosine down to `final`, over steps or hours, whichever passes sooner; then the run
    stops.

    A group of the optimizer's parameters that has an "lr_scale" learns at so many times the rate.
    """

    def __init__(self, config: ScheduleConfig):
        self.config = config
        self.elapsed = 0.0
        self._clock: float | None = None

    def progress(self, step: int) -> float:
        """How much of the run is over, 0 to 1."""
        share = step / self.config.steps
        return min(1.0, max(share, self.elapsed / 3600 / self.config.hours) if self.config.hours else share)

    def rate(self, step: int) -> float:
        """The learning rate of step `step`, counted from 0."""
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
            # Processes that disagree about the time would drift apart, and stop at different steps.
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
