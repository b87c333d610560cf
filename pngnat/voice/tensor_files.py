"""Safetensors files, opened without reading a tensor.

Names, shapes and sizes come first, so that they can be checked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from pngnat.errors import shorten
from pngnat.untrusted import MIB

# A model with the most layers that a card may describe has about 1,500 tensors.
MOST_TENSORS = 4096
# Bytes; a long header takes seconds to parse.
_LARGEST_HEADER = MIB
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
    """Shape and type of a tensor, as its file states them."""

    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def elements(self) -> int:
        """Return the number of elements."""
        return math.prod(self.shape)


class TensorFile:
    """An open safetensors file (https://huggingface.co/docs/safetensors). tensors: the stated tensors, by name."""

    def __init__(self, file: safe_open) -> None:
        self._file = file
        names = file.keys()
        if len(names) > MOST_TENSORS:
            raise ValueError(f"it has more than {MOST_TENSORS} tensors")
        self.tensors = {name: self._info(name) for name in names}

    def read(self, name: str) -> Tensor:
        """Read a tensor."""
        return self._file.get_tensor(name)

    def _info(self, name: str) -> TensorInfo:
        part = self._file.get_slice(name)
        if part.get_dtype() not in _DTYPES:
            raise ValueError(
                f"'{shorten(name, 60)}' holds numbers of the type {part.get_dtype()}, which is not supported"
            )
        return TensorInfo(tuple(part.get_shape()), _DTYPES[part.get_dtype()])


@contextmanager
def open_tensors(path: Path) -> Iterator[TensorFile]:
    """Open a safetensors file. Raise ValueError, OSError or SafetensorError if it is damaged."""
    with open(path, "rb") as start:
        if int.from_bytes(start.read(8), "little") > _LARGEST_HEADER:
            raise ValueError("it is not a safetensors file, or its header is too long")
    with safe_open(path, framework="pt") as file:
        yield TensorFile(file)
