"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pngnat.errors import PngnatError

# The error numbers of a disk, a quota or a file that is full.
NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


@contextmanager
def atomic_write(path: str | os.PathLike, meanwhile: Path | None = None) -> Iterator[Path]:
    """A new, empty file in the folder of `path` to write to, renamed to `path` when the block ends, removed when it
    raises.

    meanwhile: another folder for it, on the same disk, where what a killed process leaves behind must not lie beside
    `path`.
    Raises PngnatError where `path` cannot be written, before the block runs.
    """
    path = Path(path)
    # Named before it is there: a signal that ends the program in between must not leave it behind.
    beside = (meanwhile or path.parent) / f".{path.stem[:100]}.{secrets.token_hex(8)}{path.suffix}"
    try:
        try:
            if path.is_dir():
                raise IsADirectoryError(0, "it is a folder")
            if path.exists() and not os.access(path, os.W_OK):
                raise PermissionError(0, "it is read-only")
            beside.touch(exist_ok=False)
            mode = beside.stat().st_mode
        except OSError as error:
            raise unwritable(path, error) from error
        yield beside
        try:
            # Who wrote it may have put a private file in its place.
            os.chmod(beside, stat.S_IMODE(mode))
            os.replace(beside, path)
        except OSError as error:
            raise unwritable(path, error) from error
    finally:
        if os.path.lexists(beside):
            beside.unlink()


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all. Raises PngnatError where it cannot be written."""
    with atomic_write(path) as beside:
        try:
            beside.write_text(text, encoding="utf-8")
        except OSError as error:
            raise unwritable(path, error) from error


def make_folder(path: str | os.PathLike) -> Path:
    """The folder, made with its parents where it is missing. Raises PngnatError where it cannot be."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def read_limited(path: str | os.PathLike, largest: int) -> bytes:
    """The bytes of a file of at most `largest` bytes; of a larger one, or of a device without an end, no more is read
    than that.

    Raises PngnatError where it cannot be read, or is larger.
    """
    try:
        with open(path, "rb") as file:
            return read_stream(file, str(path), largest)
    # ValueError: a name with a zero byte, which no file has.
    except (OSError, ValueError) as error:
        raise PngnatError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def read_stream(stream: BinaryIO, name: str, largest: int) -> bytes:
    """As `read_limited`, from an open stream. name: what the error calls it."""
    try:
        data = stream.read(largest + 1)
    except OSError as error:
        raise PngnatError(f"{name}: cannot be read ({error.strerror})") from error
    if len(data) > largest:
        raise PngnatError(f"{name}: is too large; at most {largest / 2**20:g} MB are read")
    return data


def unwritable(path: str | os.PathLike, error: Exception) -> PngnatError:
    """The error that names the file and the reason."""
    full = getattr(error, "errno", None) in NO_ROOM
    return PngnatError(
        f"{path}: cannot be written ({'no space left' if full else getattr(error, 'strerror', None) or error})"
    )
