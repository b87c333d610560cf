"""Local files, and files that fsspec opens by path: s3://BUCKET/FILE, hf://datasets/USER/NAME/FILE."""

from __future__ import annotations

import glob
import gzip
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from pngnat.errors import PngnatError, extra_command


@contextmanager
def _said(path: str) -> Iterator[None]:
    """Turn errors with a path into PngnatError, in one line."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise PngnatError(f"{path}: needs {error.name}: pip install {error.name}") from error
    except (
        ImportError,
        ValueError,
    ) as error:  # fsspec knows the protocol, and a package for it is missing; or does not know it
        raise PngnatError(f"{path}: {error}") from error
    except OSError as error:
        raise PngnatError(f"{path}: cannot be read ({error.strerror or error})") from error


def _system(path: str) -> tuple[Any, str]:
    """Return fsspec's file system of a path, and the path in it."""
    from fsspec.core import url_to_fs

    return url_to_fs(path)


def open_bytes(path: str) -> BinaryIO:
    """Open a file for reading bytes. Raise PngnatError if it cannot be read."""
    with _said(path):
        if "://" not in path:
            return open(path, "rb")
        system, name = _system(path)
        return system.open(name, "rb")


@contextmanager
def open_text(path: str) -> Iterator[TextIO]:
    """Open a file for reading UTF-8 text; .gz is unpacked. Raise PngnatError if it cannot be opened."""
    with open_bytes(path) as file, cast(BinaryIO, gzip.open(file)) if path.endswith(".gz") else file as plain:
        yield io.TextIOWrapper(plain, encoding="utf-8")


def size_of(path: str) -> int:
    """Return the size of a file in bytes."""
    with open_bytes(path) as file:
        return file.seek(0, os.SEEK_END)


def matching(pattern: str) -> list[str]:
    """Return the paths that match a pattern such as texts/**/*.txt, sorted. Raise PngnatError if the lookup fails."""
    if "://" not in pattern:
        return sorted(glob.glob(str(Path(pattern).expanduser()), recursive=True))
    with _said(pattern):
        system, name = _system(pattern)
        return sorted(system.unstrip_protocol(found) for found in system.glob(name))


def fingerprint(path: str) -> list:
    """Return a file's name and size, and the state that changes with its content and is known without reading."""
    with _said(path):
        if "://" not in path:
            state = os.stat(path)
            return [Path(path).name, state.st_size, state.st_mtime_ns]
        system, name = _system(path)
        return [Path(path).name, system.size(name), system.ukey(name)]


def open_parquet(path: str, file: BinaryIO, column: str) -> Any:
    """Open a pyarrow.parquet.ParquetFile. Raise PngnatError without pyarrow, for another kind of file, or without the
    column."""
    try:
        from pyarrow import ArrowInvalid
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError as error:
        raise PngnatError(f"{path}: Parquet needs pyarrow: {extra_command('scale')}") from error
    try:
        opened = ParquetFile(file)
    except ArrowInvalid as error:
        raise PngnatError(f"{path}: is no Parquet file ({error})") from error
    if column not in opened.schema_arrow.names:
        raise PngnatError(f"{path}: has no column '{column}'; it has {', '.join(opened.schema_arrow.names)}")
    return opened
