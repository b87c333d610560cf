"""Callbacks of every training: averaged weights, throughput, and a stop at the first loss that is not finite."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn

from pngnat.errors import PngnatError


class Ema(Callback):
    """An exponential moving average of a submodule's weights, saved in checkpoints and used in validation. part: name
    of the submodule, such as "vocoder". decay: per step; smaller at first, (1 + n) / (10 + n) after n steps, so that
    the random start is soon forgotten. Buffers are copied."""

    def __init__(self, part: str, decay: float = 0.999) -> None:
        self.part, self.decay, self.steps = part, decay, 0
        self.average: dict[str, Tensor] = {}

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        if not self.average:
            self.average = {name: value.detach().clone() for name, value in self._weights(pl_module).items()}

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.average = {name: value.to(pl_module.device) for name, value in self.average.items()}

    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self.steps:  # gradients are being accumulated
            return
        self.steps = trainer.global_step
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in self._weights(pl_module).items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)
            else:
                self.average[name].copy_(value)

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._own = {name: value.detach().clone() for name, value in self._weights(pl_module).items()}
        self._load(pl_module, self.average)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._load(pl_module, self._own)
        del self._own

    @contextmanager
    def applied(self, pl_module: L.LightningModule) -> Iterator[nn.Module]:
        """Yield the submodule with its averaged weights, which it has until the block ends."""
        own = {name: value.detach().clone() for name, value in self._weights(pl_module).items()}
        self._load(pl_module, self.average)
        try:
            yield pl_module.get_submodule(self.part)
        finally:
            self._load(pl_module, own)

    def state_dict(self) -> dict[str, Any]:
        return {"average": self.average, "steps": self.steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.average = {name: value.clone() for name, value in state_dict["average"].items()}
        self.steps = state_dict["steps"]

    def _weights(self, pl_module: L.LightningModule) -> dict[str, Tensor]:
        return pl_module.get_submodule(self.part).state_dict()

    def _load(self, pl_module: L.LightningModule, weights: dict[str, Tensor]) -> None:
        pl_module.get_submodule(self.part).load_state_dict(weights)


class Throughput(Callback):
    """A log of the throughput over the last `window` steps, summed over processes. name: in the log. amount: attribute
    of a batch that holds its size, by default seconds of sound."""

    def __init__(self, name: str = "audio_s_per_s", amount: str = "seconds", window: int = 20) -> None:
        self.name, self.amount, self.window = name, amount, window
        self._sum, self._since, self._steps = 0.0, 0.0, 0

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if self._since == 0.0:
            self._since = time.monotonic()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._sum += getattr(batch, self.amount) * trainer.world_size
        self._steps += 1
        if self._steps == self.window:
            now = time.monotonic()
            pl_module.log(self.name, self._sum / (now - self._since), prog_bar=True, batch_size=1)
            self._sum, self._since, self._steps = 0.0, now, 0


class StopAtNan(Callback):
    """A stop before a loss that is not finite reaches the weights. Batches must have an attribute `ids`."""

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self._ids = batch.ids

    def on_before_backward(self, trainer: L.Trainer, pl_module: L.LightningModule, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise PngnatError(
                f"the loss became {loss.item()} at step {trainer.global_step}; the batch holds {', '.join(self._ids)}: "
                "look at these (a broken recording?), or lower the learning rate, and resume from the last checkpoint"
            )
