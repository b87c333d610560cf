"""One function from shard to result, and three ways to run it: this process, several, or a Ray cluster.

A worker must write its result beside its place and rename it, and accept a result that is already there. A killed
worker then loses one shard, and two workers on one shard do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, TypeVar

from pngnat.workers.pool import LOCAL, RAY, Workers
from pngnat.workers.processes import run

Item = TypeVar("Item")


def run_shards(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, shards: Iterable[Item], workers: Workers
) -> Iterator[tuple[Item, Any]]:
    """Yield each shard with the result of `make(*settings)(shard)`, or its exception, in order of completion.

    make: called once in each worker; make, settings, shards and results must be picklable. shards: drawn as they are
    needed. A shard whose worker dies is tried again, and then given up as `Lost`. Raises PngnatError if Ray is
    requested and missing.
    """
    if workers.engine == RAY:
        from pngnat.workers.ray_cluster import run_on_ray

        yield from run_on_ray(make, settings, shards, workers)
        return
    jobs = 1 if workers.engine == LOCAL else workers.jobs
    # More processes than shards would load a voice in vain.
    yield from run(make, settings, shards, min(jobs, len(shards)) if isinstance(shards, Sized) else jobs)


def in_order(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, items: Iterable[Item], workers: Workers
) -> Iterator[Any]:
    """Yield the results in the order of the items. Raise an item's exception."""
    waiting: dict[int, Any] = {}
    following = 0
    for (number, _), result in run_shards(_Numbered, (make, settings), enumerate(items), workers):
        waiting[number] = result
        while following in waiting:
            result = waiting.pop(following)
            if isinstance(result, Exception):
                raise result
            yield result
            following += 1


class _Numbered:
    """A worker on numbered items."""

    def __init__(self, make: Callable[..., Callable[[Any], Any]], settings: tuple) -> None:
        self._work = make(*settings)

    def __call__(self, numbered: tuple[int, Any]) -> Any:
        return self._work(numbered[1])
