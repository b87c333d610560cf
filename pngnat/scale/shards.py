"""The conversion of a prepared corpus from a folder of sound files to shards, in which a million recordings open at
once and are read in order."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pngnat.audio import wav
from pngnat.audio.sound_writer import encoded
from pngnat.data.corpus import MANIFEST, manifest_lines
from pngnat.data.shar import CUTS, SHARDS, UNFINISHED, shar_shard, write_index
from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text
from pngnat.stamps import check_stamp, digest
from pngnat.workers.pool import Workers
from pngnat.workers.sharded import compute_missing

# Folder of the manifest's lines by shard, until all shards are there; file with the numbers of shards and recordings,
# written last.
_PARTS, _COUNTS = "parts", "shards.json"
# Lines in memory before they are appended to their files.
_HELD = 20_000


@dataclass(frozen=True)
class Sharding:
    """Settings of a sharded corpus."""

    corpus: Path
    """A prepared corpus (pngnat prepare)."""
    out: Path
    """The folder of the sharded corpus."""
    format: str | None = None
    """flac or opus; None keeps each sound file as it is."""
    recordings: int = 1000
    """Recordings of a shard, on average."""

    @property
    def provenance(self) -> dict[str, Any]:
        """The settings that runs into one folder must share."""
        return {"corpus": digest(self.corpus / MANIFEST), "format": self.format, "recordings": self.recordings}


@dataclass(frozen=True)
class Part:
    """The lines of one shard of the manifest."""

    number: int


def to_shards(sharding: Sharding, workers: Workers, on_shard: Callable[[int], object] | None = None) -> int:
    """Write the missing shards of this partition; return the number of all recordings, 0 while shards are missing.

    The shard of a recording depends on its name alone, so that each shard contains every speaker. on_shard: receives
    the number of recordings of a new shard. Raises PngnatError for a folder that is not a prepared corpus or is
    damaged, and for another run's settings.
    """
    if not (sharding.corpus / MANIFEST).is_file():
        raise PngnatError(f"{sharding.corpus} is no prepared corpus: it has no {MANIFEST}")
    if sharding.format not in (None, "flac", "opus"):
        raise PngnatError(f"'{sharding.format}' is not a format for shards; use flac or opus")
    if sharding.recordings < 1:
        raise PngnatError(f"a shard has 1 recording or more, and not {sharding.recordings}")
    check_stamp(make_folder(sharding.out), sharding.provenance)
    make_folder(sharding.out / SHARDS)
    count, recordings = _counts(sharding) or _take_apart(sharding)
    parts = [Part(number) for number in range(count)]
    for part, result in compute_missing(
        ShardWorker, (sharding,), parts, workers, lambda part: _is_there(sharding, part)
    ):
        if isinstance(result, Exception):
            raise PngnatError(f"shard {part.number}: {result}") from result
        if on_shard:
            on_shard(result)
    if not all(_is_there(sharding, part) for part in parts):
        return 0
    write_index(sharding.out)
    for folder in (_PARTS, UNFINISHED):
        shutil.rmtree(sharding.out / folder, ignore_errors=True)
    return recordings


def _is_there(sharding: Sharding, part: Part) -> bool:
    return (sharding.out / SHARDS / CUTS.format(part.number)).is_file()


def _counts(sharding: Sharding) -> tuple[int, int] | None:
    """Return the numbers of shards and recordings; None if the manifest must be split for missing shards."""
    try:
        count, total = json.loads((sharding.out / _COUNTS).read_text())
    except (OSError, ValueError):
        return None
    if (sharding.out / _PARTS).is_dir() or all(_is_there(sharding, Part(number)) for number in range(count)):
        return count, total
    return None


def _take_apart(sharding: Sharding) -> tuple[int, int]:
    """Write the lines of each shard to a file of its own; return the numbers of shards and recordings."""
    folder = make_folder(sharding.out / _PARTS)
    total = sum(1 for _ in manifest_lines(sharding.corpus))
    count = -(-total // sharding.recordings)
    # Two processes that do this at once have a folder each, and write the same.
    beside = Path(tempfile.mkdtemp(prefix=f"{_PARTS}.", dir=sharding.out))
    held: dict[int, list[str]] = defaultdict(list)
    for place, line in enumerate(manifest_lines(sharding.corpus)):
        name = json.loads(line)["id"]
        held[int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % count].append(line)
        if place % _HELD == _HELD - 1:
            _append(beside, held)
    _append(beside, held)
    for number in range(count):
        (beside / f"{number:06d}").touch()  # a hash may leave a shard empty
        (beside / f"{number:06d}").replace(folder / f"{number:06d}")
    shutil.rmtree(beside)
    write_text(sharding.out / _COUNTS, json.dumps([count, total]))
    return count, total


def _append(folder: Path, held: dict[int, list[str]]) -> None:
    for number, lines in held.items():
        with open(folder / f"{number:06d}", "a", encoding="utf-8") as file:
            file.writelines(lines)
    held.clear()


class ShardWorker:
    """A worker that writes shards of recordings."""

    def __init__(self, sharding: Sharding) -> None:
        self.sharding = sharding

    def __call__(self, part: Part) -> int:
        """Write a shard, and return the number of its recordings."""
        with open(self.sharding.out / _PARTS / f"{part.number:06d}", encoding="utf-8") as lines:
            cuts = [json.loads(line) for line in lines]
        with shar_shard(self.sharding.out / SHARDS, part.number) as add:
            for cut in cuts:
                add(cut, *self._sound(self.sharding.corpus / cut["recording"]["sources"][0]["source"]))
        return len(cuts)

    def _sound(self, path: Path) -> tuple[bytes, str]:
        """Return the bytes of a sound file, and its suffix."""
        ending = f".{self.sharding.format}"
        if self.sharding.format is None or path.suffix == ending:
            try:
                return path.read_bytes(), path.suffix
            except OSError as error:
                raise PngnatError(f"{path}: cannot be read ({error.strerror})") from error
        samples, rate = wav.read_as_is(path)
        return encoded(samples.mean(axis=1), ending, rate), ending
