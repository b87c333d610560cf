"""Tables and a picture of what recipes/compare_encoders.py measured."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pngnat.evaluation import report
from pngnat.evaluation.last_pause import BORDER, LastPause, pause_rows, right_share
from pngnat.files import write_text, written_beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class EncoderReport:
    """Figures of models over seeds. probe sizes: recordings of the probe corpus that were learned from, 0 for all, None for none."""

    figures: dict[str, list[dict]] = field(default_factory=lambda: defaultdict(list))
    pauses: dict[tuple[str, int | None], list[list[LastPause]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, model: str, seed: int, figures: dict) -> None:
        """What one seed of a model reached on the splits "valid" and "test", and its pauses before it has seen the probe corpus."""
        self.figures[model].append({"seed": seed, **{split: figures[split] for split in ("valid", "test")}})
        self.pauses[model, None].append(_pauses(figures))

    def add_probe(self, model: str, size: int, figures: dict) -> None:
        """The pauses of one more seed of a model that has learned from `size` recordings of the probe corpus."""
        self.pauses[model, size].append(_pauses(figures))

    def error_rows(self, split: str) -> list[dict]:
        """A row a model: mean over seeds, and their standard deviation after "±"."""
        rows = []
        for model, seeds in self.figures.items():
            values = {name: np.array([seed[split][name] for seed in seeds]) for name in seeds[0][split]}
            rows.append({"model": model, "seeds": len(seeds), **{name: f"{v.mean():.1f} ± {v.std():.1f}" for name, v in values.items()}})
        return rows

    def curve_rows(self) -> list[dict]:
        """A row a model: the share of right pauses in percent by the number of probe recordings, mean over seeds."""
        rows = []
        for model in self.figures:
            shares = {size: self._shares(model, size) for size in self._sizes}
            rows.append({"model": model, **{_size_name(size): f"{np.mean(s):.0f} ± {np.std(s):.0f}" for size, s in shares.items()}})
        return rows

    def pause_rows(self) -> list[dict]:
        """A row a model and a kind of sentence, for the models that have learned from most of the probe corpus; seeds are joined."""
        return [
            {"model": model, **row}
            for model in self.figures
            for row in pause_rows(pause for seed in self.pauses[model, self._sizes[-1]] for pause in seed)
        ]

    def tables(self) -> str:
        """All tables as Markdown."""
        parts = [
            "Held-out durations (test split), mean ± standard deviation over seeds:",
            report.table(self.error_rows("test")),
            f'Pauses on the right side of {1000 * BORDER:.0f} ms for ", two." and ", too." in percent, by probe recordings seen:',
            report.table(self.curve_rows()),
            f"The pauses, probe recordings seen: {_size_name(self._sizes[-1])}:",
            report.table(self.pause_rows()),
        ]
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path) -> None:
        """Write results.json, tables.md and pauses.png."""
        pauses = [
            {"model": model, "probe": size, "seeds": [[p.to_dict() for p in seed] for seed in seeds]}
            for (model, size), seeds in self.pauses.items()
        ]
        report.write_json(folder / "results.json", {"models": self.figures, "pauses": pauses})
        write_text(folder / "tables.md", self.tables())
        with written_beside(folder / "pauses.png") as beside:
            self.draw(beside)

    def draw(self, path: Path) -> None:
        """A PNG: above, each predicted pause after most of the probe corpus; below, right pauses by the number of recordings."""
        # Not pyplot: it keeps every figure alive until it is closed.
        from matplotlib.figure import Figure

        figure = Figure(figsize=(10, 9), layout="constrained")
        above, below = figure.subplots(2, 1)
        self._draw_pauses(above)
        self._draw_curves(below)
        figure.savefig(path, format="png", dpi=100)

    def _draw_pauses(self, axes: Axes) -> None:
        random = np.random.default_rng(0)
        for place, model in enumerate(self.figures):
            pauses = [pause for seed in self.pauses[model, self._sizes[-1]] for pause in seed]
            for kind, shift, color in (("two", -0.2, "tab:blue"), ("too", 0.2, "tab:orange")):
                seconds = [pause.seconds for pause in pauses if pause.kind == kind]
                across = place + shift + random.uniform(-0.12, 0.12, len(seconds))
                label = f'", {kind}."' if place == 0 else None
                axes.scatter(across, 1000 * np.array(seconds), s=6, alpha=0.5, color=color, label=label)
        axes.axhline(1000 * BORDER, color="gray", linewidth=0.8)
        axes.set_xticks(range(len(self.figures)), [model.replace(", ", ",\n") for model in self.figures])
        axes.set_ylabel("predicted pause before the last word, ms")
        axes.legend()

    def _draw_curves(self, axes: Axes) -> None:
        sizes = self._sizes
        for model in self.figures:
            shares = [self._shares(model, size) for size in sizes]
            axes.errorbar(range(len(sizes)), [np.mean(s) for s in shares], [np.std(s) for s in shares], marker="o", capsize=3, label=model)
        axes.set_xticks(range(len(sizes)), [_size_name(size) for size in sizes])
        axes.set_xlabel("probe recordings learned from")
        axes.set_ylabel("pauses on the right side, %")
        axes.set_ylim(0, 103)
        axes.legend()

    @property
    def _sizes(self) -> list[int | None]:
        """From none to all."""
        return sorted({size for _, size in self.pauses}, key=_order)

    def _shares(self, model: str, size: int | None) -> list[float]:
        return [right_share(seed) for seed in self.pauses[model, size]]


def _pauses(figures: dict) -> list[LastPause]:
    return [LastPause(**values) for values in figures["pauses"]]


def _order(size: int | None) -> float:
    return -1 if size is None else size or float("inf")


def _size_name(size: int | None) -> str:
    return "none" if size is None else str(size) if size else "all"
