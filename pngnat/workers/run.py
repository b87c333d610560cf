"""One pure function, shard to shard, and three ways to run it: this process, several, or a Ray cluster.

What makes a shard must write it beside its place and rename it, and give the report of one that is already there: then a worker that
was killed loses one shard, which is made again, and two that make the same shard do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pngnat.data.parallel import run
from pngnat.scale.workers import PROCESSES, Shard, Workers


def run_shards(
    make: Callable[..., Callable[[Shard], Any]], settings: tuple, shards: Sequence[Shard], workers: Workers
) -> Iterator[tuple[Shard, Any]]:
    """Each shard with what `make(*settings)(shard)` gave, or with the exception it raised, in the order in which they end.

    make: called once in each worker; it, the settings, the shards and what is given back must be picklable.
    Raises PngnatError where Ray is asked for and is not there.
    """
    if workers.engine == PROCESSES:
        # More processes than shards would load a voice for nothing.
        yield from run(make, settings, shards, min(workers.jobs, len(shards)))
        return
    from pngnat.scale.ray_workers import run_on_ray

    yield from run_on_ray(make, settings, shards, workers)
