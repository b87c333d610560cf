"""The common module of the trainings: batches, dropout, precision and optimizers that depend on seed and step alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol, TypeVar

import lightning as L
import numpy as np
import torch
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor, nn

from pngnat.data.batching import BucketedBatches

_Batches = TypeVar("_Batches", bound=BucketedBatches)


class StageConfig(Protocol):
    """Settings of a stage that its module needs."""

    @property
    def autocast(self) -> bool:
        """Whether to use bfloat16."""

    @property
    def seed(self) -> int:
        """Seed of the order of batches and of dropout."""


class StageModule(L.LightningModule):
    """A Lightning module whose resumed run draws the same numbers as an unbroken one."""

    config: StageConfig

    def batches(self, kind: Callable[..., _Batches], lengths: Sequence[float] | np.ndarray, largest: float) -> _Batches:
        """Return the batches of this process from the trainer's step on, each of at most `largest` padded units of
        `lengths`."""
        trainer = self.trainer
        first = trainer.global_step * trainer.accumulate_grad_batches
        return kind(lengths, largest, self.config.seed, first, trainer.global_rank, trainer.world_size)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed dropout with the seed, the step and the process alone."""
        step = self.trainer.global_step * self.trainer.world_size + self.global_rank
        torch.manual_seed((self.config.seed << 32) + step)

    def precision(self) -> torch.autocast:
        """Return the context of a forward pass, see `autocast`."""
        return autocast(self.device, self.config.autocast)


class AdversarialConfig(Protocol):
    """Settings of a discriminator that the optimizer needs."""

    @property
    def lr_scale(self) -> float:
        """Learning rate as a multiple of the model's."""


class OptimizerConfig(Protocol):
    """Settings of the optimizer of a model with a discriminator."""

    @property
    def betas(self) -> tuple[float, float]:
        """Betas of AdamW."""

    @property
    def weight_decay(self) -> float:
        """Weight decay of AdamW."""

    @property
    def adversarial(self) -> AdversarialConfig | None:
        """The discriminator; None is none."""


def adversarial_optimizer(
    model: nn.Module, discriminator: nn.Module | None, config: OptimizerConfig
) -> torch.optim.Optimizer:
    """Return one optimizer for a model and its discriminator, which train in the same step.

    Frozen parameters of the model are left out. The schedule sets the learning rate before the first step.
    """
    groups: list[dict[str, Any]] = [{"params": [one for one in model.parameters() if one.requires_grad]}]
    if discriminator is not None and config.adversarial is not None:
        groups.append({"params": list(discriminator.parameters()), "lr_scale": config.adversarial.lr_scale})
    return torch.optim.AdamW(groups, betas=config.betas, weight_decay=config.weight_decay, fused=True)


class ClippedGroups(L.LightningModule):
    """A Lightning module whose parameter groups are clipped apart: a discriminator's gradient does not shrink a
    model's."""

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        for group in optimizer.param_groups:
            if gradient_clip_val:
                torch.nn.utils.clip_grad_norm_(group["params"], gradient_clip_val)


def load_discriminator(
    discriminator: nn.Module | None,
    weights: Mapping[str, Tensor] | None,
    own: Mapping[str, Tensor],
    what: str,
) -> None:
    """Copy trained weights into a discriminator. If their sizes differ, keep the random ones, with a warning.

    own: the part of the discriminator's state that `weights` should match. what: the discriminator, for the warning.
    """
    if discriminator is None or not weights:
        return
    if {name: value.shape for name, value in weights.items()} == {name: value.shape for name, value in own.items()}:
        discriminator.load_state_dict(weights, strict=False)
    else:
        rank_zero_warn(f"{what} to start from has other sizes; a new one is trained")


def autocast(device: torch.device, wanted: bool) -> torch.autocast:
    """Return the context of a forward pass on `device`: bfloat16 if it is requested and native, else single
    precision."""
    return torch.autocast(
        device.type, torch.bfloat16, enabled=wanted and (device.type != "cpu" or _processor_has_bfloat16())
    )


@cache
def _processor_has_bfloat16() -> bool:
    """Return whether oneDNN has native bfloat16 kernels. Without AVX-512 it emulates them, 30 to 75 times slower than
    single precision."""
    try:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    except AttributeError:  # PyTorch without oneDNN
        return False
