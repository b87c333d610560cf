"""A cache of loaded objects that is safe among threads and in forked processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def loaded_once(keep: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that caches a function's last `keep` results.

    One thread at a time runs the function, so that threads that need the same object get the same one.
    """

    def decorate(load: Callable[P, T]) -> Callable[P, T]:
        cached: Callable[P, T] = lru_cache(maxsize=keep)(load)  # type: ignore[assignment]  # its types take hashable arguments alone
        lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            # A child must not inherit a lock that a thread of its parent holds: the child has no such thread to release
            # it.
            os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)

        @wraps(load)
        def locked(*arguments: P.args, **named: P.kwargs) -> T:
            with lock:
                return cached(*arguments, **named)

        return locked

    return decorate
