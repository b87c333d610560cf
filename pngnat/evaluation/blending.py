"""The effect of duration blending on a recreated voice: rate, pauses, word errors, quality and similarity by weight.

    pngnat evaluate blending --voice voices/ann --corpus PREPARED_FOLDER
    pngnat evaluate blending --voice voices/ann --sentence "I am cold." --picture tracks.png

The first command synthesizes held-out sentences of a corpus with each weight: 0 is the person's own rhythm, 1 the
professional's. The second draws the durations of one sentence.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.evaluation import report
from pngnat.evaluation.commands import main
from pngnat.evaluation.judges import Judges, SpokenSentence, judges
from pngnat.evaluation.similarity import held_out, speak, write_figures
from pngnat.evaluation.tracks import professionals_of, save_tracks
from pngnat.synthesis.synthesize import synthesize
from pngnat.voice.card import Blend

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_NAMES = {0.0: "own rhythm", 1.0: "professional durations"}


def by_weight(
    voice: Voice, professional: str, weights: Sequence[float], real: Sequence[SpokenSentence], judge: Judges
) -> list[dict[str, Any]]:
    """Return the rows of the table: the recordings, then the same sentences with each weight."""
    rows = [judge.row("recordings", real)]
    for weight in tqdm(weights, "weights", unit=""):
        rows.append(judge.row(_name(weight), speak(voice, real, blend=Blend(professional, weight))))
    return rows


def _name(weight: float) -> str:
    return _NAMES.get(weight, f"blended {weight:g}")


def checks(rows: Sequence[dict[str, Any]]) -> dict[str, float | str]:
    """Return the promises of a blend with the weight 0.5 as figures, or as words if a figure is undefined; empty
    without the weights 0, 0.5 and 1.

    rate: relative to the geometric mean of own and professional rate. pauses: time of pauses outside punctuation
    relative to the own rhythm, pause count their number, silence the time of all silences. WER: change in percent
    points. similarity: loss.
    """
    named = {row[""]: row for row in rows}
    own, half, professional = (named.get(_name(weight)) for weight in (0.0, 0.5, 1.0))
    if not (own and half and professional):
        return {}
    return {
        "rate": half["phonemes/s"] / math.sqrt(own["phonemes/s"] * professional["phonemes/s"]),
        "pauses": _ratio(half, own, "pauses outside punctuation, % of time"),
        "pause count": _ratio(half, own, "pauses there"),
        "silence": _ratio(half, own, "silence there, % of time"),
        "WER": _change(half, own, "WER %"),
        "similarity": _change(own, half, "similarity"),
    }


def _ratio(new: dict[str, Any], old: dict[str, Any], head: str) -> float | str:
    if old[head]:
        return new[head] / old[head]
    return f"{new[head]:.3g}, where the own rhythm has none" if new[head] else "none in either"


def _change(new: dict[str, Any], old: dict[str, Any], head: str) -> float | str:
    return "not measured" if new[head] is None or old[head] is None else new[head] - old[head]


def draw(voice: Voice, professional: str, weights: Sequence[float], text: str, picture: Path) -> None:
    """Draw the durations of a text, a track for each weight, and save the sounds beside the picture as NAME-WEIGHT.wav."""
    tracks = {}
    for weight in weights:
        speech = synthesize(text, voice, blend=Blend(professional, weight))
        parts = SpokenSentence.made("", text, speech).tracks
        if len(parts) > 1:
            raise PngnatError("--sentence takes one sentence, and this text has several")
        tracks[f"{_name(weight)}\n{speech.duration:.2f} s"] = parts[0]
        speech.save(picture.with_name(f"{picture.stem}-{weight:g}.wav"))
    save_tracks(picture, f"{voice.name}, with the rhythm of {professional}: {text}", tracks)


def run(options: argparse.Namespace) -> None:
    """Run the command, see `commands.MEASURES`."""
    voice = load_voice(options.voice)
    professional = options.professional or _usual_professional(voice)
    if options.sentence:
        if not options.picture:
            raise PngnatError("--sentence needs --picture FILE")
        draw(voice, professional, options.weights or (0.0, 0.5), options.sentence, options.picture)
        return
    real = held_out(options)
    rows = by_weight(
        voice, professional, options.weights or WEIGHTS, real, judges(real, options.threads, not options.no_mos)
    )
    promised = checks(rows)
    print(report.table(rows))
    if promised:
        shown = (
            f"{name} {value if isinstance(value, str) else format(value, '.3f')}" for name, value in promised.items()
        )
        print("\nblended 0.5: " + "; ".join(shown))
    write_figures(
        options, real, {"voice": voice.name, "professional": professional, "rows": rows, "blended 0.5": promised}
    )


def _usual_professional(voice: Voice) -> str:
    """Return the professional of the voice's blend, else the first other speaker with durations."""
    if voice.card.blend:
        return voice.card.blend.professional
    others = [name for name in professionals_of(voice) if name != voice.card.default_speaker]
    if not others:
        raise PngnatError(f"the voice '{voice.name}' has nobody to borrow a rhythm from")
    return others[0]


if __name__ == "__main__":
    sys.exit(main("blending"))
