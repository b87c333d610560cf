"""Time and memory to open a sharded corpus of any size: `python -m benchmarks.opening CORPUS [--recordings N]`.

The shards of a small corpus are repeated until they hold N recordings; the index is written line by line.
"""

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

from benchmarks import run_command
from pngnat.data.shar import CUTS, SHARDS, SOUNDS, SharCorpus, is_shar, write_index
from pngnat.errors import PngnatError
from pngnat.evaluation import report

# Seconds of a training batch, and the shards it is drawn from.
_BATCH, _WINDOW = 80.0, 16


def repeat_shards(corpus: Path, folder: Path, recordings: int) -> None:
    """Write to `folder` a corpus of at least `recordings` recordings: links to the shards of `corpus`, and an index.

    Raises PngnatError if `corpus` is not sharded.
    """
    if not is_shar(corpus):
        raise PngnatError(f"{corpus} is not a sharded corpus: make one with: pngnat bulk shards CORPUS --out {corpus}")
    (folder / SHARDS).mkdir(parents=True)
    for number, source in enumerate(_shards(corpus, recordings)):
        for name in (CUTS, SOUNDS):
            (folder / SHARDS / name.format(number)).symlink_to((corpus / SHARDS / name.format(source)).resolve())
    write_index(folder)


def _shards(corpus: Path, recordings: int) -> Iterator[int]:
    """Yield the numbers of shards in a cycle, until they hold `recordings` recordings."""
    held: dict[int, int] = {}
    for row in SharCorpus(corpus).rows["shard"]:
        held[int(row)] = held.get(int(row), 0) + 1
    for number, count in cycle(held.items()):
        if recordings <= 0:
            return
        yield number
        recordings -= count


def measure_opening(folder: Path) -> dict[str, Any]:
    """Open the training recordings of a corpus like a training process, in a new process.

    Returns the number of recordings; the seconds until they are open, until the first batch is drawn, and until its
    recordings are read; and the growth of the process in MB, NaN where the system does not tell.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_open, (folder,))


def _open(folder: Path) -> dict[str, Any]:
    from pngnat.data.batching import ShardedBatches
    from pngnat.data.recordings import open_corpora

    before, begun, seconds = _peak_memory(), time.perf_counter(), []
    recordings = open_corpora([folder]).part("train")
    seconds.append(time.perf_counter() - begun)
    batch = next(iter(ShardedBatches(recordings.seconds, _BATCH, shards=recordings.shard, window=_WINDOW)))
    seconds.append(time.perf_counter() - begun)
    list(recordings.chosen(batch))
    seconds.append(time.perf_counter() - begun)
    times = dict(zip(("open (s)", "first batch (s)", "read (s)"), (round(one, 3) for one in seconds), strict=True))
    return {"recordings": len(recordings), **times, "memory (MB)": round(_peak_memory() - before)}


def _peak_memory() -> float:
    """Return the peak memory of this process in MB."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.opening", description="Open a sharded corpus.")
    add = parser.add_argument
    add("corpus", type=Path, help="a sharded corpus (pngnat bulk shards)")
    add("--recordings", type=int, default=1_000_000, metavar="N", help="repeat the shards up to N (default: 1000000)")
    add("--json", type=Path, help="file for the figures")
    return parser


def run(options: argparse.Namespace) -> None:
    """Measure, print a table, and write the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "corpus"
        begun = time.perf_counter()
        repeat_shards(options.corpus, folder, options.recordings)
        indexed = time.perf_counter() - begun
        found = {"in all": len(SharCorpus(folder)), "index (s)": round(indexed, 1), **measure_opening(folder)}
    print(report.table([found]))
    if options.json:
        report.write_json(options.json, found)


if __name__ == "__main__":
    sys.exit(run_command(parser(), run))
