"""What workers made of shards, until it is all there and becomes one: a folder of files of JSON lines, each there whole
or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError
from pngnat.files import atomic_write, make_folder, unwritable

# Where a row begins: the file's name, and bytes from its beginning.
Place = tuple[str, int]


class Parts:
    """The parts in a folder, which holds nothing else; each row is a JSON object."""

    def __init__(self, folder: Path) -> None:
        """Name them; nothing is made yet."""
        self.folder = folder

    def has(self, name: str) -> bool:
        """Whether a part is there."""
        return (self.folder / name).is_file()

    def write(self, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Write a part, whole or not at all; returns how many rows it has. Raises PngnatError where it cannot."""
        count = 0
        with atomic_write(make_folder(self.folder) / name) as beside, open(beside, "w", encoding="utf-8") as file:
            for row in rows:
                try:
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                except OSError as error:
                    raise unwritable(self.folder / name, error) from error
                count += 1
        return count

    def names(self) -> list[str]:
        """All that are there, in order."""
        return sorted(path.name for path in self.folder.glob("[!.]*"))

    def rows(self, names: Iterable[str]) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Each row of these parts, and where it begins. Raises PngnatError where one is damaged."""
        for name in names:
            begin = 0
            with open(self.folder / name, "rb") as file:
                for line in file:
                    try:
                        yield (name, begin), json.loads(line)
                    except ValueError as error:
                        raise PngnatError(
                            f"{self.folder / name}: is damaged ({error}); remove it, and it is made again"
                        ) from error
                    begin += len(line)

    def read(self, places: Iterable[Place]) -> Iterator[dict[str, Any]]:
        """The rows that begin there."""
        for name, rows in groupby(places, lambda place: place[0]):
            with open(self.folder / name, "rb") as file:
                for _, begin in rows:
                    file.seek(begin)
                    yield json.loads(file.readline())

    def remove(self) -> None:
        """Remove them, and what a killed worker left among them."""
        shutil.rmtree(self.folder, ignore_errors=True)
