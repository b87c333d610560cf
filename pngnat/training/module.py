"""What the stages that learn from sentences share: batches and dropout that depend only on the seed and the step, and
precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol, TypeVar

import lightning as L
import numpy as np
import torch

from pngnat.data.batching import BucketedBatches

_Batches = TypeVar("_Batches", bound=BucketedBatches)


class StageConfig(Protocol):
    """The settings of a stage that its module needs."""

    @property
    def autocast(self) -> bool:
        """Whether bfloat16 is wanted."""

    @property
    def seed(self) -> int:
        """Of the order of batches and of dropout."""


class StageModule(L.LightningModule):
    """A Lightning module whose resumed run draws what an uninterrupted one does."""

    config: StageConfig

    def batches(self, kind: Callable[..., _Batches], lengths: Sequence[float] | np.ndarray, largest: float) -> _Batches:
        """The batches of this process from the trainer's step on, each at most `largest` units of `lengths` once
        padded."""
        trainer = self.trainer
        first = trainer.global_step * trainer.accumulate_grad_batches
        return kind(lengths, largest, self.config.seed, first, trainer.global_rank, trainer.world_size)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Dropout depends only on the seed, the step and the process."""
        step = self.trainer.global_step * self.trainer.world_size + self.global_rank
        torch.manual_seed((self.config.seed << 32) + step)

    def precision(self) -> torch.autocast:
        """The context of a forward pass, see `autocast`."""
        return autocast(self.device, self.config.autocast)


def autocast(device: torch.device, wanted: bool) -> torch.autocast:
    """The context for a forward pass on `device`: bfloat16 where it is wanted and computed natively, else single
    precision."""
    return torch.autocast(
        device.type, torch.bfloat16, enabled=wanted and (device.type != "cpu" or _processor_has_bfloat16())
    )


@cache
def _processor_has_bfloat16() -> bool:
    """Whether oneDNN has kernels for it. Without AVX-512 it imitates them, 30 to 75 times slower than single
    precision."""
    try:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    except AttributeError:  # PyTorch without oneDNN
        return False
