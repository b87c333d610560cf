"""A graph of a voice folder in ONNX Runtime: checked, loaded at its first use, and safe among threads."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.engine.graph_check import check_graph
from pngnat.errors import PngnatError

# Without this setting, ONNX Runtime's idle threads keep the processor busy.
_QUIET = {"session.intra_op.allow_spinning": "0", "session.inter_op.allow_spinning": "0"}


class Graph:
    """A runner of one graph.

    threads: CPU threads; None leaves the number to ONNX Runtime. Raises PngnatError for a file that is damaged or
    unsafe.
    """

    def __init__(self, folder: Path, name: str, threads: int | None = None) -> None:
        self.path = check_graph(folder, name)
        self._threads, self._lock, self._session = threads, threading.Lock(), None
        _GRAPHS.add(self)

    def run(self, shapes: Sequence[tuple[int | None, ...]], **inputs: np.ndarray) -> list[np.ndarray]:
        """Return the outputs in the graph's order. Raises PngnatError if they do not have these shapes; None is any
        size."""
        session = self._session or self._load()
        try:
            outputs = session.run(None, inputs)
        # ONNX Runtime raises RuntimeError, ValueError and exceptions of its own.
        except Exception as error:
            raise self._damaged(str(error)) from error
        if len(outputs) != len(shapes) or not all(map(_fits, shapes, outputs)):
            raise self._damaged(f"it makes arrays of the shapes {[value.shape for value in outputs]}")
        return outputs

    def _load(self) -> Any:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self._threads or 0
                options.log_severity_level = 3
                # Sentences differ in length: memory kept for one is of little use for the next.
                options.enable_cpu_mem_arena = options.enable_mem_pattern = False
                for key, value in _QUIET.items():
                    options.add_session_config_entry(key, value)
                try:
                    self._session = onnxruntime.InferenceSession(
                        str(self.path), options, providers=["CPUExecutionProvider"]
                    )
                except Exception as error:
                    raise self._damaged(str(error)) from error
            return self._session

    def _damaged(self, reason: str) -> PngnatError:
        return PngnatError(
            f"{self.path} is damaged, or does not fit the voice's card ({reason.strip().splitlines()[0]})"
        )

    def after_fork(self) -> None:
        """Prepare the graph for use in a forked process, where it runs in one thread: ONNX Runtime's threads do not
        exist there."""
        if self._session is not None:
            # Never delete the session: its destructor would wait for threads that do not exist.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._session))
        self._lock, self._session, self._threads = threading.Lock(), None, 1


def _after_fork() -> None:
    for graph in list(_GRAPHS):
        graph.after_fork()


_GRAPHS: weakref.WeakSet[Graph] = weakref.WeakSet()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _fits(shape: tuple[int | None, ...], array: np.ndarray) -> bool:
    return len(shape) == array.ndim and all(
        size in (None, found) for size, found in zip(shape, array.shape, strict=True)
    )
