"""Processing of many items in several processes, of which an item may kill its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from pngnat.errors import PngnatError

Item = TypeVar("Item")
# The worker of a process of the pool, from `_start` on.
_worker: Callable[[Any], Any]


class Lost(PngnatError):
    """The death of an item's process (a crash in compiled code, or no memory)."""

    def __init__(self) -> None:
        super().__init__("the process that worked on it died; a file may be damaged, or memory too small")


def run(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, items: Iterable[Item], workers: int
) -> Iterator[tuple[Item, Any]]:
    """Yield each item with the result of `make(*settings)(item)`, or its exception, in order of completion.

    make: called once in each process. items: drawn as they are needed. workers: processes; 1 is this process, where a
    crash is fatal but a debugger works. An item whose process dies is tried again alone, and then given up as Lost.
    """
    yield from _in_processes(make, settings, iter(items), workers) if workers > 1 else _here(make, settings, items)


def _here(make, settings, items):
    worker = None
    for item in items:
        worker = make(*settings) if worker is None else worker
        try:
            yield item, worker(item)
        except Exception as error:
            yield item, error


def _in_processes(make, settings, items, workers):
    while suspects := (yield from _until_a_death(make, settings, items, workers, 4 * workers)):
        # Any of the items in progress may have killed the process: each is tried alone.
        alone = iter(suspects)
        while killer := (yield from _until_a_death(make, settings, alone, 1, 1)):
            yield killer[0], Lost()


def _until_a_death(
    make, settings, items: Iterator[Item], workers: int, room: int
) -> Generator[tuple[Item, Any], None, list[Item]]:
    """Yield results until the items end or a process dies; return the items then in progress, at most `room`."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (make, settings))
    under_way: dict[Future, Item] = {}
    try:
        while True:
            for item in islice(items, room - len(under_way)):
                try:
                    under_way[pool.submit(_work, item)] = item
                except BrokenProcessPool:
                    return [*under_way.values(), item]
            if not under_way:
                return []
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                result = future.exception() or future.result()
                if isinstance(result, BrokenProcessPool):
                    return list(under_way.values())
                yield under_way.pop(future), result
    finally:
        pool.shutdown(cancel_futures=True)


def _start(make, settings) -> None:
    global _worker
    _worker = make(*settings)


def _work(item):
    return _worker(item)
