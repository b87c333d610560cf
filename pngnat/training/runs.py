"""The run of every training: folder, checkpoints, logs, exact resumption."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, TQDMProgressBar

from pngnat.training.callbacks import StopAtNan
from pngnat.training.checkpoints import LAST, KeepPrevious, newest_checkpoint
from pngnat.training.loggers import make_loggers
from pngnat.training.run_record import record_start
from pngnat.training.schedule import ScheduleConfig, WarmupCosine


@dataclass(frozen=True)
class RunConfig:
    """Devices, checkpoints and logs of a training."""

    accelerator: str = "auto"
    """cpu, gpu or another accelerator of Lightning."""
    devices: int = 1
    """Processors or GPUs of each node; more than one needs a strategy."""
    nodes: int = 1
    """Number of machines; torchrun starts each of them."""
    strategy: str = "auto"
    """Lightning's strategy; ddp for several devices."""
    threads: int = 0
    """CPU threads of each process; 0 is PyTorch's choice."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    accumulate: int = 1
    """Batches of one optimizer step."""
    validate_every: int = 500
    """Steps between validations."""
    checkpoint_minutes: float = 5.0
    """Minutes between checkpoints; the newest two are kept."""
    loggers: tuple[str, ...] = ("tensorboard",)
    """Loggers: tensorboard, csv, wandb (Weights & Biases; WANDB_MODE=offline keeps the log on this machine)."""


def fit(
    module: L.LightningModule, run_dir: Path, run: RunConfig, schedule: ScheduleConfig, callbacks: list[Callback]
) -> None:
    """Train until the end of the schedule; continue exactly where a run in the same folder stopped.

    The run continues from `last.ckpt`, or from the previous checkpoint if that is cut off. A finished run is left
    unchanged. Raises PngnatError if neither checkpoint can be read.
    """
    if run.threads:
        torch.set_num_threads(run.threads)
    checkpoints = ModelCheckpoint(
        run_dir, "last", train_time_interval=timedelta(minutes=run.checkpoint_minutes), enable_version_counter=False
    )
    loggers = make_loggers(run.loggers, run_dir)
    newest = newest_checkpoint(run_dir)
    trainer = L.Trainer(
        default_root_dir=run_dir,
        accelerator=run.accelerator,
        devices=run.devices,
        num_nodes=run.nodes,
        strategy=run.strategy,
        max_steps=schedule.steps,
        max_epochs=-1,
        gradient_clip_val=run.clip,
        accumulate_grad_batches=run.accumulate,
        val_check_interval=run.validate_every * run.accumulate,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        log_every_n_steps=20,
        use_distributed_sampler=False,
        plugins=[KeepPrevious()],
        logger=loggers,
        callbacks=[WarmupCosine(schedule), StopAtNan(), TQDMProgressBar(refresh_rate=10), checkpoints, *callbacks],
    )
    if trainer.is_global_zero:
        record_start(
            run_dir,
            {"goes_on": newest is not None, **_settings(module), "run": asdict(run), "schedule": asdict(schedule)},
        )
    trainer.fit(module, ckpt_path=None if newest is None else str(newest), weights_only=False)
    trainer.save_checkpoint(run_dir / LAST)


def _settings(module: L.LightningModule) -> dict[str, Any]:
    """Return the settings of a module with their seeds, and the seed given to `lightning.seed_everything`."""
    config: Any = getattr(module, "config", None)
    return {
        "seed": int(os.environ.get("PL_GLOBAL_SEED", 0)),
        "training": asdict(config) if is_dataclass(type(config)) else None,
    }
