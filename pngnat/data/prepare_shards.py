"""Recordings and texts to a prepared corpus, shard by shard, and again from where it stopped.

Each shard of recordings becomes a file in `parts/`, with a cut or a reason for each; when all are there they become the
manifest and the report, and `parts/` is removed. A later run begins with what these say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pngnat.data.corpus import MANIFEST, manifest_lines, write_manifest
from pngnat.data.parts import Parts, Place
from pngnat.data.prepare import PrepareConfig, Preparer
from pngnat.data.sources import Skipped, Source, safe_name
from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.stamps import check_stamp, digest
from pngnat.workers.pool import Chunk, chunks, fair_size
from pngnat.workers.processes import Lost
from pngnat.workers.run import run_shards

REPORT = "report.json"
_PARTS, _BEFORE = "parts", "before.jsonl"


def prepare(
    sources: Sequence[Source],
    skipped: Sequence[Skipped],
    config: PrepareConfig,
    on_progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Prepare a corpus in `config.out` and return its report (also written there): how many, how long, who is left out
    and why.

    on_progress: is told how much is done, 0 to 1. A run that was stopped goes on where it was. Raises PngnatError where no
    recording at all could be used, or where the folder was begun with other settings."""
    preparation = Preparation(sources, config)
    preparation.make(on_progress)
    return preparation.join(skipped)


class Preparation:
    """A corpus that is being prepared, by one or by several who have a share each."""

    def __init__(self, sources: Sequence[Source], config: PrepareConfig) -> None:
        """Begin, or go on. Raises PngnatError where the folder was begun with other settings, or what it holds is
        damaged."""
        check_stamp(config.out, config.provenance)
        self.sources, self.config = sources, config
        self._parts = Parts(config.out / _PARTS)
        self._names = [safe_name(source.id) for source in sources]
        if (config.out / MANIFEST).is_file():
            self._parts.write(_BEFORE, _entries_before(config.out))

    def make(self, on_progress: Callable[[float], None] | None = None) -> None:
        """Prepare what is missing of this partition. on_progress: is told how much is done, 0 to 1."""
        from tqdm import tqdm

        done = {row["id"] for _, row in self._parts.rows(self._parts.names()) if not row.get("unexpected")}
        split = self.config.pool.mine(chunks(self.sources, fair_size(len(self.sources))))
        missing = [
            Chunk(one.number, tuple(source for source in one.items if safe_name(source.id) not in done))
            for one in split
        ]
        todo = sum(len(shard.items) for shard in missing)
        # Who is told shares has a bar of their own; None leaves it out where nobody looks.
        title, hidden = f"preparing {self.config.out.name}", True if on_progress else None
        with tqdm(None, title, todo, unit="rec", dynamic_ncols=True, disable=hidden) as bar:
            made = len(self.sources) - todo
            for count in self._prepared([shard for shard in missing if shard.items]):
                bar.update(count)
                made += count
                if on_progress:
                    on_progress(made / len(self.sources))

    def is_complete(self) -> bool:
        """Whether nothing is missing of any share."""
        return self._index().keys() >= set(self._names)

    def join(self, skipped: Sequence[Skipped]) -> dict[str, Any]:
        """Write manifest and report of all shares, and return the report. skipped: recordings that were left out
        before.

        Raises PngnatError where something is missing, and where no recording could be used.
        """
        out, index = self.config.out, self._index()
        if missing := [name for name in self._names if name not in index]:
            raise PngnatError(f"{out}: {len(missing)} recordings are not prepared yet, {missing[0]} for example")
        report = _Report([asdict(item) for item in skipped])

        def cuts() -> Iterator[Mapping[str, Any]]:
            for entry in self._parts.read(index[name] for name in self._names):
                if "cut" in entry:
                    report.add(entry["cut"])
                    yield entry["cut"]
                else:
                    report.failed.append(entry)
            # Before the manifest appears: where there is one, there is its report.
            write_text(out / REPORT, json.dumps(report.content, indent=1, ensure_ascii=False) + "\n")
            report.check()

        try:
            write_manifest(out, cuts())
        except FileNotFoundError:
            # Who had another share found all there, too, and was quicker.
            return json.loads((out / REPORT).read_text(encoding="utf-8"))
        self._parts.remove()
        return report.content

    def _prepared(self, shards: Sequence[Chunk[Source]]) -> Iterator[int]:
        """Make shards, and yield how many recordings each has."""
        lost = []
        for shard, result in run_shards(ShardPreparer, (self.config,), shards, self.config.pool):
            if isinstance(result, Lost) and len(shard.items) > 1:
                lost += [Chunk(shard.number, (source,)) for source in shard.items]
            else:
                yield self._count(shard, result)
        # One recording killed its worker: alone, it takes no other with it.
        for shard, result in run_shards(ShardPreparer, (self.config,), lost, self.config.pool):
            yield self._count(shard, result)

    def _count(self, shard: Chunk[Source], result: int | Exception) -> int:
        if isinstance(result, Lost):
            return self._parts.write(_part(shard), [_failure(source, result) for source in shard.items])
        if isinstance(result, Exception):
            raise result
        return result

    def _index(self) -> dict[str, Place]:
        """Where the entry of each recording is."""
        index: dict[str, Place] = {}
        unsure: set[str] = set()
        for place, row in self._parts.rows(self._parts.names()):
            if row["id"] not in index or row["id"] in unsure:
                index[row["id"]] = place
                (unsure.add if row.get("unexpected") else unsure.discard)(row["id"])
        return index


class ShardPreparer:
    """Prepares the recordings of a shard. Each worker has one."""

    def __init__(self, config: PrepareConfig) -> None:
        self._preparer, self._parts = Preparer(config), Parts(config.out / _PARTS)

    def __call__(self, shard: Chunk[Source]) -> int:
        """How many recordings it has, once its part is written."""
        return self._parts.write(_part(shard), map(self._entry, shard.items))

    def _entry(self, source: Source) -> dict[str, Any]:
        try:
            return {"id": safe_name(source.id), "cut": self._preparer(source)}
        except Exception as error:
            return _failure(source, error)


def _part(shard: Chunk[Source]) -> str:
    """The part's name, another one for other recordings."""
    return f"{shard.number:06d}-{digest([source.id for source in shard.items])}.jsonl"


def _failure(source: Source, error: Exception) -> dict[str, Any]:
    """The entry of a recording that is left out; what is unexpected is tried again by the next run."""
    failure = {"id": safe_name(source.id), "path": str(source.path)}
    if isinstance(error, PngnatError):
        return {**failure, "reason": str(error)}
    return {**failure, "reason": f"{type(error).__name__}: {error}", "unexpected": True}


def _entries_before(out: Path) -> Iterator[dict[str, Any]]:
    """The entries of a finished corpus: recordings may have come since then."""
    for line in manifest_lines(out):
        cut = json.loads(line)
        yield {"id": cut["id"], "cut": cut}
    try:
        failed = json.loads((out / REPORT).read_text(encoding="utf-8"))["failed"]
    except (OSError, ValueError, LookupError, TypeError):
        return  # they are tried again
    # What was skipped before it was read has no path.
    yield from (entry for entry in failed if "path" in entry)


@dataclass
class _Report:
    """What became of the recordings. failed: id and reason of each that is left out."""

    failed: list[dict[str, Any]]
    prepared: int = 0
    speakers: set[str] = field(default_factory=set)
    splits: dict[str, dict[str, float]] = field(default_factory=dict)
    converted: dict[str, int] = field(default_factory=lambda: {"resampled": 0, "mixed to mono": 0})

    def add(self, cut: Mapping[str, Any]) -> None:
        """Count a recording."""
        supervision = cut["supervisions"][0]
        custom = supervision["custom"]
        self.prepared += 1
        self.speakers.add(supervision["speaker"])
        split = self.splits.setdefault(custom["split"], {"recordings": 0, "seconds": 0.0})
        split["recordings"] += 1
        split["seconds"] = round(split["seconds"] + cut["duration"], 3)
        self.converted["resampled"] += custom["measures"]["sample_rate"] != cut["recording"]["sampling_rate"]
        self.converted["mixed to mono"] += custom["measures"]["channels"] > 1

    @property
    def content(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "prepared": self.prepared,
            "left out": len(self.failed),
            "speakers": sorted(self.speakers),
            "splits": self.splits,
            "converted": self.converted,
            "failed": self.failed,
        }

    def check(self) -> None:
        """Raise PngnatError where there is nothing to learn from."""
        if not self.prepared:
            reasons = "; ".join(f"{item['id']}: {item['reason']}" for item in self.failed[:3])
            raise PngnatError(
                f"none of {len(self.failed)} recordings could be used ({reasons or 'the corpus is empty'})"
            )
