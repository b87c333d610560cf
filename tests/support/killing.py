"""Kills a training at one moment after the other, as a machine that loses its power would."""

from __future__ import annotations

import itertools
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from pngnat.training.schedule import WarmupCosine

# Seconds after which a child counts as hanging.
_LONGEST = 300


def train_between_kills(train: Callable[[], None]) -> int:
    """Call `train` in children that are killed later and later, until one reaches its end; returns how many were
    killed.

    The moments: a temporary file was made, a file is about to be brought to the disk, linked or renamed, a step was
    learned."""
    return next(moment - 1 for moment in itertools.count(1) if not _is_killed(train, moment))


def _is_killed(train: Callable[[], None], moment: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(_LONGEST)
            torch.set_num_threads(1)
            _kill_at(moment)
            train()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), f"the training ended with status {status} before its moment {moment}"
    return status == signal.SIGKILL


def _kill_at(moment: int) -> None:
    """Have this process killed at its so-and-so-many-th moment."""
    moments = itertools.count(1)

    def counted(function: Callable) -> Callable:
        def call(*arguments, **named):
            if next(moments) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return call

    for name in ("replace", "link", "fsync"):
        setattr(os, name, counted(getattr(os, name)))
    Path.touch = counted(Path.touch)
    WarmupCosine.on_train_batch_end = counted(WarmupCosine.on_train_batch_end)
