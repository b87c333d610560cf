"""Pictures of durations: which token sounds when, one track above the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pngnat.evaluation.rhythm import CLASS_OF, Track
from pngnat.files import atomic_write

_COLOURS = ("#8fb8de", "#c9def1")
_PAUSE = "#e07a5f"
# Narrower boxes have no room for a phoneme's name. Seconds for each inch of the picture's width.
_LABEL_WIDTH = 0.09


def draw_tracks(axes: Any, tracks: Mapping[str, Track]) -> None:
    """Draw tracks by name, the first one on top: blue boxes are sounds, red ones silences; time runs from the first sound."""
    longest = max(float(track.durations[track.inner].sum()) for track in tracks.values())
    inch = longest / axes.get_figure().get_figwidth()
    for row, track in enumerate(tracks.values()):
        now, sounds = 0.0, 0
        for symbol, seconds in zip(track.symbols[track.inner], track.durations[track.inner], strict=True):
            is_sound = symbol in CLASS_OF
            sounds += is_sound
            axes.barh(-row, seconds, 0.7, left=now, color=_COLOURS[sounds % 2] if is_sound else _PAUSE, edgecolor="white", linewidth=0.5)
            label = symbol.rstrip("012")
            if is_sound and seconds > _LABEL_WIDTH * len(label) * inch:
                axes.text(now + seconds / 2, -row, label, ha="center", va="center", fontsize=7)
            now += float(seconds)
    axes.set_yticks([-row for row in range(len(tracks))], list(tracks))
    axes.set_xlim(0, longest)
    axes.set_xlabel("seconds")


def save_tracks(path: Path, title: str, tracks: Mapping[str, Track]) -> None:
    """Write a picture (.png, .svg, .pdf) of these tracks. Raises PngnatError where it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 1.2 + 0.8 * len(tracks)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    draw_tracks(axes, tracks)
    with atomic_write(path) as beside:
        figure.savefig(beside, dpi=110)
