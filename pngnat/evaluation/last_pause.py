"""The pause before a sentence's last word, where only the spelling tells whether there is one: ", two." against ", too."."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

BORDER = 0.15  # seconds; a pause before "two", none before "too"


@dataclass(frozen=True)
class LastPause:
    """A sentence's predicted pause. kind: its last word, as written. group: where the sentence is from. seconds: of the pause."""

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
    def right(self) -> bool:
        """Whether it is on the side of `BORDER` where it belongs."""
        return (self.seconds >= BORDER) == (self.kind == "two")

    def to_dict(self) -> dict:
        """JSON values."""
        return asdict(self)


def pause_rows(pauses: Iterable[LastPause]) -> list[dict[str, str | int | float]]:
    """Rows of a table, one for each group and last word: mean and spread (standard deviation) in ms, share on the right side."""
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
                "spread ms": float(1000 * seconds.std()),
                "right %": right_share(members),
            }
        )
    return rows


def right_share(pauses: Sequence[LastPause]) -> float:
    """Percent on the right side."""
    return 100 * sum(pause.right for pause in pauses) / len(pauses)
