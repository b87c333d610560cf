"""The rhythm of recordings compared with the professionals of a voice, and the expected effect of a blend, before any
training.

    pngnat evaluate disfluency FOLDER --out report/
    pngnat evaluate disfluency FOLDER --voice VOICE --professional NAME --weight 0.5

FOLDER: recordings with a metadata.csv, or a corpus of `pngnat prepare`. The professionals' durations are predictions of
their model for the same sentences. `--out` receives disfluency.json, .txt and .png.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.data.corpus import Recording
from pngnat.data.recordings import is_corpus, read_corpus
from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.evaluation import report
from pngnat.evaluation.commands import main
from pngnat.evaluation.rhythm import ClassLength, Rhythm, class_lengths, rhythm
from pngnat.evaluation.tracks import Track, draw_tracks, professional_tracks, professionals_of, recorded_tracks
from pngnat.files import atomic_write, make_folder, write_text
from pngnat.synthesis.blending import blend_durations

# Relative to the model, speech slower than this is more than clear articulation: a professional who reads telephone
# prompts has 0.78. Fluent speakers pause outside punctuation for less than this fraction of the time more than the
# model, which predicts few such pauses.
SLOW = 0.7
STRAY = 0.03
# The geometric mean.
BLEND = 0.5
# Seconds of an utterance in the picture: long enough to show pauses, short enough to read.
_SHOWN_PHONEMES = (15, 45)


@dataclass(frozen=True)
class Disfluency:
    """Recordings, the professionals' predictions for the same utterances, and their blend.

    own, professional, blended: tracks, utterance by utterance. names: the professionals, joined by their geometric
    mean. weight: of the blend.
    """

    ids: tuple[str, ...]
    own: tuple[Track, ...]
    professional: tuple[Track, ...]
    blended: tuple[Track, ...]
    names: tuple[str, ...]
    weight: float

    @property
    def rhythms(self) -> dict[str, Rhythm]:
        """Return the rhythms by name: recordings, professionals, blended."""
        return {
            "recordings": rhythm(self.own),
            "professionals": rhythm(self.professional),
            "blended": rhythm(self.blended),
        }

    @property
    def classes(self) -> list[ClassLength]:
        """Return the recordings' durations by class of sound, relative to the professionals'."""
        return class_lengths(self.own, self.professional)

    @property
    def signs(self) -> list[str]:
        """Return the signs of disfluency as text; nothing if the speech is as fluent as the professionals'."""
        mine, theirs = rhythm(self.own), rhythm(self.professional)
        found = []
        if mine.rate < SLOW * theirs.rate:
            found.append(f"{mine.rate:.1f} phonemes a second (professionals {theirs.rate:.1f})")
        if mine.stray_share > theirs.stray_share + STRAY:
            found.append(
                f"{mine.stray_share:.0%} of the time is pauses outside punctuation (professionals "
                f"{theirs.stray_share:.0%})"
            )
        return found


def disfluency(
    recordings: Sequence[Recording], voice: Voice, names: Sequence[str] | None = None, weight: float = BLEND
) -> Disfluency:
    """Measure recordings. names: the professionals; None is all of the voice. weight: of the blend.

    Raises PngnatError for an unknown professional, and if the voice's front end gives other tokens than the alignment.
    """
    names = tuple(names or professionals_of(voice))
    professional = professional_tracks(voice, names, [recording.utterance for recording in recordings])
    own = []
    for recording, mine, theirs in zip(recordings, recorded_tracks(recordings), professional, strict=True):
        # A text without a final mark is aligned as it is, and synthesized as if it had a full stop.
        if mine.symbols[:-1] != theirs.symbols[:-1]:
            raise PngnatError(
                f"{recording.id}: the voice '{voice.name}' reads other tokens than were aligned; prepare the corpus "
                "again"
            )
        own.append(Track(theirs.symbols, mine.durations))
    blended = [
        Track(a.symbols, blend_durations(a.durations, b.durations, weight))
        for a, b in zip(own, professional, strict=True)
    ]
    return Disfluency(
        tuple(recording.id for recording in recordings), tuple(own), tuple(professional), tuple(blended), names, weight
    )


def summary(found: Disfluency) -> str:
    """Return the report as text."""
    lines = [
        f"{len(found.own)} recordings beside {', '.join(found.names)}; blended with the weight {found.weight:g}",
        "",
    ]
    lines += [report.table([rhythm_row(name, measured) for name, measured in found.rhythms.items()]), ""]
    lines += [report.table([_class_row(row) for row in found.classes]), ""]
    if found.signs:
        lines += ["Blending will help:", *(f"- {sign}" for sign in found.signs)]
    else:
        lines += ["The speech is as fluent as the professionals': a voice made of it needs no blending."]
    return "\n".join(lines) + "\n"


def rhythm_row(name: str, measured: Rhythm) -> dict[str, Any]:
    """Return a row of the table of rhythms."""
    pauses = (*measured.plain_pauses, *measured.marked_pauses)
    return {
        "": name,
        "phonemes/s": measured.rate,
        "without pauses": measured.articulation_rate,
        "words/min": measured.words_per_minute,
        "pauses % of time": 100 * measured.pause_share,
        "mean pause (s)": sum(pauses) / len(pauses) if pauses else None,
        "outside punctuation % of time": 100 * measured.stray_share,
        "% of boundaries": 100 * measured.stray_pauses,
    }


def _class_row(row: ClassLength) -> dict[str, Any]:
    return {
        "sounds": row.name,
        "count": row.count,
        "ms": row.own,
        "professionals' ms": row.professional,
        "ratio": row.ratio,
        "spread": row.spread,
        "prolonged %": 100 * row.prolonged,
    }


def write(folder: Path, found: Disfluency) -> str:
    """Write disfluency.json, .txt and .png into `folder`, and return the text.

    Raises PngnatError if a file cannot be written.
    """
    folder = make_folder(folder)
    text = summary(found)
    content = {
        "recordings": len(found.own),
        "professionals": list(found.names),
        "weight": found.weight,
        "rhythm": [rhythm_row(name, measured) for name, measured in found.rhythms.items()],
        "sounds": [asdict(row) for row in found.classes],
        "signs": found.signs,
    }
    report.write_json(folder / "disfluency.json", content)
    write_text(folder / "disfluency.txt", text)
    save_picture(folder / "disfluency.png", found)
    return text


def save_picture(path: Path, found: Disfluency) -> None:
    """Write the picture: durations by class of sound, durations of pauses, rates by recording, and one recording as
    tracks.

    Raises PngnatError if it cannot be written.
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
    axes.barh(
        places - 0.2,
        [row.ratio for row in before],
        0.4,
        xerr=[row.spread * row.ratio for row in before],
        label="recordings",
    )
    axes.barh(
        places + 0.2, [row.ratio for row in after], 0.4, xerr=[row.spread * row.ratio for row in after], label="blended"
    )
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
        axes.hist(
            pauses, bins=np.linspace(0.1, 1.0, 31), histtype="step", linewidth=1.5, label=f"{name} ({len(pauses)})"
        )
    axes.set_xlabel(f"seconds of pauses {'at' if marked else 'outside'} punctuation")
    axes.legend(fontsize=8)


def _draw_example(axes: Any, found: Disfluency) -> None:
    index = _example(found.own)
    draw_tracks(axes, {name: tracks[index] for name, tracks in _sides(found).items()})
    axes.set_title(found.ids[index], fontsize=9)


def _example(tracks: tuple[Track, ...]) -> int:
    """Return the utterance of a suitable duration with the most pauses outside punctuation."""
    few, many = _SHOWN_PHONEMES
    fitting = [index for index, track in enumerate(tracks) if few <= int(track.phonemes.sum()) <= many] or range(
        len(tracks)
    )
    return max(fitting, key=lambda index: rhythm([tracks[index]]).stray_share)


def _sides(found: Disfluency) -> dict[str, tuple[Track, ...]]:
    return {"recordings": found.own, "professionals": found.professional, "blended": found.blended}


def recordings_of(folder: Path, split: str | None = None) -> list[Recording]:
    """Return the recordings of a prepared corpus, or of a folder with a metadata.csv, which is aligned now and not
    kept."""
    folder = Path(folder)
    if is_corpus(folder):
        return list(read_corpus(folder, split))
    from pngnat.data.prepare import PrepareConfig
    from pngnat.data.prepare_shards import prepare
    from pngnat.data.sources import assign_splits, read_folder

    sources, skipped = read_folder(folder)
    with tempfile.TemporaryDirectory() as scratch:
        prepare(assign_splits(sources, 0.0), skipped, PrepareConfig(Path(scratch)))
        return list(read_corpus(scratch, split))


def run(options: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    if not 0 <= options.weight <= 1:
        raise PngnatError(f"--weight must be a number from 0 to 1, and is {options.weight:g}")
    voice = load_voice(options.voice)
    found = disfluency(recordings_of(options.folder, options.split), voice, options.professional, options.weight)
    print(write(options.out, found) if options.out else summary(found), end="")


if __name__ == "__main__":
    sys.exit(main("disfluency"))
