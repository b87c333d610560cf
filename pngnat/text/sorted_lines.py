"""A table in a text file that is searched where it lies: one word is found in microseconds, and nothing is loaded."""

from __future__ import annotations

import mmap
import os


class SortedLines:
    """A UTF-8 file of lines `KEY<TAB>VALUE`, sorted by their keys' bytes, the last one ended by a line break too."""

    def __init__(self, path: str | os.PathLike) -> None:
        with open(path, "rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def get(self, key: str) -> str | None:
        """The value of a key, None where it is not there."""
        # A half of a surrogate pair is in no file, and may be in a text.
        wanted = key.encode("utf-8", "surrogatepass")
        low, high = 0, len(self._data)
        while low < high:
            middle = (low + high) // 2
            start = self._data.rfind(b"\n", low, middle) + 1 or low
            end = self._data.find(b"\n", middle)
            found, _, value = self._data[start:end].partition(b"\t")
            if found == wanted:
                return value.decode()
            low, high = (end + 1, high) if found < wanted else (low, start)
        return None
