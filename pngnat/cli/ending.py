"""How a command ends: what a person did wrong, a full disk, a reader that left, or Ctrl-C becomes one line and an exit
code."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pngnat.errors import PngnatError, extra_command
from pngnat.files import NO_ROOM, unwritable

_BAD_INPUT, _INTERRUPTED = 2, 130
# What speaking does without, and the extra that brings it.
_EXTRAS = {"torch": "torch", "safetensors": "torch", "onnx": "train"}


def ended_well(work: Callable[[], int], name: str) -> int:
    """Run `work` and return its exit code, or that of how it ended. name: of the command, before each line that is
    printed here."""
    try:
        with _closed_streams_replaced(), _requests_to_end_as_interrupt():
            code = work()
            # Here, where it can still be said: at the interpreter's end, a full disk is told by a traceback.
            sys.stdout.flush()
            return code
    except PngnatError as error:
        return _complain(f"{name}: {error}", _BAD_INPUT)
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in _EXTRAS:
            raise
        return _complain(
            f"{name}: this needs {missing}, which is not installed: {extra_command(_EXTRAS[missing])}",
            _BAD_INPUT,
        )
    except BrokenPipeError:
        # Whoever read from us has had enough.
        _let_go_of_output()
        return 128 + getattr(signal, "SIGPIPE", 13)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        _let_go_of_output()
        return _complain(f"{name}: {unwritable(error.filename or 'the output', error)}", _BAD_INPUT)
    except KeyboardInterrupt:
        return _complain(f"{name}: interrupted", _INTERRUPTED)


def _complain(line: str, code: int) -> int:
    if sys.stderr is not None:
        with suppress(OSError):
            print(line, file=sys.stderr)
    return code


def _let_go_of_output() -> None:
    """Keep Python from complaining again when it flushes standard output at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _ClosedOutput(io.TextIOBase):
    """Stands for a standard output that the caller closed: who writes to it learns so, who does not needs none."""

    @property
    def buffer(self) -> _ClosedOutput:
        return self

    def write(self, _) -> int:
        raise PngnatError("standard output is closed, and there is something to write to it")


@contextmanager
def _closed_streams_replaced() -> Iterator[None]:
    """Python has None for a stream that the caller closed, and `print` takes None as standard output."""
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout, sys.stderr = sys.stdout or _ClosedOutput(), sys.stderr or nowhere
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


@contextmanager
def _requests_to_end_as_interrupt() -> Iterator[None]:
    """A polite request to end, or a terminal that is gone, is a Ctrl-C: what was half written is removed."""

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows knows no SIGHUP
        # Under nohup, which ignores it, a process outlives its terminal.
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            try:
                before[number] = signal.signal(number, interrupt)
            except ValueError:  # only the main thread may; another leaves signals to its owner
                break
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
