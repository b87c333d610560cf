"""Shards on a Ray cluster, by actors of Ray Data."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pngnat.errors import PngnatError, extra_needed
from pngnat.scale.workers import Shard, Workers

# How often a shard is given to another worker when its own dies, and how often an actor is started again: a shard that kills whoever
# works on it must come to an end.
_TRIES, _RESTARTS = 3, 20


def run_on_ray(
    make: Callable[..., Callable[[Shard], Any]], settings: tuple, shards: Sequence[Shard], workers: Workers
) -> Iterator[tuple[Shard, Any]]:
    """As `work.run_shards`. A worker that dies is started again with its shard; one that kills several is left out of the results."""
    with extra_needed("scale"):
        import ray
        from ray.data import ActorPoolStrategy, DataContext
    if not shards:
        return
    # Before it starts: else it tells its makers that it is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    context = None
    try:
        local: dict[str, Any] = {} if workers.address else {"num_cpus": workers.jobs + 1, "include_dashboard": False}
        context = ray.init(address=workers.address, ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR, **local)
        settled = DataContext.get_current()
        settled.enable_progress_bars = False
        settled.max_errored_blocks = -1
        # A block a shard: what is lost with a worker is what is done again.
        rows = [{"place": place, "shard": pickle.dumps(shard)} for place, shard in enumerate(shards)]
        given = ray.data.from_items(rows, override_num_blocks=len(rows))
        done = given.map_batches(
            _Worker,
            fn_constructor_args=(make, settings),
            batch_size=1,
            compute=ActorPoolStrategy(size=min(workers.jobs, len(shards))),
            num_cpus=1,
            num_gpus=workers.gpus,
            max_restarts=_RESTARTS,
            max_task_retries=_TRIES,
        )
        for row in done.iter_rows():
            yield shards[row["place"]], pickle.loads(row["result"])
    except (ConnectionError, ValueError) as error:
        if context is not None:
            raise
        raise PngnatError(f"there is no Ray cluster at '{workers.address}' ({error}): start one with `ray start --head`") from error
    finally:
        if context is not None:
            ray.shutdown()


class _Worker:
    """An actor: works on a batch of one shard."""

    def __init__(self, make: Callable[..., Callable[[Any], Any]], settings: tuple) -> None:
        self._work = make(*settings)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        try:
            result = self._work(pickle.loads(batch["shard"][0]))
        except Exception as error:
            result = error if isinstance(error, PngnatError) else PngnatError(f"{type(error).__name__}: {error}")
        return {"place": [batch["place"][0]], "result": [pickle.dumps(result)]}
