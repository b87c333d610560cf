"""A picture of what experiments.encoders.compare measured: the pauses before "two" and "too", and how many examples
they take."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from experiments.encoders.last_pause import BORDER
from experiments.encoders.report import NOTE, EncoderReport, size_name
from pngnat.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(report: EncoderReport, path: Path) -> None:
    """A PNG, a column a group of sentences: above, each menu's pause after most of the probe corpus; below, the shares
    that are right."""
    # Not pyplot: it keeps every figure alive until it is closed.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 9), layout="constrained")
    columns = figure.subplots(2, len(report.groups), sharey="row", squeeze=False).T
    for group, (above, below) in zip(report.groups, columns, strict=True):
        above.set_title(f"menus: {group}")
        _draw_pauses(report, group, above)
        _draw_curves(report, group, below)
    columns[0][0].legend()
    columns[0][1].legend()
    figure.supxlabel(fill(NOTE, 150), fontsize=9)
    with atomic_write(path) as beside:
        figure.savefig(beside, format="png", dpi=100)


def _draw_pauses(report: EncoderReport, group: str, axes: Axes) -> None:
    random = np.random.default_rng(0)
    for place, model in enumerate(report.figures):
        for kind, shift, color in (("two", -0.2, "tab:blue"), ("too", 0.2, "tab:orange")):
            seconds = [pause.seconds for pause in report.menus(model) if pause.group == group and pause.kind == kind]
            across = place + shift + random.uniform(-0.12, 0.12, len(seconds))
            label = f'", {kind}."' if place == 0 else None
            axes.scatter(across, 1000 * np.array(seconds), s=6, alpha=0.5, color=color, label=label)
    axes.axhline(1000 * BORDER, color="gray", linewidth=0.8)
    axes.set_xticks(range(len(report.figures)), [model.replace(", ", ",\n") for model in report.figures], fontsize=8)
    axes.set_ylabel("predicted pause before the last word, ms")


def _draw_curves(report: EncoderReport, group: str, axes: Axes) -> None:
    sizes = report.sizes
    for model in report.figures:
        shares = [np.array(report.shares(model, group, size)) for size in sizes]
        deviations = [seeds.std(ddof=1) if len(seeds) > 1 else 0.0 for seeds in shares]
        axes.errorbar(
            range(len(sizes)), [seeds.mean() for seeds in shares], deviations, marker="o", capsize=3, label=model
        )
    axes.axhline(50, color="gray", linewidth=0.8, linestyle="--", label="chance")
    axes.set_xticks(range(len(sizes)), [size_name(size) for size in sizes])
    axes.set_xlabel("probe recordings learned from")
    axes.set_ylabel('right pauses, mean of ", two." and ", too.", %')
    axes.set_ylim(0, 103)
