"""A corpus check, shard by shard, and its report: a table, a text and a picture."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pngnat.data.checks import Figures, Limits, Warned, warnings_of
from pngnat.data.corpus import recording_of
from pngnat.data.parts import Parts
from pngnat.data.recordings import cut_lines
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, make_folder, write_text
from pngnat.stamps import digest
from pngnat.workers.pool import Chunk, WorkerSettings, chunks
from pngnat.workers.run import run_shards

KINDS = ("clipping", "level", "noise", "silence", "rate", "word", "text", "long")
_SHOWN = 5
_PARTS = "checks.parts"
# Of a shard.
_CUTS = 500


@dataclass(frozen=True)
class CheckSettings(WorkerSettings):
    """What to look over."""

    path: Path
    """A prepared corpus."""
    out: Path | None = None
    """Where checks.csv, checks.json, checks.txt and checks.png go; null is the corpus."""
    limits: Limits = field(default_factory=Limits)
    """Where warnings begin."""


@dataclass(frozen=True)
class CheckReport:
    """text: what there is to say. warned: recordings that have warnings."""

    text: str
    warned: int


def check_corpus(settings: CheckSettings) -> CheckReport | None:
    """Look over a corpus, or a share of it, and write the report; None while other shares are missing.

    Raises PngnatError for what is no corpus.
    """
    out = make_folder(settings.out or settings.path)
    parts, limits, pool = Parts(out / _PARTS), settings.limits, settings.pool
    names: list[str] = []

    def missing() -> Iterator[Chunk[str]]:
        for shard in pool.mine(_named(chunks(cut_lines(settings.path), _CUTS), limits, names)):
            if not parts.has(names[shard.number]):
                yield shard

    for _, result in run_shards(ShardChecker, (settings.path, limits, parts), missing(), pool):
        if isinstance(result, Exception):
            raise result
    if not names:
        raise PngnatError(f"{settings.path} has no recordings")
    if not all(map(parts.has, names)):
        return None
    figures = [Figures(**row) for _, row in parts.rows(names)]
    warnings = warnings_of(figures, limits)
    text = write_report(out, figures, warnings)
    parts.remove()
    return CheckReport(text, len({warned.id for warned in warnings}))


def _named(shards: Iterable[Chunk[str]], limits: Limits, names: list[str]) -> Iterator[Chunk[str]]:
    """The shards, each with its part's name added to `names`; another one for other cuts and limits."""
    for shard in shards:
        names.append(_part(shard, limits))
        yield shard


def _part(shard: Chunk[str], limits: Limits) -> str:
    return f"{shard.number:06d}-{digest(asdict(limits), *shard.items)}.jsonl"


class ShardChecker:
    """Makes a part with the figures of a shard of cuts. Each worker has one."""

    def __init__(self, folder: Path, limits: Limits, parts: Parts) -> None:
        self._folder, self._limits, self._parts = folder, limits, parts

    def __call__(self, shard: Chunk[str]) -> int:
        """How many recordings it has."""
        try:
            recordings = [recording_of(json.loads(line), self._folder) for line in shard.items]
        except (ValueError, LookupError, TypeError) as error:
            raise PngnatError(
                f"{self._folder}: its manifest is damaged ({error!r}); prepare the corpus again"
            ) from error
        return self._parts.write(
            _part(shard, self._limits), (asdict(Figures.of(one, self._limits)) for one in recordings)
        )


def write_report(folder: Path, figures: Sequence[Figures], warnings: Sequence[Warned]) -> str:
    """Write checks.csv, checks.json, checks.txt and checks.png into `folder`, made where it is missing; returns the
    text.

    Raises PngnatError where it cannot.
    """
    folder = make_folder(folder)
    rows = [asdict(warned) for warned in warnings]
    table = io.StringIO()
    writer = csv.DictWriter(table, ["id", "speaker", "kind", "value", "message"])
    writer.writeheader()
    writer.writerows(rows)
    text = summary(figures, warnings)
    write_text(folder / "checks.csv", table.getvalue())
    write_text(
        folder / "checks.json",
        json.dumps({"recordings": len(figures), "warnings": rows}, indent=1, ensure_ascii=False) + "\n",
    )
    write_text(folder / "checks.txt", text)
    _plot(folder / "checks.png", figures)
    return text


def summary(figures: Sequence[Figures], warnings: Sequence[Warned]) -> str:
    """How many warnings of each kind, and the first and worst of them."""
    counts = Counter(warned.kind for warned in warnings)
    touched = len({warned.id for warned in warnings})
    hours = sum(one.seconds for one in figures) / 3600
    lines = [f"{len(figures)} recordings, {hours:.2f} hours; {touched} of them have warnings. Nothing was deleted."]
    for kind in KINDS:
        if counts[kind]:
            lines.append(f"\n{kind}: {counts[kind]}")
            worst = sorted(
                (warned for warned in warnings if warned.kind == kind),
                key=lambda warned: warned.value,
                reverse=kind in ("clipping", "long"),
            )
            lines += [f"  {warned.id}: {warned.message}" for warned in worst[:_SHOWN]]
            if counts[kind] > _SHOWN:
                lines.append(f"  ... and {counts[kind] - _SHOWN} more in checks.csv")
    return "\n".join(lines) + "\n"


def _plot(path: Path, figures: Sequence[Figures]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    measured = [one.measures for one in figures if one.measures]
    scores = [score for one in figures for score in one.word_scores]
    panels = {
        "length (s)": [one.seconds for one in figures],
        "level (dB of full scale)": [measures["level"] for measures in measured],
        "speech over noise (dB)": [measures["level"] - measures["noise"] for measures in measured],
        "phonemes a second": [one.rate for one in figures],
        "word score": scores,
        "text score": [one.score for one in figures if one.score is not None],
    }
    figure = Figure(figsize=(12, 7), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, values) in zip(figure.subplots(2, 3).flat, panels.items(), strict=True):
        axes.hist(values, bins=40)
        axes.set_title(title)
        axes.set_yscale("log")
    with atomic_write(path) as beside:
        figure.savefig(beside, dpi=100)
