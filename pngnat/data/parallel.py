"""Work on many items in several processes, where one item may kill its process."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Item = TypeVar("Item")
_worker: Callable[[Any], Any] | None = None


class Lost(Exception):
    """The process that worked on the item died (a crash in compiled code, or no memory)."""


def run(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, items: Sequence[Item], workers: int, title: str | None
) -> Iterator[tuple[Item, Any]]:
    """Each item with the result of `make(*settings)(item)`, or with the exception it raised, in the order in which they end.

    make: called once in each process. workers: processes; 1 works in this one, where a crash cannot be survived but a debugger can
    look. title: stands before the progress bar that a terminal shows; None shows none. An item whose process dies is tried again alone,
    and then given up as Lost.
    """
    from tqdm import tqdm

    results = _in_processes(make, settings, items, workers) if workers > 1 else _here(make, settings, items)
    yield from tqdm(results, total=len(items), desc=title, unit="rec", dynamic_ncols=True, disable=title is None or None)


def _here(make, settings, items):
    worker = make(*settings) if items else None
    for item in items:
        try:
            yield item, worker(item)
        except Exception as error:  # noqa: BLE001 - every failure of an item is a result
            yield item, error


def _in_processes(make, settings, items, workers):
    waiting, suspects = list(reversed(items)), []
    while waiting or suspects:
        # After a death nobody knows which item did it: those that were under way go alone, one after the other.
        alone = not waiting
        queue = suspects if alone else waiting
        pool = ProcessPoolExecutor(1 if alone else workers, multiprocessing.get_context("spawn"), _start, (make, settings))
        under_way: dict[Future, Item] = {}
        try:
            while queue or under_way:
                while queue and len(under_way) < (1 if alone else 4 * workers):
                    item = queue.pop()
                    under_way[pool.submit(_work, item)] = item
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    result = future.exception() or future.result()
                    if isinstance(result, BrokenProcessPool):
                        raise result
                    yield under_way.pop(future), result
        except BrokenProcessPool:
            if alone:
                yield from ((item, Lost()) for item in under_way.values())
            else:
                suspects += under_way.values()
        finally:
            pool.shutdown(cancel_futures=True)


def _start(make, settings) -> None:
    global _worker
    _worker = make(*settings)


def _work(item):
    return _worker(item)
