"""Who works on shards, and on which of them."""

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

# Items of a shard at most, and shards of what is small.
_LARGEST, _SHARDS = 200, 50
LOCAL, PROCESSES, RAY = ENGINES = "local", "processes", "ray"


class Numbered(Protocol):
    """What a worker is given: small, since it travels."""

    @property
    def number(self) -> int:
        """Its place among all shards, from 0 on."""


Shard = TypeVar("Shard", bound=Numbered)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Chunk(Generic[Item]):
    """A shard that holds its items."""

    number: int
    items: tuple[Item, ...]


def fair_size(count: int) -> int:
    """Items of a shard, of `count` in all: few are lost when a worker is killed, few files are made, and all workers
    have some."""
    return max(1, min(_LARGEST, count // _SHARDS))


def chunks(items: Iterable[Item], size: int) -> Iterator[Chunk[Item]]:
    """The items in shards of `size`, the last one shorter; taken as they are needed."""
    waiting, number = iter(items), 0
    while held := tuple(islice(waiting, size)):
        yield Chunk(number, held)
        number += 1


@dataclass(frozen=True)
class Workers:
    """Who does the work."""

    engine: str = PROCESSES
    """local (this process), processes of this machine, or ray."""
    jobs: int = 1
    """Workers; one process works in this one."""
    address: str | None = None
    """Of a Ray cluster, "auto" for the one that this machine belongs to; None starts one on this machine."""
    gpus: float = 0.0
    """GPUs of a Ray worker; a part of one where several share it."""
    partition: tuple[int, int] = (1, 1)
    """which of how many partitions of the shards, counted from 1."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise PngnatError(f"there is no engine '{self.engine}' to run on; there are {', '.join(ENGINES)}")
        if self.jobs < 1:
            raise PngnatError(f"the number of workers must be 1 or more, and is {self.jobs}")
        if (self.address or self.gpus) and self.engine != RAY:
            raise PngnatError("an address and GPUs of workers are Ray's: add --engine ray")

    @property
    def is_partial(self) -> bool:
        """Whether other machines have partitions, too."""
        return self.partition[1] > 1

    def mine(self, shards: Iterable[Shard]) -> Iterator[Shard]:
        """Those of this partition: every n-th, so that the shares are alike where shards differ along the input."""
        place, count = self.partition
        return (shard for shard in shards if shard.number % count == place - 1)


def parse_partition(text: str) -> tuple[int, int]:
    """A share as it is written, "2/5". Raises PngnatError for another form and for one that does not exist."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise PngnatError(f"'{text}' is no share: write 2/5 for the second of five, from 1/5 to 5/5")
    return int(found[1]), int(found[2])


# How launchers number the machines of a training, and say how many there are.
_NODES = (("GROUP_RANK", "GROUP_WORLD_SIZE"), ("SLURM_NODEID", "SLURM_NNODES"))  # torchrun, srun


def node_partition() -> str:
    """This machine's partition of what all machines of a training do together, as `parse_partition` reads it; all of it for one
    alone."""
    for place, count in _NODES:
        if os.environ.get(place, "").isdigit() and os.environ.get(count, "").isdigit():
            return f"{int(os.environ[place]) + 1}/{os.environ[count]}"
    return "1/1"


@contextmanager
def alone_on_this_machine(folder: Path) -> Iterator[None]:
    """Have a user's processes of this machine work on a folder one after the other."""
    from filelock import FileLock

    # Where each machine has files of its own, whatever machines the folder is shared by.
    name = f"pngnat-{getpass.getuser()}-{digest(str(folder.resolve()))}.lock"
    with FileLock(Path(tempfile.gettempdir()) / name):
        yield


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Who does the work, as settings of a command."""

    workers: int = 1
    """Workers; one process works in this one."""
    engine: str = PROCESSES
    """local (this process), processes of this machine, or ray."""
    address: str | None = None
    """Of a Ray cluster; auto is the one that this machine belongs to, null starts one on this machine."""
    shard: str = "1/1"
    """Do this partition of the shards alone, 2/5 for the second of five; the last to end joins them."""

    @property
    def pool(self) -> Workers:
        """The same, checked. Raises PngnatError where it cannot be."""
        return Workers(self.engine, self.workers, self.address, partition=parse_partition(self.shard))
