"""A picture of recordings and a voice: mels and pitch of the same sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.audio import pitch
from pngnat.audio.config import AudioConfig
from pngnat.files import atomic_write
from pngnat.synthesis.picture import mel_picture

# Sentences of a picture.
MOST = 5
# Highest pitch in Hz; range of the mel in nats below its loudest bin.
_HIGHEST, _RANGE = 400.0, 9.0


@dataclass(frozen=True)
class Pair:
    """A sentence recorded and synthesized, at the sample rate of `audio`: samples (S,) and (S',) in [-1, 1]."""

    text: str
    recorded: np.ndarray
    spoken: np.ndarray


def save_pairs(path: Path, pairs: Sequence[Pair], audio: AudioConfig) -> None:
    """Write a picture (.png, .jpg, .pdf) with a row for each sentence, recording left, voice right, with one time
    scale."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 1.7 * len(pairs)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(pairs), 2, squeeze=False)
    for row, pair in zip(rows, pairs, strict=True):
        longest = max(len(pair.recorded), len(pair.spoken)) / audio.sample_rate
        for axes, name, samples in zip(row, ("recording", "voice"), (pair.recorded, pair.spoken), strict=True):
            _draw(axes, samples, audio)
            axes.set_xlim(0, longest)
            axes.set_ylabel(name, fontsize=8)
        row[0].set_title(pair.text, fontsize=8, loc="left")
    with atomic_write(path) as beside:
        figure.savefig(beside, dpi=80)


def _draw(axes: Any, samples: np.ndarray, audio: AudioConfig) -> None:
    """Draw the mel in grey, and the pitch in red from 0 to 400 Hz."""
    mel, f0 = mel_picture(samples, audio), pitch.f0(samples, audio)
    seconds = len(samples) / audio.sample_rate
    axes.imshow(
        mel,
        origin="lower",
        aspect="auto",
        cmap="Greys",
        extent=(0, seconds, 0, 1),
        vmin=mel.max() - _RANGE,
        vmax=mel.max(),
    )
    times = (np.arange(len(f0)) + 0.5) * audio.hop_length / audio.sample_rate
    axes.plot(times, np.where(f0 > 0, f0, np.nan) / _HIGHEST, color="#d1495b", linewidth=1.5)
    axes.set_ylim(0, 1)
    axes.set_yticks([0.25, 0.5, 0.75], ["100 Hz", "200", "300"], fontsize=7)
    axes.tick_params(axis="x", labelsize=7)
