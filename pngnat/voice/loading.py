"""What takes long to load is loaded once, also where several threads or a forked process ask for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def loaded_once(keep: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keeps a function's last `keep` results, and runs it in one thread at a time, so that those who ask for the same
    get the same."""

    def decorate(load: Callable[P, T]) -> Callable[P, T]:
        cached: Callable[P, T] = lru_cache(maxsize=keep)(load)  # type: ignore[assignment]  # its types take hashable arguments alone
        lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            # A child must not inherit a lock that a thread of its parent holds: it has no such thread.
            os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)

        @wraps(load)
        def locked(*arguments: P.args, **named: P.kwargs) -> T:
            with lock:
                return cached(*arguments, **named)

        return locked

    return decorate
