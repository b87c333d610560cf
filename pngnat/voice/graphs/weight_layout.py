"""The place of each tensor in a safetensors file: a length, a header in JSON, the numbers.

Source: https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pngnat.errors import PngnatError

_LARGEST_HEADER = 2**20
_KINDS = {"F16": "<f2", "F32": "<f4"}


@dataclass(frozen=True)
class TensorPlace:
    """The place of a tensor. dtype: by safetensors' name. offset, length: bytes, from the beginning of the file."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int


@dataclass(frozen=True)
class WeightLayout:
    """A safetensors file with the places of its tensors by their current names. digest: of the header."""

    path: Path
    places: Mapping[str, TensorPlace]
    digest: str

    @property
    def file(self) -> str:
        """Return the file's name, by which graphs in its folder refer to it."""
        return self.path.name

    def read(self, name: str) -> np.ndarray:
        """Return a tensor of half or single precision as float32. Raises PngnatError if there is none of the name."""
        place = self.places.get(name)
        if place is None or place.dtype not in _KINDS:
            raise PngnatError(
                f"{self.path} is damaged: '{name}' is missing, or holds no fractions of half or single precision"
            )
        with open(self.path, "rb") as file:
            file.seek(place.offset)
            values = np.frombuffer(file.read(place.length), dtype=_KINDS[place.dtype])
        return values.reshape(place.shape).astype(np.float32)


def read_layout(path: Path) -> WeightLayout:
    """Return the layout from a safetensors file's header. Raises PngnatError for another kind of file."""
    header = read_header(path)
    start = 8 + len(header)
    try:
        entries = {name: entry for name, entry in json.loads(header).items() if name != "__metadata__"}
        places = {
            name: TensorPlace(entry["dtype"], tuple(entry["shape"]), start + begin, end - begin)
            for name, entry in entries.items()
            for begin, end in [entry["data_offsets"]]
        }
    except (ValueError, LookupError, TypeError) as error:
        raise PngnatError(f"{path} is damaged ({error})") from error
    return WeightLayout(path, places, digest(header))


def read_header(path: Path) -> bytes:
    """Return the header of a safetensors file. Raises PngnatError for another kind of file."""
    try:
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = file.read(size) if size <= _LARGEST_HEADER else b""
    except OSError as error:
        raise PngnatError(f"{path} cannot be read ({error.strerror})") from error
    if len(header) < size or not header:
        raise PngnatError(f"{path} is damaged: it is no safetensors file, or its header is too long")
    return header


def digest(header: bytes) -> str:
    """Return the digest that a graph stores of its weights' file: with another header, weights have other places."""
    return hashlib.sha256(header).hexdigest()[:32]
