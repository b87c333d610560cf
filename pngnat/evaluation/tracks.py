"""Duration tracks: the times of an utterance's tokens, recorded, predicted, and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.data.corpus import Recording
from pngnat.engine.interface import AcousticEngine
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.synthesis.blending import FLOOR, geometric_mean
from pngnat.text.phonemes import VOWELS
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Utterance

CLASSES = {
    "stressed vowels": tuple(f"{vowel}{stress}" for vowel in VOWELS for stress in "12"),
    "unstressed vowels": tuple(f"{vowel}0" for vowel in VOWELS),
    "stops": tuple("B D G K P T".split()),
    "affricates": ("CH", "JH"),
    "fricatives": tuple("DH F HH S SH TH V Z ZH".split()),
    "nasals": ("M", "N", "NG"),
    "approximants": tuple("L R W Y".split()),
}
CLASS_OF = {phoneme: name for name, phonemes in CLASSES.items() for phoneme in phonemes}

_COLOURS = ("#8fb8de", "#c9def1")
_PAUSE = "#e07a5f"
# Narrower boxes have no room for a phoneme's name. Seconds for each inch of the picture's width.
_LABEL_WIDTH = 0.09


@dataclass(frozen=True)
class Track:
    """An utterance in time. symbols: its N phoneme-segment tokens. durations: seconds, (N,)."""

    symbols: tuple[str, ...]
    durations: np.ndarray

    def __post_init__(self) -> None:
        if len(self.symbols) != len(self.durations):
            raise ValueError(f"{len(self.symbols)} tokens have {len(self.durations)} durations")

    @property
    def phonemes(self) -> np.ndarray:
        """(N,), True at phonemes."""
        return np.array([symbol in CLASS_OF for symbol in self.symbols])

    @property
    def inner(self) -> slice:
        """The slice from the first sound to the last: the silences at both ends depend on the recording, not on the
        speaker."""
        return slice(1, len(self.symbols) - 1)


def tracks_of(symbols: Sequence[str], durations: np.ndarray) -> Iterator[Track]:
    """Return the utterances of a `Speech` or of a timings file, each from its [CLS] to the next one."""
    starts = [index for index, symbol in enumerate(symbols) if symbol == "[CLS]"]
    for start, end in zip(starts, [*starts[1:], len(symbols)], strict=True):
        yield Track(tuple(symbols[start:end]), np.asarray(durations[start:end], dtype=np.float64))


def recorded_tracks(recordings: Iterable[Recording]) -> list[Track]:
    """Return the measured durations of recordings."""
    return [Track(recording.symbols, np.asarray(recording.durations, dtype=np.float64)) for recording in recordings]


def professionals_of(voice: Voice) -> list[str]:
    """Return the speakers whose rhythm a voice can borrow: those of its professional model, else its own."""
    return [
        speaker.name
        for speaker in (voice.card.professional.speakers if voice.card.professional else voice.card.speakers)
    ]


def predict_durations(
    model: AcousticEngine, tokens: Sequence[PngTokens], rows: Sequence[int], size: int = 32
) -> list[np.ndarray]:
    """Return the predicted durations in seconds of each utterance's N tokens, float32 (N,). rows: of the speakers.
    size: utterances in a batch."""
    order = sorted(range(len(tokens)), key=lambda place: len(tokens[place].ids))
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(order), size):
        places = order[start : start + size]
        encoded = model.encode([tokens[place] for place in places])
        predicted = encoded.predict_durations([rows[place] for place in places])
        for place, seconds in zip(places, predicted, strict=True):
            found[place] = seconds[: tokens[place].num_phoneme_tokens]
    return [found[place] for place in range(len(tokens))]


def professional_tracks(voice: Voice, names: Sequence[str], utterances: Iterable[Utterance]) -> list[Track]:
    """Return the predictions of these professionals' models, joined token by token by their geometric mean.

    Raises PngnatError for an unknown name.
    """
    rows = [voice.professional_model(name) for name in names]
    if not rows:
        raise PngnatError("name at least one professional")
    tokens = [voice.tokenizer.encode(utterance) for utterance in utterances]
    predicted = [predict_durations(model, tokens, [row] * len(tokens)) for model, row in rows]
    tracks = []
    for read, durations in zip(tokens, zip(*predicted, strict=True), strict=True):
        seconds = geometric_mean(durations, [1.0] * len(durations))
        # The floor stands for no silence: otherwise every boundary would have a pause.
        tracks.append(Track(read.symbols, np.where(seconds <= 1.001 * FLOOR, 0.0, seconds)))
    return tracks


def draw_tracks(axes: Any, tracks: Mapping[str, Track]) -> None:
    """Draw tracks by name, the first one on top: blue boxes are sounds, red ones silences; time runs from the first
    sound."""
    longest = max(float(track.durations[track.inner].sum()) for track in tracks.values())
    inch = longest / axes.get_figure().get_figwidth()
    for row, track in enumerate(tracks.values()):
        now, sounds = 0.0, 0
        for symbol, seconds in zip(track.symbols[track.inner], track.durations[track.inner], strict=True):
            is_sound = symbol in CLASS_OF
            sounds += is_sound
            axes.barh(
                -row,
                seconds,
                0.7,
                left=now,
                color=_COLOURS[sounds % 2] if is_sound else _PAUSE,
                edgecolor="white",
                linewidth=0.5,
            )
            label = symbol.rstrip("012")
            if is_sound and seconds > _LABEL_WIDTH * len(label) * inch:
                axes.text(now + seconds / 2, -row, label, ha="center", va="center", fontsize=7)
            now += float(seconds)
    axes.set_yticks([-row for row in range(len(tracks))], list(tracks))
    axes.set_xlim(0, longest)
    axes.set_xlabel("seconds")


def save_tracks(path: Path, title: str, tracks: Mapping[str, Track]) -> None:
    """Write a picture (.png, .svg, .pdf) of tracks. Raise PngnatError if it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 1.2 + 0.8 * len(tracks)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    draw_tracks(axes, tracks)
    with atomic_write(path) as beside:
        figure.savefig(beside, dpi=110)
