"""`run.json` in a training's folder: settings, versions and hardware of each start."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from pngnat.files import make_folder, write_text
from pngnat.version import __version__

RECORD = "run.json"
_PACKAGES = ("torch", "lightning", "numpy", "transformers", "lhotse", "tokenizers", "pyworld-prebuilt")


def record_start(run_dir: Path, settings: Mapping[str, Any]) -> None:
    """Add a start with its settings to the folder's `run.json`; earlier starts stay.

    An unreadable file is replaced. Raises PngnatError if the folder cannot be written.
    """
    try:
        starts = json.loads((run_dir / RECORD).read_text(encoding="utf-8"))["starts"]
    except (OSError, ValueError, LookupError, TypeError):
        starts = []
    start = {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": sys.argv,
        **settings,
        "versions": _versions(),
        "hardware": _hardware(),
    }
    write_text(make_folder(run_dir) / RECORD, json.dumps({"starts": [*starts, start]}, indent=1, default=str) + "\n")


def _versions() -> dict[str, str]:
    found = {"pngnat": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _hardware() -> dict[str, Any]:
    gpus = (
        [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        if torch.cuda.is_available()
        else []
    )
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
        "cuda": torch.version.cuda,
    }
