"""Shards of a job, their workers, and the partition of a machine."""

from __future__ import annotations

import getpass
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pngnat.errors import PngnatError
from pngnat.stamps import digest

# The most items of a shard, and the number of shards of a small job.
_LARGEST, _SHARDS = 200, 50
LOCAL, PROCESSES, RAY = ENGINES = "local", "processes", "ray"


class Numbered(Protocol):
    """A shard as a worker receives it: small, because it is sent to another process."""

    @property
    def number(self) -> int:
        """Its index among all shards, from 0."""


AnyShard = TypeVar("AnyShard", bound=Numbered)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard(Generic[Item]):
    """A shard that holds its items."""

    number: int
    items: tuple[Item, ...]


def fair_size(count: int) -> int:
    """Return the items of a shard for a job of `count` items.

    Small enough that a killed worker loses little and all workers have work, large enough that there are few files.
    """
    return max(1, min(_LARGEST, count // _SHARDS))


def split_items(items: Iterable[Item], size: int) -> Iterator[Shard[Item]]:
    """Yield shards of `size` items, the last one shorter. Items are drawn as they are needed."""
    waiting, number = iter(items), 0
    while held := tuple(islice(waiting, size)):
        yield Shard(number, held)
        number += 1


@dataclass(frozen=True)
class Workers:
    """Workers of a job, and the partition of the shards that they process."""

    engine: str = PROCESSES
    """local (this process), processes of this machine, or ray."""
    jobs: int = 1
    """Number of workers; a single process is this one."""
    address: str | None = None
    """Address of a Ray cluster; "auto" is the cluster of this machine, None starts one on this machine."""
    gpus: float = 0.0
    """GPUs of a Ray worker; a fraction if several share one."""
    partition: tuple[int, int] = (1, 1)
    """The partition, counted from 1, and the number of partitions."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise PngnatError(f"there is no engine '{self.engine}' to run on; there are {', '.join(ENGINES)}")
        if self.jobs < 1:
            raise PngnatError(f"the number of workers must be 1 or more, and is {self.jobs}")
        if (self.address or self.gpus) and self.engine != RAY:
            raise PngnatError("an address and GPUs of workers are Ray's: add --engine ray")

    @property
    def is_partial(self) -> bool:
        """Whether there are other partitions."""
        return self.partition[1] > 1

    def own_shards(self, shards: Iterable[AnyShard]) -> Iterator[AnyShard]:
        """Yield the shards of this partition: every n-th, so that partitions are alike where the input changes
        slowly."""
        place, count = self.partition
        return (shard for shard in shards if shard.number % count == place - 1)


def parse_partition(text: str) -> tuple[int, int]:
    """Parse a partition such as "2/5". Raise PngnatError for another form, or a partition that does not exist."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise PngnatError(f"'{text}' is not a partition: write 2/5 for the second of five, from 1/5 to 5/5")
    return int(found[1]), int(found[2])


# Environment variables of launchers: the index of a machine, and the number of machines.
_NODES = (("GROUP_RANK", "GROUP_WORLD_SIZE"), ("SLURM_NODEID", "SLURM_NNODES"))  # torchrun, srun


def node_partition() -> str:
    """Return the partition of this machine in a training on several, in the form of `parse_partition`; else "1/1"."""
    for place, count in _NODES:
        if os.environ.get(place, "").isdigit() and os.environ.get(count, "").isdigit():
            return f"{int(os.environ[place]) + 1}/{os.environ[count]}"
    return "1/1"


@contextmanager
def alone_on_this_machine(folder: Path) -> Iterator[None]:
    """Let one process of a user on this machine work on a folder at a time."""
    from filelock import FileLock

    # The lock lies on a local disk: the folder may be shared with other machines.
    name = f"pngnat-{getpass.getuser()}-{digest(str(folder.resolve()))}.lock"
    with FileLock(Path(tempfile.gettempdir()) / name):
        yield


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Workers of a job, as settings of a command."""

    workers: int = 1
    """Number of workers; a single process is this one."""
    engine: str = PROCESSES
    """local (this process), processes of this machine, or ray."""
    address: str | None = None
    """Address of a Ray cluster; auto is the cluster of this machine, null starts one on this machine."""
    shard: str = "1/1"
    """Process this partition of the shards, 2/5 for the second of five; the last one to end joins the results."""

    @property
    def pool(self) -> Workers:
        """Return the checked workers. Raise PngnatError for impossible settings."""
        return Workers(self.engine, self.workers, self.address, partition=parse_partition(self.shard))
