"""Time and memory of a command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pngnat.errors import PngnatError

GREETING = "Hello, and welcome."


@dataclass(frozen=True)
class CommandSpeed:
    """Seconds of clock and processor, and peak resident megabytes, of a command; None where unknown."""

    words: int
    seconds: float
    processor_seconds: float | None
    peak_megabytes: float | None


def run_measured(command: list[str], words: int, environment: Mapping[str, str] | None = None) -> CommandSpeed:
    """Run a command that speaks `words` words. Raise PngnatError if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    if hasattr(os, "wait4"):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        # Kilobytes on Linux, bytes on macOS.
        peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        processor = usage.ru_utime + usage.ru_stime
    else:
        process.wait()
        peak, processor = None, None
    seconds = time.perf_counter() - started
    if process.returncode:
        raise PngnatError(f"the command failed with exit code {process.returncode}: {' '.join(command)}")
    return CommandSpeed(words, seconds, processor, peak)
