"""Calls with a limit of time and memory: in a child process, so that one that goes beyond them harms nothing."""

from __future__ import annotations

import os
import pickle
import re
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pngnat.errors import PngnatError

MEMORY = 2**30
SECONDS = 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of a call. error: the message of its PngnatError, None where it has none. trace: of any other
    exception.

    seconds: of the processor. memory: bytes that it added. signal: that ended it, 0 for none.
    """

    error: str | None = None
    trace: str = ""
    seconds: float = 0.0
    memory: int = 0
    signal: int = 0

    @property
    def is_good(self) -> bool:
        """Whether it did what it should, or said in one line why not, within the limits."""
        one_line = self.error is None or (0 < len(self.error) <= 2000 and self.error.isprintable())
        return one_line and not self.trace and not self.signal and self.seconds <= SECONDS and self.memory <= MEMORY


def call_limited(calls: Sequence[Callable[[], object]]) -> Iterator[Outcome]:
    """Call one after the other in a forked child, which gets no more than 4 GiB and ten times as long for a call as
    that may take; where it is killed, the next child goes on."""
    left = list(calls)
    while left:
        done = list(_called(left))
        yield from done
        left = left[len(done) :]


def _called(calls: Sequence[Callable[[], object]]) -> Iterator[Outcome]:
    """The outcomes until the child ends, by itself or by a signal, whose outcome is the last."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                for call in calls:
                    _limit()
                    pickle.dump(_outcome(call), pipe)
                    pipe.flush()
        finally:
            os._exit(0)
    os.close(writing)
    done = 0
    with os.fdopen(reading, "rb") as pipe:
        while done < len(calls):
            try:
                yield pickle.load(pipe)
            except EOFError:
                break
            done += 1
    status = os.waitpid(child, 0)[1]
    if done < len(calls):
        yield Outcome(signal=status & 0x7F or signal.SIGABRT)


def _limit() -> None:
    seconds = int(10 * SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + seconds, resource.RLIM_INFINITY))
    signal.alarm(10 * seconds)
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 4 * MEMORY, resource.RLIM_INFINITY))


def _outcome(call: Callable[[], object]) -> Outcome:
    memory, started, error, trace = _start_of_peak(), time.process_time(), None, ""
    try:
        call()
    except PngnatError as caught:
        error = str(caught)
    except BaseException:
        trace = traceback.format_exc()
    return Outcome(error, trace, time.process_time() - started, _peak() - memory)


def _start_of_peak() -> int:
    """The bytes that are used now, from which on the peak counts."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _peak() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024
