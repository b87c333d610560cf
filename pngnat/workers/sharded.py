"""Jobs in shards that can be stopped at any time and continued: one mechanism for all of them.

A shard's result is written beside its place and renamed, so a file that is there is complete. A job computes the shards
that are missing, in its partition; whoever finds all of them joins the results and removes stale files.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError
from pngnat.files import atomic_write, make_folder, unwritable
from pngnat.stamps import digest
from pngnat.workers.pool import AnyShard, Workers
from pngnat.workers.run import run_shards

# The place of a row: the name of its file, and the offset of its line in bytes.
Place = tuple[str, int]


def compute_missing(
    make: Callable[..., Callable[[AnyShard], Any]],
    settings: tuple,
    shards: Iterable[AnyShard],
    workers: Workers,
    is_there: Callable[[AnyShard], bool] = lambda shard: False,
) -> Iterator[tuple[AnyShard, Any]]:
    """Yield each missing shard of this partition with the result of `make(*settings)(shard)`, or with its exception.

    make, settings: as for `run_shards`. shards: all of the job, drawn as they are needed. is_there: whether a shard is
    complete.
    """
    missing: Iterable[AnyShard] = (shard for shard in workers.own_shards(shards) if not is_there(shard))
    # A list tells `run_shards` its length: fewer workers are started than there are shards.
    yield from run_shards(make, settings, list(missing) if isinstance(shards, Sequence) else missing, workers)


class ShardedFolder:
    """A folder that holds one file for each shard of a job, and no other files but hidden ones."""

    def __init__(self, folder: Path, suffix: str) -> None:
        """Describe a folder; it is created with its first file."""
        self.folder, self.suffix = folder, suffix

    def name(self, number: int, *content: Any) -> str:
        """Return the name of a shard's file. content: see `digest`; another content gives another name."""
        return f"{number:06d}-{digest(*content)}{self.suffix}"

    def path(self, name: str) -> Path:
        """Return the path of a file."""
        return self.folder / name

    def has(self, name: str) -> bool:
        """Return whether a file is there."""
        return self.path(name).is_file()

    def names(self) -> list[str]:
        """Return the names of all files, sorted."""
        return sorted(path.name for path in self.folder.glob(f"[!.]*{self.suffix}"))

    def drop_stale(self, names: Iterable[str]) -> None:
        """Remove the files that are not among `names`. Hidden files may be in the hands of another process."""
        for stale in set(self.names()) - set(names):
            self.path(stale).unlink(missing_ok=True)  # two partitions may end at once

    def remove(self) -> None:
        """Remove the folder, and with it what a killed worker left there."""
        shutil.rmtree(self.folder, ignore_errors=True)


class RowFolder(ShardedFolder):
    """A sharded folder whose files hold one JSON object a line."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ".jsonl")

    def write(self, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Write a file atomically, and return the number of its rows. Raise PngnatError if it cannot be written."""
        count = 0
        with atomic_write(make_folder(self.folder) / name) as beside, open(beside, "w", encoding="utf-8") as file:
            for row in rows:
                try:
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                except OSError as error:
                    raise unwritable(self.path(name), error) from error
                count += 1
        return count

    def rows(self, names: Iterable[str]) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Yield each row of the files, with its place. Raise PngnatError if a file is damaged."""
        for name in names:
            offset = 0
            with open(self.path(name), "rb") as file:
                for line in file:
                    try:
                        yield (name, offset), json.loads(line)
                    except ValueError as error:
                        raise PngnatError(
                            f"{self.path(name)}: is damaged ({error}); remove it, and it is computed again"
                        ) from error
                    offset += len(line)

    def read(self, places: Iterable[Place]) -> Iterator[dict[str, Any]]:
        """Yield the rows at these places."""
        for name, rows in groupby(places, lambda place: place[0]):
            with open(self.path(name), "rb") as file:
                for _, offset in rows:
                    file.seek(offset)
                    yield json.loads(file.readline())
