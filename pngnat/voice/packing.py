"""A voice as one file, and back: a zip with the files of a voice folder and nothing else.

The same voice gives the same bytes. An untrusted archive has the limits of an untrusted folder, and none of its names
can lead to another place: only the names of a voice's files are accepted.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from pngnat.errors import PngnatError, shorten
from pngnat.files import atomic_write, make_folder, unwritable
from pngnat.untrusted import LARGEST_FILES, MIB, safe_file, shown
from pngnat.voice.card import BUNDLED, CARD, FILES, NEEDED, read_card

SUFFIX = ".voice"
# The earliest date of the zip format; a current date would make each archive differ.
_DATE = (1980, 1, 1, 0, 0, 0)
_BLOCK = MIB


def files_of(folder: Path) -> list[str]:
    """Return the names of a voice folder's files, checked.

    Raises PngnatError for a file that is missing, too large, or a link to a place outside of the folder.
    """
    read_card(folder)
    names = [name for name in FILES if name in NEEDED or os.path.lexists(folder / name)]
    for name in names:
        safe_file(folder, name)
    return names


def pack(folder: Path, file: Path) -> None:
    """Write the voice in `folder` to one file, atomically. Raises PngnatError for a folder that is not a voice, or a
    file that cannot be written."""
    names = files_of(folder)
    with atomic_write(file) as beside:
        try:
            with zipfile.ZipFile(beside, "w") as archive:
                for name in names:
                    about = zipfile.ZipInfo(name, _DATE)
                    about.create_system, about.external_attr = 3, (stat.S_IFREG | 0o644) << 16
                    # Weights are close to random numbers: compression would take time and save little.
                    about.compress_type = zipfile.ZIP_STORED if name.endswith(".safetensors") else zipfile.ZIP_DEFLATED
                    with open(folder / name, "rb") as source, archive.open(about, "w", force_zip64=True) as target:
                        shutil.copyfileobj(source, target, _BLOCK)
        except OSError as error:
            raise unwritable(file, error) from error


def unpack(file: Path, folder: Path, check: Callable[[Path], object]) -> None:
    """Write the voice in `file` to `folder`, which must not exist, atomically.

    check: called with the folder before it has its name; an exception of `check` stops the unpacking. Raises
    PngnatError for a file that is not a packed voice, or exceeds a limit.
    """
    if os.path.lexists(folder):
        raise PngnatError(
            f"{folder} is there already: remove it (pngnat voices remove), or give the voice another name (--as NAME)"
        )
    make_folder(folder.parent)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _extract(file, beside)
        files_of(beside)
        check(beside)
        beside.chmod(0o755)
        beside.rename(folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _extract(file: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) < len(names) or not set(names) <= set(FILES):
                strange = next((name for name in names if name not in FILES), names[0] if names else "")
                raise PngnatError(
                    f"{file} is no packed voice: it holds {shown(shorten(strange, 60))}, "
                    "which is no file of a voice's, or is twice"
                )
            for entry in entries:
                _extract_one(archive, entry, folder / entry.filename)
    except FileNotFoundError as error:
        raise PngnatError(f"{file}: there is no such file") from error
    # The exceptions of zipfile and zlib, also for headers that contradict each other.
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise PngnatError(f"{file} is no packed voice, or is damaged ({error})") from error
    except Exception as error:
        if type(error).__module__ not in ("zlib", "_lzma", "_bz2"):
            raise
        raise PngnatError(f"{file} is damaged ({error})") from error


def _extract_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    largest = LARGEST_FILES[path.suffix]
    left = largest
    with archive.open(entry) as source, open(path, "xb") as target:
        # Count the extracted bytes: the sizes in an archive's headers may be false.
        while block := source.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise PngnatError(
                    f"{archive.filename} is no packed voice: {entry.filename} is larger than {largest / MIB:g} MB"
                )
            target.write(block)


def remove(folder: Path) -> None:
    """Remove a voice folder. Raises PngnatError if it is bundled, is not a voice, or has other files."""
    check_removable(folder)
    try:
        # voice.json is removed first: without it, an incomplete folder is not a voice.
        for name in (CARD, *os.listdir(folder)):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
    except OSError as error:
        raise PngnatError(f"{folder}: cannot be removed ({error.strerror})") from error


def check_removable(folder: Path) -> None:
    """Raise PngnatError for a folder that `remove` must not remove."""
    if folder.resolve().is_relative_to(BUNDLED.resolve()):
        raise PngnatError(f"'{folder.name}' came with pngnat, and is not removed")
    if folder.is_symlink() or not folder.is_dir():
        raise PngnatError(f"{folder} is a link or no folder, and is not removed")
    read_card(folder)
    strange = sorted(set(os.listdir(folder)) - set(FILES))
    if strange:
        raise PngnatError(
            f"{folder} holds {shown(shorten(strange[0], 60))}, which is no part of a voice; "
            "see to it, and remove the folder by hand"
        )
