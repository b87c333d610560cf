"""Pictures of the acoustic model's output: mels, upsampling weights and durations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import torch

from pngnat.data.dataset import AcousticBatch, AcousticDataset
from pngnat.models.png_nat import PngNat

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@torch.inference_mode()
def acoustic_pictures(
    model: PngNat, batch: AcousticBatch, dataset: AcousticDataset, count: int
) -> Iterator[tuple[str, Figure]]:
    """Yield (id, figure) for the first `count` recordings of a batch, which is the first one of `dataset`."""
    encoded = model.encode(batch.tokens)
    predicted = model.predict_durations(encoded, batch.speaker)
    mel = model.generate_mel(encoded, batch.speaker, batch.durations)
    weights = model.alignment(encoded, batch.speaker, batch.durations)
    shown = list(islice(dataset.recordings, len(batch.ids)))  # the batch is the first of validation
    symbols = {recording.id: dataset.tokenizer.encode(recording.utterance).symbols for recording in shown}
    for row, name in enumerate(batch.ids[:count]):
        frames, tokens = int(batch.frames[row]), int(batch.tokens.phoneme_lengths[row])
        yield (
            name,
            _figure(
                batch.mel[row, :frames].T.cpu().numpy(),
                mel[row, :, :frames].cpu().numpy(),
                weights[row, :frames, :tokens].T.cpu().numpy(),
                batch.durations[row, :tokens].cpu().numpy(),
                predicted[row, :tokens].cpu().numpy(),
                symbols[name],
            ),
        )


def _figure(
    recorded: np.ndarray,
    made: np.ndarray,
    weights: np.ndarray,
    durations: np.ndarray,
    predicted: np.ndarray,
    symbols: tuple[str, ...],
) -> Figure:
    # Not pyplot, which keeps every figure alive until it is closed.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 12), layout="constrained")
    above, middle, aligned, below = figure.subplots(4, 1)
    limits = {"vmin": recorded.min(), "vmax": recorded.max(), "origin": "lower", "aspect": "auto"}
    seconds = durations.sum()
    for axes, image, title in ((above, recorded, "recording"), (middle, made, "model, with the recording's durations")):
        axes.imshow(image, extent=(0, seconds, 0, len(image)), **limits)
        axes.set_title(title)
    for end in np.cumsum(durations):
        middle.axvline(end, color="white", linewidth=0.3)
    aligned.imshow(weights, extent=(0, seconds, 0, len(weights)), origin="lower", aspect="auto")
    aligned.set_title("tokens' share in each frame")
    places = np.arange(len(symbols))
    below.bar(places - 0.2, durations * 1000, 0.4, label="recording")
    below.bar(places + 0.2, predicted * 1000, 0.4, label="predicted")
    below.set_xticks(places, symbols, fontsize=7, rotation=90)
    below.set_ylabel("ms")
    below.legend()
    return figure
