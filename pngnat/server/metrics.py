"""The metrics of a server, in Prometheus's text format (version 0.0.4), written without a client library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

_RESULTS = ("spoken", "failed", "dropped", "refused")


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
        requests = {f'{{path="{path}",status="{status}"}}': n for (path, status), n in sorted(self.requests.items())}
        texts = {f'{{result="{result}"}}': self.jobs[result] for result in _RESULTS}
        return "".join(
            (
                _metric("requests_total", "counter", "HTTP requests that were answered.", requests),
                _metric("texts_total", "counter", "Texts by result.", texts),
                _metric("speech_seconds_total", "counter", "Seconds of synthesized sound.", round(self.spoken, 3)),
                _metric(
                    "first_sound_seconds_sum",
                    "counter",
                    "Seconds from a text to its first sound.",
                    round(self.first_sound, 3),
                ),
                _metric("first_sound_seconds_count", "counter", "Texts that had a first sound.", self.first_sounds),
                _metric("texts_speaking", "gauge", "Texts that are spoken now.", speaking),
                _metric("texts_waiting", "gauge", "Texts that wait for their turn.", waiting),
            )
        )


def _metric(name: str, kind: str, about: str, values: float | Mapping[str, float]) -> str:
    """Return the lines of a metric. values: one value, or values by their labels."""
    rows = values if isinstance(values, Mapping) else {"": values}
    lines = [
        f"# HELP pngnat_{name} {about}",
        f"# TYPE pngnat_{name} {kind}",
        *(f"pngnat_{name}{labels} {value}" for labels, value in rows.items()),
    ]
    return "\n".join(lines) + "\n"
