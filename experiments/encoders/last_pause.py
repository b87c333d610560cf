"""The pause before a sentence's last word, where only the spelling tells whether there is one: ", two." against ",
too."."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

BORDER = 0.15  # seconds; a pause before "two", none before "too"


@dataclass(frozen=True)
class LastPause:
    """A sentence's predicted pause. kind: its last word, as written. group: where the sentence is from. seconds: of the
    pause."""

    text: str
    kind: str
    group: str
    seconds: float

    @classmethod
    def of(cls, text: str, group: str, durations: np.ndarray, word_index: np.ndarray) -> LastPause:
        """Read it from the sentence's durations (N,) in seconds; word_index (N,) is -1 at boundary tokens."""
        last_word = int(np.flatnonzero(word_index == word_index.max())[0])
        kind = text.rstrip(" .").rsplit(maxsplit=1)[-1].lower()
        return cls(text, kind, group, float(durations[last_word - 1]))

    @property
    def menu(self) -> bool:
        """Whether it is a menu: the endings differ only there. Plain sentences end in "too" alone."""
        return "press one" in self.text.lower()

    @property
    def right(self) -> bool:
        """Whether it is on the side of `BORDER` where it belongs."""
        return (self.seconds >= BORDER) == (self.kind == "two")

    def to_dict(self) -> dict:
        """JSON values."""
        return asdict(self)


def pause_rows(pauses: Iterable[LastPause]) -> list[dict[str, str | int | float | None]]:
    """Rows of a table, one for each group and last word: mean and spread (standard deviation) in ms, share on the right
    side."""
    groups: dict[tuple[str, str], list[LastPause]] = {}
    for pause in pauses:
        groups.setdefault((pause.group, f", {pause.kind}."), []).append(pause)
    rows = []
    for (group, ending), members in sorted(groups.items()):
        seconds = np.array([member.seconds for member in members])
        rows.append(
            {
                "sentences": group,
                "end": ending,
                "count": len(members),
                "mean ms": float(1000 * seconds.mean()),
                "spread ms": float(1000 * seconds.std(ddof=1)) if len(members) > 1 else None,
                "right %": 100 * sum(member.right for member in members) / len(members),
            }
        )
    return rows


def right_share(pauses: Sequence[LastPause]) -> float:
    """Percent of menus on the right side: the mean of those that end in "two" and those in "too", so that 50 is chance.

    A model that pauses before all of them, or before none, has 50 whatever their numbers. NaN where one of the two is
    missing."""
    rates = []
    for kind in ("two", "too"):
        right = [pause.right for pause in pauses if pause.menu and pause.kind == kind]
        rates.append(sum(right) / len(right) if right else float("nan"))
    return 50 * sum(rates)
