"""The state of a run on disk: the newest checkpoint, and the one before it in case the newest is cut off."""

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
    """Writes a checkpoint beside its place, and keeps the one whose place it takes as `previous.ckpt`."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | os.PathLike, storage_options: Any = None) -> None:
        path = Path(path)
        with atomic_write(path) as beside:
            super().save_checkpoint(checkpoint, beside, storage_options)
            with open(beside, "rb+") as file:
                # Else a machine that loses its power may keep the new name and not what it stands for.
                os.fsync(file.fileno())
            if is_whole(path):
                _keep(path)


def newest_checkpoint(run_dir: Path) -> Path | None:
    """The checkpoint to go on from, None where there is none. Says so where it is not the newest, which is cut off.

    Raises PngnatError where none can be read.
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
    """Whether a file is a checkpoint to its end, where a ZIP file has its directory."""
    return zipfile.is_zipfile(path)


def _keep(path: Path) -> None:
    previous = path.with_name(PREVIOUS)
    with atomic_write(previous) as beside:
        beside.unlink()
        try:
            # Both names stand for the file until the new one takes its place: at no moment is there none.
            os.link(path, beside)
        except OSError:  # not every file system has hard links
            os.replace(path, beside)
