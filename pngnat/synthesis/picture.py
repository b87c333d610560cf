"""A picture of speech: its waveform, its mel spectrogram, its words and its phonemes in time."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel_filters import mel_filters
from pngnat.engine.signal import FramedStft
from pngnat.errors import PngnatError, extra_command
from pngnat.synthesis.timings import Timings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 14.0, 6.0
# The approximate width of a letter in inches; a box with less space has no label.
_LETTER = 0.09


def mel_picture(samples: np.ndarray, audio: AudioConfig) -> np.ndarray:
    """Return the floored natural log of mel magnitudes for display, float32 (M, T). samples: (S,); T = S // hop.

    It is close to `log_mel`, whose transforms are longer and need PyTorch. No model uses it.
    """
    hop, window = audio.hop_length, audio.window_length
    frames = len(samples) // hop
    if frames == 0:
        return np.zeros((audio.n_mels, 0), dtype=np.float32)
    stft = FramedStft(window, hop)
    spectrum = np.abs(stft.of_padded(stft.padded(np.asarray(samples[: frames * hop], dtype=np.float32))))
    # A transform of fewer samples has proportionally fewer bins in a filter.
    filters = mel_filters(replace(audio, n_fft=window)) * (audio.n_fft / window)
    return np.log(np.maximum(filters @ spectrum.T, audio.log_floor)).astype(np.float32)


def draw_speech(samples: np.ndarray, sample_rate: int, timings: Timings) -> Figure:
    """Return the picture as a figure, which notebooks display. samples: (S,) in [-1, 1] at `sample_rate` Hz.

    Raises PngnatError where matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PngnatError(f"a picture needs matplotlib: {extra_command('plot')}") from error

    class Shown(Figure):
        """A figure that a notebook displays without a setup of matplotlib."""

        def _repr_png_(self) -> bytes:
            file = io.BytesIO()
            self.savefig(file, format="png", dpi=90)
            return file.getvalue()

    figure = Shown(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)
    wave, mel, lanes = figure.subplots(3, 1, sharex=True, height_ratios=(2, 4, 1.6))
    wave.plot(np.arange(len(samples)) / sample_rate, samples, linewidth=0.4, color="#0b5d63")
    wave.set_yticks([])
    wave.set_title(" ".join(timings.text), fontsize=10, loc="left", wrap=True)
    audio = _audio(sample_rate)
    picture = mel_picture(samples, audio)
    mel.imshow(picture, origin="lower", aspect="auto", extent=(0, timings.duration, 0, audio.n_mels), cmap="magma")
    mel.set_ylabel("mel bin")
    _draw_lanes(lanes, timings)
    lanes.set_xlim(0, timings.duration)
    lanes.set_xlabel("seconds")
    return figure


def _audio(sample_rate: int) -> AudioConfig:
    """Return settings at a sample rate, with windows and hops as long in seconds as the default ones."""
    default = AudioConfig()
    hop, window = (
        round(samples * sample_rate / default.sample_rate) for samples in (default.hop_length, default.window_length)
    )
    return replace(
        default,
        sample_rate=sample_rate,
        hop_length=hop,
        window_length=2 * (window // 2),
        f_max=min(default.f_max, sample_rate / 2),
    )


def _draw_lanes(axes: Any, timings: Timings) -> None:
    """Draw the words, and below them their phonemes; silences stay empty."""
    letters = _WIDTH / _LETTER / max(timings.duration, 1e-3)
    for word in timings.words:
        _draw_box(axes, 1.0, word.start, word.end, word.text, letters)
    for phoneme in timings.phonemes:
        if phoneme.word is not None:
            _draw_box(axes, 0.0, phoneme.start, phoneme.end, phoneme.symbol.rstrip("012"), letters)
    axes.set_yticks([0, 1], ["sounds", "words"])
    axes.set_ylim(-0.5, 1.5)


def _draw_box(axes: Any, height: float, start: float, end: float, label: str, letters: float) -> None:
    """Draw one box with its label. letters: the number of letters that fit in a second."""
    axes.barh(height, end - start, 0.8, left=start, color="#d7e8e8", edgecolor="#0b5d63", linewidth=0.6)
    if len(label) < (end - start) * letters:
        axes.text((start + end) / 2, height, label, ha="center", va="center", fontsize=8)
