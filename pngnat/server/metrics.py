"""The metrics of a server, in Prometheus's text format (version 0.0.4), written without a client library."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Metrics:
    """The counters of a server. Only the event loop changes them, except for `spoken`."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Answers by path and status."""
    jobs: Counter[str] = field(default_factory=Counter)
    """Texts by result: spoken, failed, dropped (the client has gone), refused (the queue was full)."""
    spoken: float = 0.0
    """Seconds of synthesized sound."""
    first_sound: float = 0.0
    """Seconds from a text's arrival to its first sound, summed over all texts."""
    first_sounds: int = 0
    """Texts that have had a first sound."""

    def text(self, speaking: int, waiting: int) -> str:
        """Return the metrics as text. speaking, waiting: the numbers of texts now."""
        rows: list[tuple[str, str, str, list[tuple[str, float]]]] = [
            ("requests_total", "counter", "HTTP requests that were answered.", self._requests()),
            (
                "texts_total",
                "counter",
                "Texts by result.",
                [(f'{{result="{name}"}}', self.jobs[name]) for name in RESULTS],
            ),
            ("speech_seconds_total", "counter", "Seconds of synthesized sound.", [("", round(self.spoken, 3))]),
            (
                "first_sound_seconds_sum",
                "counter",
                "Seconds from a text to its first sound.",
                [("", round(self.first_sound, 3))],
            ),
            ("first_sound_seconds_count", "counter", "Texts that had a first sound.", [("", self.first_sounds)]),
            ("texts_speaking", "gauge", "Texts that are spoken now.", [("", speaking)]),
            ("texts_waiting", "gauge", "Texts that wait for their turn.", [("", waiting)]),
        ]
        return "".join(_metric(*row) for row in rows)

    def _requests(self) -> list[tuple[str, float]]:
        return [
            (f'{{path="{path}",status="{status}"}}', count) for (path, status), count in sorted(self.requests.items())
        ]


RESULTS = ("spoken", "failed", "dropped", "refused")


def _metric(name: str, kind: str, about: str, values: list[tuple[str, float]]) -> str:
    lines = [
        f"# HELP pngnat_{name} {about}",
        f"# TYPE pngnat_{name} {kind}",
        *(f"pngnat_{name}{labels} {value}" for labels, value in values),
    ]
    return "\n".join(lines) + "\n"
