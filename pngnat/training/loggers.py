"""Loggers of figures, pictures and sounds: TensorBoard, a CSV file, Weights & Biases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.fabric.loggers import Logger
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger, WandbLogger

from pngnat.errors import PngnatError, extra_command
from pngnat.stamps import digest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOGGERS = ("tensorboard", "csv", "wandb")

AnyLogger = TensorBoardLogger | CSVLogger | WandbLogger


def make_loggers(names: Sequence[str], run_dir: Path) -> list[AnyLogger]:
    """Return the loggers with these names, which write into a run's folder. A resumed run continues its logs; CSV
    begins another file.

    Raises PngnatError for an unknown name, and for wandb if it is not installed.
    """
    if unknown := sorted(set(names) - set(LOGGERS)):
        raise PngnatError(f"there is no logger '{unknown[0]}'; there are {', '.join(LOGGERS)}")
    if "wandb" in names and find_spec("wandb") is None:
        raise PngnatError(f"wandb is not installed: {extra_command('wandb')}")
    makers: dict[str, Callable[[], AnyLogger]] = {
        "tensorboard": lambda: TensorBoardLogger(run_dir, name=None, version=""),
        "csv": lambda: CSVLogger(run_dir, name="csv"),
        # WANDB_MODE=offline keeps the log on this machine.
        "wandb": lambda: WandbLogger(
            run_dir.name, run_dir, project="pngnat", id=digest(str(run_dir.resolve())), resume="allow"
        ),
    }
    return [makers[name]() for name in names]


def log_sound(
    loggers: Sequence[Logger], name: str, samples: torch.Tensor | np.ndarray, sample_rate: int, step: int
) -> None:
    """Log samples (S,) in [-1, 1] with the loggers that accept sound."""
    heard = np.clip(np.asarray(samples, dtype=np.float32), -1, 1)
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_audio(name, heard[None], step, sample_rate)
        elif isinstance(logger, WandbLogger):
            logger.log_audio(name, [heard], step, sample_rate=[sample_rate])


def log_picture(loggers: Sequence[Logger], name: str, picture: Figure | torch.Tensor, step: int) -> None:
    """Log a figure, or a grey picture (1, height, width) in [0, 1], with the loggers that accept pictures."""
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger) and isinstance(picture, torch.Tensor):
            logger.experiment.add_image(name, picture, step)
        elif isinstance(logger, TensorBoardLogger):
            logger.experiment.add_figure(name, picture, step)
        elif isinstance(logger, WandbLogger):
            image: Any = picture[0].numpy() if isinstance(picture, torch.Tensor) else picture
            logger.log_image(name, [image], step)


def can_hold_sound(loggers: Sequence[Logger]) -> bool:
    """Return whether a logger accepts sounds and pictures."""
    return any(isinstance(logger, TensorBoardLogger | WandbLogger) for logger in loggers)
