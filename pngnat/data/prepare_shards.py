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
from pngnat.data.prepare import PrepareConfig, Preparer
from pngnat.data.sources import Skipped, Source, safe_name
from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.stamps import check_stamp
from pngnat.workers.pool import Shard, fair_size, split_items
from pngnat.workers.processes import Lost
from pngnat.workers.sharded import Place, RowFolder, compute_missing

REPORT = "report.json"
_PARTS, _BEFORE = "parts", "before.jsonl"


def prepare(
    sources: Sequence[Source],
    skipped: Sequence[Skipped],
    config: PrepareConfig,
    on_progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Prepare a corpus in `config.out`, and return its report: counts, durations, and the recordings left out with
    reasons.

    on_progress: receives the fraction that is done. A stopped run continues. Raises PngnatError if no recording could
    be used, or if the folder has other settings.
    """
    preparation = Preparation(sources, config)
    preparation.make(on_progress)
    return preparation.join(skipped)


class Preparation:
    """A corpus in preparation, by one process or by several with a partition each."""

    def __init__(self, sources: Sequence[Source], config: PrepareConfig) -> None:
        """Begin or continue. Raise PngnatError for a folder with other settings, or with damaged files."""
        check_stamp(config.out, config.provenance)
        self.sources, self.config = sources, config
        self._parts = RowFolder(config.out / _PARTS)
        self._names = [safe_name(source.id) for source in sources]
        if (config.out / MANIFEST).is_file():
            self._parts.write(_BEFORE, _entries_before(config.out))

    def make(self, on_progress: Callable[[float], None] | None = None) -> None:
        """Prepare the missing recordings of this partition. on_progress: receives the fraction that is done."""
        from tqdm import tqdm

        done = {row["id"] for _, row in self._parts.rows(self._parts.names()) if not row.get("unexpected")}
        shards = [
            Shard(one.number, tuple(source for source in one.items if safe_name(source.id) not in done))
            for one in split_items(self.sources, fair_size(len(self.sources)))
        ]
        todo = sum(len(shard.items) for shard in self.config.pool.own_shards(shards))
        # A caller that takes the progress has a bar of its own; None hides the bar where there is no terminal.
        title, hidden = f"preparing {self.config.out.name}", True if on_progress else None
        with tqdm(None, title, todo, unit="rec", dynamic_ncols=True, disable=hidden) as bar:
            made = len(self.sources) - todo
            for count in self._prepared(shards):
                bar.update(count)
                made += count
                if on_progress:
                    on_progress(made / len(self.sources))

    def is_complete(self) -> bool:
        """Return whether the recordings of all partitions are prepared."""
        return self._index().keys() >= set(self._names)

    def join(self, skipped: Sequence[Skipped]) -> dict[str, Any]:
        """Write manifest and report of all partitions, and return the report. skipped: recordings left out before.

        Raises PngnatError if recordings are missing, or if none could be used.
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
            # Before the manifest appears: where there is a manifest, there is its report.
            write_text(out / REPORT, json.dumps(report.content, indent=1, ensure_ascii=False) + "\n")
            report.check()

        try:
            write_manifest(out, cuts())
        except FileNotFoundError:
            # Another partition found all recordings too, and was faster.
            return json.loads((out / REPORT).read_text(encoding="utf-8"))
        self._parts.remove()
        return report.content

    def _prepared(self, shards: Sequence[Shard[Source]]) -> Iterator[int]:
        """Prepare shards, and yield the number of recordings of each."""
        lost = []
        for shard, result in self._computed(shards):
            if isinstance(result, Lost) and len(shard.items) > 1:
                lost += [Shard(shard.number, (source,)) for source in shard.items]
            else:
                yield self._count(shard, result)
        # One recording killed its worker. Alone, it takes no others with it.
        for shard, result in self._computed(lost):
            yield self._count(shard, result)

    def _computed(self, shards: Sequence[Shard[Source]]) -> Iterator[tuple[Shard[Source], Any]]:
        return compute_missing(ShardPreparer, (self.config,), shards, self.config.pool, lambda shard: not shard.items)

    def _count(self, shard: Shard[Source], result: int | Exception) -> int:
        if isinstance(result, Lost):
            return self._parts.write(_part(self._parts, shard), [_failure(source, result) for source in shard.items])
        if isinstance(result, Exception):
            raise result
        return result

    def _index(self) -> dict[str, Place]:
        """Return the place of each recording's entry. An unexpected failure gives way to a later entry."""
        index: dict[str, Place] = {}
        unexpected: set[str] = set()
        for place, row in self._parts.rows(self._parts.names()):
            name = row["id"]
            if name in index and name not in unexpected:
                continue
            index[name] = place
            if row.get("unexpected"):
                unexpected.add(name)
            else:
                unexpected.discard(name)
        return index


class ShardPreparer:
    """A worker that prepares the recordings of a shard."""

    def __init__(self, config: PrepareConfig) -> None:
        self._preparer, self._parts = Preparer(config), RowFolder(config.out / _PARTS)

    def __call__(self, shard: Shard[Source]) -> int:
        """Write the shard's part, and return the number of its recordings."""
        return self._parts.write(_part(self._parts, shard), map(self._entry, shard.items))

    def _entry(self, source: Source) -> dict[str, Any]:
        try:
            return {"id": safe_name(source.id), "cut": self._preparer(source)}
        except Exception as error:
            return _failure(source, error)


def _part(parts: RowFolder, shard: Shard[Source]) -> str:
    return parts.name(shard.number, [source.id for source in shard.items])


def _failure(source: Source, error: Exception) -> dict[str, Any]:
    """Return the entry of a recording that is left out; the next run tries unexpected failures again."""
    failure = {"id": safe_name(source.id), "path": str(source.path)}
    if isinstance(error, PngnatError):
        return {**failure, "reason": str(error)}
    return {**failure, "reason": f"{type(error).__name__}: {error}", "unexpected": True}


def _entries_before(out: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a finished corpus, to which recordings may be added."""
    for line in manifest_lines(out):
        cut = json.loads(line)
        yield {"id": cut["id"], "cut": cut}
    try:
        failed = json.loads((out / REPORT).read_text(encoding="utf-8"))["failed"]
    except (OSError, ValueError, LookupError, TypeError):
        return  # the next run tries them again
    # A recording that was skipped unread has no path.
    yield from (entry for entry in failed if "path" in entry)


@dataclass
class _Report:
    """Counts of recordings. failed: id and reason of each recording that is left out."""

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
        """The report as written."""
        return {
            "prepared": self.prepared,
            "left out": len(self.failed),
            "speakers": sorted(self.speakers),
            "splits": self.splits,
            "converted": self.converted,
            "failed": self.failed,
        }

    def check(self) -> None:
        """Raise PngnatError if no recording was prepared."""
        if not self.prepared:
            reasons = "; ".join(f"{item['id']}: {item['reason']}" for item in self.failed[:3])
            raise PngnatError(
                f"none of {len(self.failed)} recordings could be used ({reasons or 'the corpus is empty'})"
            )
