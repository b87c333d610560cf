"""A corpus check, shard by shard, and its report: a table, a text and a picture."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pngnat.data.checks import Figures, Limits, Warned, warnings_of
from pngnat.data.corpus import recording_of
from pngnat.data.recordings import cut_lines
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, make_folder, write_text
from pngnat.workers.pool import Shard, WorkerSettings, split_items
from pngnat.workers.sharded import RowFolder, compute_missing

KINDS = ("clipping", "level", "noise", "silence", "rate", "word", "text", "long")
_SHOWN = 5
_PARTS = "checks.parts"
# Of a shard.
_CUTS = 500


@dataclass(frozen=True)
class CheckSettings(WorkerSettings):
    """Settings of a check."""

    path: Path
    """A prepared corpus."""
    out: Path | None = None
    """Folder for checks.csv, checks.json, checks.txt and checks.png; null is the corpus."""
    limits: Limits = field(default_factory=Limits)
    """Limits beyond which a recording gets a warning."""


@dataclass(frozen=True)
class CheckReport:
    """Result of a check. text: the report. warned: the number of recordings with warnings."""

    text: str
    warned: int


def check_corpus(settings: CheckSettings) -> CheckReport | None:
    """Check a corpus, or a partition of it, and write the report. Return None while shards of other partitions are
    missing.

    Raises PngnatError for a folder that is not a prepared corpus.
    """
    out = make_folder(settings.out or settings.path)
    parts, limits = RowFolder(out / _PARTS), settings.limits
    names: list[str] = []

    def named() -> Iterator[Shard[str]]:
        for shard in split_items(cut_lines(settings.path), _CUTS):
            names.append(_name(parts, shard, limits))
            yield shard

    for _, result in compute_missing(
        ShardChecker,
        (settings.path, limits, parts),
        named(),
        settings.pool,
        lambda shard: parts.has(names[shard.number]),
    ):
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


def _name(parts: RowFolder, shard: Shard[str], limits: Limits) -> str:
    return parts.name(shard.number, asdict(limits), *shard.items)


class ShardChecker:
    """A worker that writes the figures of a shard of cuts."""

    def __init__(self, folder: Path, limits: Limits, parts: RowFolder) -> None:
        self._folder, self._limits, self._parts = folder, limits, parts

    def __call__(self, shard: Shard[str]) -> int:
        """Write the shard's figures, and return the number of its recordings."""
        try:
            recordings = [recording_of(json.loads(line), self._folder) for line in shard.items]
        except (ValueError, LookupError, TypeError) as error:
            raise PngnatError(
                f"{self._folder}: its manifest is damaged ({error!r}); prepare the corpus again"
            ) from error
        return self._parts.write(
            _name(self._parts, shard, self._limits), (asdict(Figures.of(one, self._limits)) for one in recordings)
        )


def write_report(folder: Path, figures: Sequence[Figures], warnings: Sequence[Warned]) -> str:
    """Write checks.csv, checks.json, checks.txt and checks.png into `folder`, and return the text.

    Raises PngnatError if a file cannot be written.
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
    """Return the number of warnings of each kind, and the worst of them, as text."""
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
