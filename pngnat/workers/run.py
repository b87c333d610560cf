"""One pure function, shard to shard, and three ways to run it: this process, several, or a Ray cluster.

What makes a shard must write it beside its place and rename it, and give the report of one that is already there: then
a worker that was killed loses one shard, which is made again, and two that make the same shard do no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, TypeVar

from pngnat.workers.pool import LOCAL, RAY, Workers
from pngnat.workers.processes import run

Item = TypeVar("Item")


def run_shards(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, shards: Iterable[Item], workers: Workers
) -> Iterator[tuple[Item, Any]]:
    """Each shard with what `make(*settings)(shard)` gave, or with the exception it raised, in the order in which they
    end.

    make: called once in each worker; it, the settings, the shards and what is given back must be picklable. shards:
    taken as they are needed, so that there may be any number. One whose worker dies is tried again, and then given up
    as `Lost`.
    Raises PngnatError where Ray is asked for and is not there.
    """
    if workers.engine == RAY:
        from pngnat.workers.ray_cluster import run_on_ray

        yield from run_on_ray(make, settings, shards, workers)
        return
    jobs = 1 if workers.engine == LOCAL else workers.jobs
    # More processes than shards would load a voice for nothing.
    yield from run(make, settings, shards, min(jobs, len(shards)) if isinstance(shards, Sized) else jobs)


def in_order(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, items: Iterable[Item], workers: Workers
) -> Iterator[Any]:
    """The results alone, in the order of the items. Raises what an item raised."""
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
