"""A list of what a folder holds that is right at any moment, whenever the process that writes it ends."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pngnat.files import read_limited, unwritable, write_text

# A million texts of a long sentence each.
_LARGEST = 2**30
# The key of the provenance in the file, which folders of earlier versions have.
_PROVENANCE = "made_of"


@dataclass(frozen=True)
class Entry:
    """A text that was spoken. file: its sound, in the manifest's folder. seconds: of sound. provenance: a digest of how it
    was spoken."""

    id: str
    text: str
    file: str
    seconds: float
    provenance: str


class Manifest:
    """A JSONL file, one entry a line. A context: within it, entries are added, each as soon as its sound is there."""

    def __init__(self, path: str | os.PathLike) -> None:
        """Read what is there; a line that was cut off as it was written, or is none of ours, is left out."""
        self._path = Path(path)
        self._entries: dict[str, Entry] = {}
        if self._path.exists():
            for line in read_limited(self._path, _LARGEST).splitlines():
                with suppress(ValueError, TypeError, LookupError, AttributeError):
                    content = json.loads(line)
                    entry = Entry(provenance=content.pop(_PROVENANCE), **content)
                    self._entries[entry.id] = entry

    def get(self, name: str) -> Entry | None:
        """The entry with this id."""
        return self._entries.get(name)

    def forget(self, name: str) -> None:
        """Leave out the entry with this id, if there is one: what it tells of is about to be made again."""
        self._entries.pop(name, None)

    def __enter__(self) -> Manifest:
        """Raises PngnatError where the file cannot be written."""
        self._write()
        try:
            self._file = open(self._path, "a", encoding="utf-8")
        except OSError as error:
            raise unwritable(self._path, error) from error
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def add(self, entry: Entry) -> None:
        """Add an entry with a new id. Raises PngnatError where it cannot be written."""
        self._entries[entry.id] = entry
        try:
            self._file.write(_line(entry))
            self._file.flush()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def sort(self, names: Sequence[str]) -> None:
        """Bring the entries with these ids into their order, behind all others. Raises PngnatError where it cannot be
        written."""
        self._entries = self._entries | {name: self._entries.pop(name) for name in names if name in self._entries}
        self._write()

    def _write(self) -> None:
        write_text(self._path, "".join(map(_line, self._entries.values())))


def _line(entry: Entry) -> str:
    content = asdict(entry)
    content[_PROVENANCE] = content.pop("provenance")
    return json.dumps(content, ensure_ascii=False) + "\n"
