"""How long a process of a training takes to open a corpus in shards, and how much memory that takes, at any size.

The corpus is made as large as it is asked to be by naming its shards again and again; its index is made of them line by
line."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from pngnat.data.shar import CUTS, SHARDS, SOUNDS, SharCorpus, is_shar, write_index
from pngnat.errors import PngnatError
from pngnat.evaluation import report
from pngnat.evaluation.commands import main

# What a batch of a training holds at most, in seconds, and the shards that it is drawn from.
_BATCH, _WINDOW = 80.0, 16


def repeated(corpus: Path, folder: Path, recordings: int) -> None:
    """Make in `folder` a corpus of at least so many recordings, of links to the shards of `corpus`, and its index.

    Raises PngnatError where `corpus` is none in shards.
    """
    if not is_shar(corpus):
        raise PngnatError(f"{corpus} is no corpus in shards: make one with: pngnat bulk shards CORPUS --out {corpus}")
    (folder / SHARDS).mkdir(parents=True)
    for number, source in enumerate(_shards(corpus, recordings)):
        for name in (CUTS, SOUNDS):
            (folder / SHARDS / name.format(number)).symlink_to((corpus / SHARDS / name.format(source)).resolve())
    write_index(folder)


def _shards(corpus: Path, recordings: int) -> Iterator[int]:
    """Numbers of shards, one after the other and from the beginning again, until they hold so many recordings."""
    held: dict[int, int] = {}
    for row in SharCorpus(corpus).rows["shard"]:
        held[int(row)] = held.get(int(row), 0) + 1
    for number, count in cycle(held.items()):
        if recordings <= 0:
            return
        yield number
        recordings -= count


def opened(folder: Path) -> dict[str, Any]:
    """Open the training recordings of a corpus, as a process of a training does, in a process of its own.

    Returns how many there are; seconds until they are open, until the first batch is drawn, and until its recordings
    are read; and MB by which the process grew in all, NaN where the system does not tell."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_open, (folder,))


def _open(folder: Path) -> dict[str, Any]:
    from pngnat.data.batching import ShardedBatches
    from pngnat.data.recordings import open_corpora

    before, begun, seconds = _largest(), time.perf_counter(), []
    recordings = open_corpora([folder]).part("train")
    seconds.append(time.perf_counter() - begun)
    batch = next(iter(ShardedBatches(recordings.seconds, _BATCH, shards=recordings.shard, window=_WINDOW)))
    seconds.append(time.perf_counter() - begun)
    list(recordings.chosen(batch))
    seconds.append(time.perf_counter() - begun)
    times = dict(zip(("open (s)", "first batch (s)", "read (s)"), (round(one, 3) for one in seconds), strict=True))
    return {"recordings": len(recordings), **times, "memory (MB)": round(_largest() - before)}


def _largest() -> float:
    """The most memory that this process has had, in MB."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def run(options: argparse.Namespace) -> None:
    """The command, see `commands.MEASURES`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "corpus"
        begun = time.perf_counter()
        repeated(options.corpus, folder, options.recordings)
        indexed = time.perf_counter() - begun
        found = {"in all": len(SharCorpus(folder)), "index (s)": round(indexed, 1), **opened(folder)}
    print(report.table([found]))
    if options.json:
        report.write_json(options.json, found)


if __name__ == "__main__":
    sys.exit(main("opening"))
