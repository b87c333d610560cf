"""The state of a run on disk: the newest checkpoint, and the previous one in case the newest is cut off."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import Any

from lightning.fabric.plugins import TorchCheckpointIO

from pngnat.errors import PngnatError
from pngnat.files import atomic_write

LAST, PREVIOUS = "last.ckpt", "previous.ckpt"


class KeepPrevious(TorchCheckpointIO):
    """An atomic writer of checkpoints that keeps the previous one as `previous.ckpt`."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | os.PathLike, storage_options: Any = None) -> None:
        path = Path(path)
        with atomic_write(path) as beside:
            super().save_checkpoint(checkpoint, beside, storage_options)
            with open(beside, "rb+") as file:
                # Otherwise a power failure may keep the new name without its content.
                os.fsync(file.fileno())
            if is_whole(path):
                _keep(path)


def newest_checkpoint(run_dir: Path) -> Path | None:
    """Return the checkpoint to continue from, or None. Warn if it is the previous one, because the newest is cut off.

    Raises PngnatError if neither can be read.
    """
    last, previous = run_dir / LAST, run_dir / PREVIOUS
    if is_whole(last):
        return last
    if is_whole(previous):
        state = "is damaged" if last.exists() else "is missing"
        print(f"{last} {state}: the checkpoint before it, {PREVIOUS}, is taken", file=sys.stderr)
        return previous
    if last.exists() or previous.exists():
        raise PngnatError(
            f"{last} is damaged, and there is no whole checkpoint before it; delete {run_dir} to start again"
        )
    return None


def is_whole(path: Path) -> bool:
    """Return whether a checkpoint is complete: a ZIP file has its directory at the end."""
    return zipfile.is_zipfile(path)


def _keep(path: Path) -> None:
    previous = path.with_name(PREVIOUS)
    with atomic_write(previous) as beside:
        beside.unlink()
        try:
            # Both names link to the file until the new one takes its place: at no moment is there no checkpoint.
            os.link(path, beside)
        except OSError:  # not every file system has hard links
            os.replace(path, beside)
