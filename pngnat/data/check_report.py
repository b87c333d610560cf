"""The report of a corpus check: a table, a text and a picture."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pngnat.data.checks import Limits, Warned, check, speaking_rate, text_score
from pngnat.data.corpus import Recording
from pngnat.data.recordings import read_corpus
from pngnat.files import atomic_write, make_folder, write_text

KINDS = ("clipping", "level", "noise", "silence", "rate", "word", "text", "long")
_SHOWN = 5


@dataclass(frozen=True)
class CheckSettings:
    """What to look over."""

    path: Path
    """A prepared corpus."""
    out: Path | None = None
    """Where checks.csv, checks.json, checks.txt and checks.png go; null is the corpus."""
    limits: Limits = field(default_factory=Limits)
    """Where warnings begin."""


def check_corpus(settings: CheckSettings) -> str:
    """Look over a corpus, write the report and return its text. Raises PngnatError for what is no corpus."""
    recordings = read_corpus(settings.path)
    return write_report(settings.out or settings.path, recordings, check(recordings, settings.limits))


def write_report(folder: Path, recordings: Sequence[Recording], warnings: Sequence[Warned]) -> str:
    """Write checks.csv, checks.json, checks.txt and checks.png into `folder`, made where it is missing; returns the text.

    Raises PngnatError where it cannot.
    """
    folder = make_folder(folder)
    rows = [asdict(warned) for warned in warnings]
    table = io.StringIO()
    writer = csv.DictWriter(table, ["id", "speaker", "kind", "value", "message"])
    writer.writeheader()
    writer.writerows(rows)
    text = summary(recordings, warnings)
    write_text(folder / "checks.csv", table.getvalue())
    write_text(folder / "checks.json", json.dumps({"recordings": len(recordings), "warnings": rows}, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "checks.txt", text)
    _plot(folder / "checks.png", recordings)
    return text


def summary(recordings: Sequence[Recording], warnings: Sequence[Warned]) -> str:
    """How many warnings of each kind, and the first and worst of them."""
    counts = Counter(warned.kind for warned in warnings)
    touched = len({warned.id for warned in warnings})
    hours = sum(recording.seconds for recording in recordings) / 3600
    lines = [f"{len(recordings)} recordings, {hours:.2f} hours; {touched} of them have warnings. Nothing was deleted."]
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


def _plot(path: Path, recordings: Sequence[Recording]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    measured = [recording.measures for recording in recordings if recording.measures]
    scores = [word.score for recording in recordings for word in recording.words if word.score is not None]
    panels = {
        "length (s)": [recording.seconds for recording in recordings],
        "level (dB of full scale)": [measures["level"] for measures in measured],
        "speech over noise (dB)": [measures["level"] - measures["noise"] for measures in measured],
        "phonemes a second": [speaking_rate(recording) for recording in recordings],
        "word score": scores,
        "text score": [score for recording in recordings if (score := text_score(recording)) is not None],
    }
    figure = Figure(figsize=(12, 7), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, values) in zip(figure.subplots(2, 3).flat, panels.items(), strict=True):
        axes.hist(values, bins=40)
        axes.set_title(title)
        axes.set_yscale("log")
    with atomic_write(path) as beside:
        figure.savefig(beside, dpi=100)
