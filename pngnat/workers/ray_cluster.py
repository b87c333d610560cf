"""Shards on a Ray cluster, processed by actors of Ray Data."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from pngnat.errors import PngnatError, extra_needed
from pngnat.workers.pool import Workers
from pngnat.workers.processes import Lost

Item = TypeVar("Item")
# Tries of a shard whose worker dies, and restarts of an actor: a shard that kills its workers must end.
_TRIES, _RESTARTS = 3, 20
# Shards of each worker in memory; afterwards, workers start again.
_WINDOW = 64


def run_on_ray(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, shards: Iterable[Item], workers: Workers
) -> Iterator[tuple[Item, Any]]:
    """Process shards as `run_shards` does. A worker that dies starts again with its shard."""
    with extra_needed("scale"):
        import ray
        from ray.data import DataContext
    waiting = iter(shards)
    window = list(islice(waiting, _WINDOW * workers.jobs))
    if not window:
        return
    # Set before Ray starts: otherwise it reports its use.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    context = None
    try:
        local: dict[str, Any] = {} if workers.address else {"num_cpus": workers.jobs + 1, "include_dashboard": False}
        context = ray.init(
            address=workers.address, ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR, **local
        )
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        settled = DataContext.get_current()
        settled.enable_progress_bars = False
        settled.max_errored_blocks = -1
        while window:
            yield from _window(make, settings, window, workers)
            window = list(islice(waiting, _WINDOW * workers.jobs))
    except (ConnectionError, ValueError) as error:
        if context is not None:
            raise
        raise PngnatError(
            f"there is no Ray cluster at '{workers.address}' ({error}): start one with `ray start --head`"
        ) from error
    finally:
        if context is not None:
            ray.shutdown()


def _window(
    make: Callable[..., Callable[[Item], Any]], settings: tuple, shards: Sequence[Item], workers: Workers
) -> Iterator[tuple[Item, Any]]:
    import ray
    from ray.data import ActorPoolStrategy

    # One block a shard: a dead worker loses one shard.
    rows = [{"place": place, "shard": pickle.dumps(shard)} for place, shard in enumerate(shards)]
    given = ray.data.from_items(rows, override_num_blocks=len(rows))
    with warnings.catch_warnings():
        # For the two last arguments, which a later Ray removes; setup.cfg limits its version.
        warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")
        done = given.map_batches(
            _Worker,
            fn_constructor_args=(make, settings, os.getcwd()),
            batch_size=1,
            compute=ActorPoolStrategy(size=min(workers.jobs, len(shards))),
            num_cpus=1,
            num_gpus=workers.gpus,
            max_restarts=_RESTARTS,
            max_task_retries=_TRIES,
        )
    missing = set(range(len(shards)))
    for row in done.iter_rows():
        missing.discard(row["place"])
        yield shards[row["place"]], pickle.loads(row["result"])
    yield from ((shards[place], Lost()) for place in sorted(missing))


class _Worker:
    """An actor that processes a batch of one shard."""

    def __init__(self, make: Callable[..., Callable[[Any], Any]], settings: tuple, folder: str) -> None:
        # Relative paths mean the same as for the driver; on a machine without its folder, paths must be absolute.
        with contextlib.suppress(OSError):
            os.chdir(folder)
        self._work = make(*settings)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        try:
            result = self._work(pickle.loads(batch["shard"][0]))
        except Exception as error:
            result = error if isinstance(error, PngnatError) else PngnatError(f"{type(error).__name__}: {error}")
        return {"place": [batch["place"][0]], "result": [pickle.dumps(result)]}
