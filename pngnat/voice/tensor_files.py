"""Files of tensors, opened without reading a tensor: first it is seen what they say of names, shapes and sizes."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from safetensors import safe_open
from torch import Tensor

from pngnat.errors import shorten
from pngnat.untrusted import MIB
from pngnat.voice.pickled_tensors import Storage, describe
from pngnat.voice.tensor_names import current_name

# A model with the most layers that a card may ask for has some 1,500.
MOST_TENSORS = 4096
# Bytes of the part that says what there is; a long one takes seconds to read.
_LARGEST_DESCRIPTION = MIB
_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True)
class TensorInfo:
    """What a file says of a tensor."""

    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


class TensorFile(Protocol):
    """An open file."""

    @property
    def tensors(self) -> Mapping[str, TensorInfo]:
        """What the file says of each tensor, by name."""
        ...

    def read(self, name: str) -> Tensor:
        """The tensor of that name."""
        ...


@contextmanager
def open_tensors(path: Path) -> Iterator[TensorFile]:
    """A .safetensors file, or a .bin as PyTorch saves it. Raises ValueError, OSError or SafetensorError where it is
    damaged."""
    if path.suffix == ".bin":
        with _ShortReads(path) as raw:
            try:
                file = zipfile.ZipFile(raw)
            except zipfile.BadZipFile as error:
                raise ValueError(
                    "it is cut off, or no checkpoint of PyTorch 1.6 or later; save it again as model.safetensors"
                ) from error
            raw.longest = path.stat().st_size
            yield _Checkpoint(file, raw.longest)
    else:
        with open(path, "rb") as start:
            if int.from_bytes(start.read(8), "little") > _LARGEST_DESCRIPTION:
                raise ValueError("it is no safetensors file, or its header is too long")
        with safe_open(path, framework="pt") as file:
            yield _Safetensors(file)


class _Safetensors:
    """The length of a header, the header in JSON, the numbers: https://huggingface.co/docs/safetensors."""

    def __init__(self, file: safe_open) -> None:
        self._file = file
        self._stored = {current_name(name): name for name in _few(file.keys())}
        self.tensors = {name: self._info(stored) for name, stored in self._stored.items()}

    def read(self, name: str) -> Tensor:
        return self._file.get_tensor(self._stored[name])

    def _info(self, name: str) -> TensorInfo:
        part = self._file.get_slice(name)
        if part.get_dtype() not in _DTYPES:
            raise ValueError(f"'{shorten(name, 60)}' holds numbers of the kind {part.get_dtype()}, which are not read")
        return TensorInfo(tuple(part.get_shape()), _DTYPES[part.get_dtype()])


class _ShortReads(io.FileIO):
    """A file that is read in pieces of so many bytes at most: a ZIP file says itself how long its directory is."""

    longest = _LARGEST_DESCRIPTION

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.longest:
            raise ValueError("its directory is too long")
        return super().read(self.longest if size is None or size < 0 else size)


class _Checkpoint:
    """A ZIP file: FOLDER/data.pkl describes the tensors, FOLDER/data/KEY has the bytes of a storage."""

    def __init__(self, file: zipfile.ZipFile, size: int) -> None:
        self._file = file
        entries = {entry.filename: entry for entry in file.infolist()}
        # A part that is compressed, or that several names share, could stand for any number of bytes.
        if (
            any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values())
            or sum(e.file_size for e in entries.values()) > size
        ):
            raise ValueError("its parts are compressed or overlap")
        pickle = next((name for name in entries if name.endswith("data.pkl")), None)
        if pickle is None or entries[pickle].file_size > _LARGEST_DESCRIPTION:
            raise ValueError("it holds no table of tensors, or too many")
        self._folder = pickle.removesuffix("data.pkl")
        order = self._folder + "byteorder"
        if order in entries and (entries[order].file_size > 10 or file.read(order) != b"little"):
            raise ValueError("it was saved on a machine with another order of bytes")
        self._described = describe(file.read(pickle))
        for name in _few(self._described):
            storage = self._described[name].storage
            entry = entries.get(self._place(storage))
            if entry is None or entry.file_size != storage.elements * storage.dtype.itemsize:
                raise ValueError(f"'{shorten(name, 60)}' does not have the size that it is said to have")
        self.tensors = {name: TensorInfo(one.shape, one.storage.dtype) for name, one in self._described.items()}

    def read(self, name: str) -> Tensor:
        one, info = self._described[name], self.tensors[name]
        if not info.elements:
            return torch.zeros(info.shape, dtype=info.dtype)
        data = bytearray(self._file.read(self._place(one.storage)))
        offset = one.offset * info.dtype.itemsize
        return torch.frombuffer(data, dtype=info.dtype, count=info.elements, offset=offset).reshape(info.shape)

    def _place(self, storage: Storage) -> str:
        return f"{self._folder}data/{storage.key}"


def _few(names: Collection[str]) -> Collection[str]:
    if len(names) > MOST_TENSORS:
        raise ValueError(f"it has more than {MOST_TENSORS} tensors")
    return names
