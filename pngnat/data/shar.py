"""Sharded corpora in lhotse's Shar format, with random access to any recording.

A shard is `cuts.000000.jsonl`, with a cut a line, and `recording.000000.tar`, with the sounds in the same order, each
followed by its manifest; `lhotse.CutSet.from_shar` reads a folder of them. The cuts are uncompressed, so that one can
be read alone. A corpus has its shards in FOLDER/shar, and in FOLDER/index one row a recording: the places of cut and
sound, duration, speaker and split. The index is an array on disk of 37 bytes a recording, which each process maps into
memory; a million recordings open in milliseconds.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from pngnat.data.corpus import SPLITS, Recording, recording_of
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, make_folder, write_text

CUTS, SOUNDS = "cuts.{:06d}.jsonl", "recording.{:06d}.tar"
CUTS_PATTERN = "cuts.*.jsonl"
UNFINISHED = "unfinished"
SHARDS, INDEX = "shar", "index"
_ROWS, _NAMES = "rows.npy", "names.json"
_ROW = np.dtype(
    [
        ("shard", np.int32),
        ("cut", np.int64),
        ("cut_size", np.int32),
        ("sound", np.int64),
        ("sound_size", np.int32),
        ("seconds", np.float32),
        ("speaker", np.int32),
        ("split", np.int8),
    ]
)


@contextmanager
def shar_shard(folder: Path, number: int) -> Iterator[Callable[[Mapping[str, Any], bytes, str], None]]:
    """Write a shard that appears in `folder` when the block ends without an error: its tar first, its cuts last.

    The remains of a killed process lie in `unfinished`, beside the folder, because lhotse reads everything in the
    folder. Yields a function of a cut (lhotse's MonoCut), the bytes of its sound file, and the file's suffix, such as
    ".flac". Raises PngnatError if the folder cannot be written.
    """
    meanwhile = make_folder(folder.parent / UNFINISHED)
    with (
        atomic_write(folder / CUTS.format(number), meanwhile) as cuts,
        atomic_write(folder / SOUNDS.format(number), meanwhile) as sounds,
    ):
        with open(cuts, "w", encoding="utf-8") as lines, tarfile.open(sounds, "w") as tar:

            def add(cut: Mapping[str, Any], sound: bytes, ending: str) -> None:
                recording = {**cut["recording"], "sources": [{"type": "shar", "channels": [0], "source": ""}]}
                _add_file(tar, f"{cut['id']}{ending}", sound)
                _add_file(tar, f"{cut['id']}.json", json.dumps(recording).encode())
                lines.write(json.dumps({**cut, "recording": recording}, ensure_ascii=False) + "\n")

            yield add


def _add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    # Without a time or an owner: the same recordings give the same bytes.
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def is_shar(folder: Path) -> bool:
    """Return whether a folder holds a sharded corpus."""
    return (folder / SHARDS / CUTS.format(0)).is_file()


class SharCorpus(Sequence[Recording]):
    """The recordings of a sharded corpus. rows: (n,) records, see `_ROW`; `speaker` is an index of `speakers`, `split`
    of SPLITS."""

    def __init__(self, folder: Path) -> None:
        """Open a corpus, and write its index if it is missing. Raise PngnatError if it is damaged."""
        self.folder = folder
        if not (folder / INDEX / _NAMES).is_file():
            write_index(folder)
        try:
            self.speakers: list[str] = json.loads((folder / INDEX / _NAMES).read_text(encoding="utf-8"))["speakers"]
            self.rows = np.load(folder / INDEX / _ROWS, mmap_mode="r")
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise PngnatError(f"{folder / INDEX}: is damaged ({error}); remove it, and it is made again") from error

    @property
    def files(self) -> list[Path]:
        """The files of the index."""
        return [self.folder / INDEX / name for name in (_ROWS, _NAMES)]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Recording: ...

    @overload
    def __getitem__(self, index: slice) -> list[Recording]: ...

    def __getitem__(self, index: int | slice) -> Recording | list[Recording]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        row = self.rows[index]
        path = self.folder / SHARDS / CUTS.format(int(row["shard"]))
        try:
            with open(path, "rb") as file:
                file.seek(int(row["cut"]))
                cut = json.loads(file.read(int(row["cut_size"])))
            sounds = self.folder / SHARDS / SOUNDS.format(int(row["shard"]))
            return replace(
                recording_of(cut, self.folder), path=sounds, span=(int(row["sound"]), int(row["sound_size"]))
            )
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise PngnatError(
                f"{path}: is not what its index says ({error!r}); remove {self.folder / INDEX}"
            ) from error


def write_index(folder: Path) -> None:
    """Write the index of a sharded corpus, with the rows of one shard in memory at a time.

    Raises PngnatError if the shards are damaged.
    """
    names: dict[str, int] = {}
    make_folder(folder / INDEX)
    numbers = sorted(int(path.name.split(".")[1]) for path in (folder / SHARDS).glob(CUTS_PATTERN))
    with atomic_write(folder / INDEX / _ROWS) as beside:
        count = 0
        with open(beside, "wb") as file:
            _write_header(file, 0)
            for number in numbers:
                rows = np.array(list(_rows(folder / SHARDS, number, names)), _ROW)
                file.write(rows.tobytes())
                count += len(rows)
            # The header has a fixed length, so that it can be overwritten with the final count.
            file.seek(0)
            _write_header(file, count)
    # Written last: if this file is there, the index is complete.
    write_text(folder / INDEX / _NAMES, json.dumps({"speakers": list(names)}, ensure_ascii=False))


def _write_header(file, count: int) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(_ROW), "fortran_order": False, "shape": (count,)}
    # NumPy leaves room for a growing count, up to 21 digits.
    np.lib.format.write_array_header_1_0(file, header)


def _rows(folder: Path, number: int, names: dict[str, int]) -> Iterator[tuple]:
    cuts, sounds = folder / CUTS.format(number), folder / SOUNDS.format(number)
    try:
        with open(cuts, "rb") as lines, tarfile.open(sounds) as tar:
            offset = 0
            for line, sound in zip(lines, _sounds(tar), strict=True):
                cut = json.loads(line)
                supervision = cut["supervisions"][0]
                if Path(sound.name).stem != cut["id"]:
                    raise ValueError(f"{sound.name} stands in the place of {cut['id']}")
                speaker = names.setdefault(supervision["speaker"], len(names))
                split = SPLITS.index(supervision["custom"]["split"])
                yield number, offset, len(line), sound.offset_data, sound.size, cut["duration"], speaker, split
                offset += len(line)
    except (OSError, EOFError, ValueError, LookupError, TypeError, tarfile.TarError) as error:
        raise PngnatError(
            f"{cuts}: is damaged, or does not fit {sounds.name} ({error!r}); make the shard again"
        ) from error


def _sounds(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the sounds of a tar; a manifest follows each."""
    for place, member in enumerate(tar):
        if place % 2 == 0:
            yield member
        # tarfile keeps all that it has seen.
        tar.members = []  # type: ignore[attr-defined]  # its types leave it out
