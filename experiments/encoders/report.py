"""Tables of what experiments.encoders.compare measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from experiments.encoders.last_pause import BORDER, LastPause, pause_rows, right_share
from pngnat.evaluation import report
from pngnat.evaluation.rhythm import PAUSE
from pngnat.files import write_text

NOTE = (
    'The probe corpus was made for this purpose: synthetic speech in which a pause was put before "two" and none '
    'before "too". The teacher '
    "corpus was spoken from phonemes alone and cannot teach it. It shows a mechanism, and says nothing about people's "
    "speech."
)


@dataclass
class EncoderReport:
    """Figures of models over seeds.

    counts: by split, what its figures stand on (see `duration_counts`). figures: by model, a seed each. pauses: by
    model and number of probe recordings that were learned from, 0 for all, None for none; a list a seed."""

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    figures: dict[str, list[dict]] = field(default_factory=lambda: defaultdict(list))
    pauses: dict[tuple[str, int | None], list[list[LastPause]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, model: str, seed: int, figures: dict) -> None:
        """What one seed of a model reached on the splits "valid" and "test", and its pauses before it has seen the
        probe corpus."""
        self.figures[model].append({"seed": seed, **{split: figures[split] for split in ("valid", "test")}})
        self.pauses[model, None].append(_pauses(figures))

    def add_probe(self, model: str, size: int, figures: dict) -> None:
        """The pauses of one more seed of a model that has learned from `size` recordings of the probe corpus."""
        self.pauses[model, size].append(_pauses(figures))

    @property
    def sizes(self) -> list[int | None]:
        """From none to all."""
        return sorted({size for _, size in self.pauses}, key=_order)

    @property
    def groups(self) -> list[str]:
        """Where the sentences with pauses are from."""
        return list(dict.fromkeys(pause.group for seeds in self.pauses.values() for seed in seeds for pause in seed))

    def shares(self, model: str, group: str, size: int | None) -> list[float]:
        """The share of right pauses in percent, of each seed."""
        return [right_share([pause for pause in seed if pause.group == group]) for seed in self.pauses[model, size]]

    def menus(self, model: str) -> list[LastPause]:
        """The menus' pauses after most of the probe corpus; seeds are joined."""
        return [pause for seed in self.pauses[model, self.sizes[-1]] for pause in seed if pause.menu]

    def error_rows(self, split: str) -> list[dict]:
        """A row a model: mean and standard deviation over seeds."""
        return [
            {"model": model, "seeds": len(seeds)}
            | {name: spread([seed[split][name] for seed in seeds]) for name in seeds[0][split]}
            for model, seeds in self.figures.items()
        ]

    def curve_rows(self, group: str) -> list[dict]:
        """A row a model: the share of right pauses in percent by the number of probe recordings, mean and standard
        deviation over seeds."""
        return [
            {"model": model} | {size_name(size): spread(self.shares(model, group, size), 0) for size in self.sizes}
            for model in self.figures
        ]

    def pause_rows(self) -> list[dict]:
        """A row a model, a kind of sentence and an ending."""
        return [{"model": model, **row} for model in self.figures for row in pause_rows(self.menus(model))]

    def tables(self) -> str:
        """All tables as Markdown."""
        parts = []
        for split in ("valid", "test"):
            counted = ", ".join(f"{count} {name}" for name, count in self.counts.get(split, {}).items())
            parts += [
                f"Durations, split {split}: {counted} (over {1000 * PAUSE:.0f} ms). {_SPREAD}:",
                report.table(self.error_rows(split)),
            ]
        parts.append(NOTE)
        for group in self.groups:
            menus = len(
                {
                    pause.text
                    for seeds in self.pauses.values()
                    for pause in seeds[0]
                    if pause.group == group and pause.menu
                }
            )
            heading = (
                f"Pauses on the right side of {1000 * BORDER:.0f} ms in percent, by probe recordings learned from; "
                f"{menus} menus, {group}."
            )
            parts += [
                f'{heading} Mean of those in ", two." and those in ", too."; chance is 50. {_SPREAD}:',
                report.table(self.curve_rows(group)),
            ]
        parts += [
            f"The menus' pauses, probe recordings learned from: {size_name(self.sizes[-1])}. Seeds are joined:",
            report.table(self.pause_rows()),
        ]
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path) -> None:
        """Write results.json and tables.md."""
        pauses = [
            {"model": model, "probe": size, "seeds": [[p.to_dict() for p in seed] for seed in seeds]}
            for (model, size), seeds in self.pauses.items()
        ]
        report.write_json(
            folder / "results.json", {"note": NOTE, "counts": self.counts, "models": self.figures, "pauses": pauses}
        )
        write_text(folder / "tables.md", self.tables())


_SPREAD = "Mean ± standard deviation (n − 1) over seeds"


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Mean ± standard deviation of the values that are numbers; how many of them, where some are not."""
    numbers = np.array(values)[np.isfinite(values)]
    if not len(numbers):
        return "none"
    deviation = f" ± {numbers.std(ddof=1):.{digits}f}" if len(numbers) > 1 else ""
    missing = f" ({len(numbers)} of {len(values)})" if len(numbers) < len(values) else ""
    return f"{numbers.mean():.{digits}f}{deviation}{missing}"


def size_name(size: int | None) -> str:
    """A number of probe recordings, for people."""
    return "none" if size is None else str(size) if size else "all"


def _pauses(figures: dict) -> list[LastPause]:
    return [LastPause(**values) for values in figures["pauses"]]


def _order(size: int | None) -> float:
    return -1 if size is None else size or float("inf")
