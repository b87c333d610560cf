"""A graph of a voice folder in ONNX Runtime: checked, loaded where it is first needed, and safe to share among threads."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.engine.graph_check import check_graph
from pngnat.errors import PngnatError

# PyTorch's default; ONNX Runtime's threads wait busily for work unless they are told not to.
_QUIET = {"session.intra_op.allow_spinning": "0", "session.inter_op.allow_spinning": "0"}


class Graph:
    """Runs one graph. threads: of the processor; None lets ONNX Runtime choose.

    Raises PngnatError where the file is damaged or not safe to use.
    """

    def __init__(self, folder: Path, name: str, threads: int | None = None) -> None:
        self.path = check_graph(folder, name)
        self._threads, self._lock, self._session = threads, threading.Lock(), None
        _GRAPHS.add(self)

    def run(self, **inputs: np.ndarray) -> list[np.ndarray]:
        """The outputs, in the graph's order. Inputs that the graph does not have are left out."""
        session = self._session or self._load()
        try:
            return session.run(None, inputs)
        # ONNX Runtime's errors are RuntimeErrors, ValueErrors and Exceptions of its own.
        except Exception as error:
            raise self._damaged(error) from error

    def _load(self) -> Any:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self._threads or 0
                options.log_severity_level = 3
                for key, value in _QUIET.items():
                    options.add_session_config_entry(key, value)
                try:
                    self._session = onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
                except Exception as error:
                    raise self._damaged(error) from error
            return self._session

    def _damaged(self, error: Exception) -> PngnatError:
        return PngnatError(f"{self.path} is damaged, or does not fit the voice's card ({str(error).strip().splitlines()[0]})")

    def after_fork(self) -> None:
        """In a forked process: ONNX Runtime's threads do not live on in it, and it has work for one."""
        self._lock, self._session, self._threads = threading.Lock(), None, 1


_GRAPHS: weakref.WeakSet[Graph] = weakref.WeakSet()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: [graph.after_fork() for graph in list(_GRAPHS)])
