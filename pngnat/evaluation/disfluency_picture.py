"""The picture of a disfluency report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pngnat.evaluation.duration_tracks import draw_tracks
from pngnat.evaluation.rhythm import Track, class_lengths, rhythm
from pngnat.files import atomic_write

if TYPE_CHECKING:
    from pngnat.evaluation.disfluency import Disfluency

# Of an utterance that is drawn: long enough to show pauses, short enough to read.
_SHOWN_PHONEMES = (15, 45)


def save_picture(path: Path, found: Disfluency) -> None:
    """Write it: lengths by class of sound, lengths of pauses, rates by recording, and one recording as duration tracks.

    Raises PngnatError where it cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 9), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 2, height_ratios=(3, 3, 2))
    _draw_classes(figure.add_subplot(grid[0, 0]), found)
    _draw_rates(figure.add_subplot(grid[0, 1]), found)
    _draw_pauses(figure.add_subplot(grid[1, 0]), found, marked=False)
    _draw_pauses(figure.add_subplot(grid[1, 1]), found, marked=True)
    _draw_example(figure.add_subplot(grid[2, :]), found)
    with atomic_write(path) as beside:
        figure.savefig(beside, dpi=100)


def _draw_classes(axes: Any, found: Disfluency) -> None:
    before, after = class_lengths(found.own, found.professional), class_lengths(found.blended, found.professional)
    places = np.arange(len(before))
    axes.barh(places - 0.2, [row.ratio for row in before], 0.4, xerr=[row.spread * row.ratio for row in before], label="recordings")
    axes.barh(places + 0.2, [row.ratio for row in after], 0.4, xerr=[row.spread * row.ratio for row in after], label="blended")
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_yticks(places, [f"{row.name} ({row.count})" for row in before])
    axes.invert_yaxis()
    axes.set_xlabel("length / professionals' length")
    axes.legend(fontsize=8)


def _draw_rates(axes: Any, found: Disfluency) -> None:
    for name, tracks in _sides(found).items():
        axes.hist([rhythm([track]).rate for track in tracks], bins=25, alpha=0.5, label=name)
    axes.set_xlabel("phonemes a second, recording by recording")
    axes.legend(fontsize=8)


def _draw_pauses(axes: Any, found: Disfluency, marked: bool) -> None:
    for name, tracks in _sides(found).items():
        measured = rhythm(tracks)
        pauses = measured.marked_pauses if marked else measured.plain_pauses
        axes.hist(pauses, bins=np.linspace(0.1, 1.0, 31), histtype="step", linewidth=1.5, label=f"{name} ({len(pauses)})")
    axes.set_xlabel(f"seconds of pauses {'at' if marked else 'outside'} punctuation")
    axes.legend(fontsize=8)


def _draw_example(axes: Any, found: Disfluency) -> None:
    index = _example(found.own)
    draw_tracks(axes, {name: tracks[index] for name, tracks in _sides(found).items()})
    axes.set_title(found.ids[index], fontsize=9)


def _example(tracks: tuple[Track, ...]) -> int:
    """The utterance of a good length that pauses most outside punctuation."""
    few, many = _SHOWN_PHONEMES
    fitting = [index for index, track in enumerate(tracks) if few <= int(track.phonemes.sum()) <= many] or range(len(tracks))
    return max(fitting, key=lambda index: rhythm([tracks[index]]).stray_share)


def _sides(found: Disfluency) -> dict[str, tuple[Track, ...]]:
    return {"recordings": found.own, "professionals": found.professional, "blended": found.blended}
