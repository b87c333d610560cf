"""Who works on shards, and on which of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pngnat.errors import PngnatError

PROCESSES, RAY = ENGINES = "processes", "ray"


class Numbered(Protocol):
    """What a worker is given: small, since it travels; the data that it names does not."""

    @property
    def number(self) -> int:
        """Its place among all shards, from 0 on."""


Shard = TypeVar("Shard", bound=Numbered)


@dataclass(frozen=True)
class Workers:
    """Who does the work."""

    engine: str = PROCESSES
    """processes of this machine, or ray."""
    jobs: int = 1
    """Workers; one works in this process."""
    address: str | None = None
    """Of a Ray cluster, "auto" for the one that this machine belongs to; None starts one on this machine."""
    gpus: float = 0.0
    """GPUs of a Ray worker; a part of one where several share it."""
    share: tuple[int, int] = (1, 1)
    """Which of how many shares of the shards, counted from 1."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise PngnatError(f"there is no engine '{self.engine}' to run on; there are {', '.join(ENGINES)}")
        if self.jobs < 1:
            raise PngnatError(f"the number of workers must be 1 or more, and is {self.jobs}")
        if (self.address or self.gpus) and self.engine != RAY:
            raise PngnatError("an address and GPUs of workers are Ray's: add --engine ray")

    def mine(self, shards: Iterable[Shard]) -> list[Shard]:
        """Those of this share: every n-th, so that the shares are alike where shards differ along the input."""
        place, count = self.share
        return [shard for shard in shards if shard.number % count == place - 1]


def share_of(text: str) -> tuple[int, int]:
    """A share as it is written, "2/5". Raises PngnatError for another form and for one that does not exist."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise PngnatError(f"'{text}' is no share: write 2/5 for the second of five, from 1/5 to 5/5")
    return int(found[1]), int(found[2])
