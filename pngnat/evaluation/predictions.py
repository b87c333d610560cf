"""The durations that a voice's models predict for given utterances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.evaluation.rhythm import Track
from pngnat.models.batch import PngBatch
from pngnat.models.png_nat import PngNat
from pngnat.text.tokenizer import PngTokens
from pngnat.text.utterance import Utterance
from pngnat.voice.voice import Voice


def recorded_tracks(recordings: Iterable[Recording]) -> list[Track]:
    """The durations that were measured in recordings."""
    return [Track(recording.symbols, np.asarray(recording.durations, dtype=np.float64)) for recording in recordings]


def professionals_of(voice: Voice) -> list[str]:
    """The speakers whose rhythm a voice can lend: those of the professional model that it keeps, else its own."""
    return [speaker.name for speaker in (voice.card.professional.speakers if voice.card.professional else voice.card.speakers)]


def predict_durations(model: PngNat, tokens: Sequence[PngTokens], rows: Sequence[int], size: int = 32) -> list[np.ndarray]:
    """Predicted seconds of each utterance's N tokens, float32 (N,). rows: of the speakers. size: utterances that are predicted together."""
    order = sorted(range(len(tokens)), key=lambda place: len(tokens[place].ids))
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(order), size):
        places = order[start : start + size]
        batch = PngBatch.collate([tokens[place] for place in places])
        predicted = model.predict_durations(batch, torch.tensor([rows[place] for place in places]))
        for place, seconds in zip(places, predicted, strict=True):
            found[place] = seconds[: tokens[place].num_phoneme_tokens].float().numpy()
    return [found[place] for place in range(len(tokens))]


def professional_tracks(voice: Voice, names: Sequence[str], utterances: Iterable[Utterance]) -> list[Track]:
    """What these professionals' models predict, joined token by token by their geometric mean where there are several.

    Raises PngnatError for a name that the voice does not have.
    """
    rows = [voice.professional_row(name) for name in names]
    if not rows:
        raise PngnatError("name at least one professional")
    tokens = [voice.tokenizer.encode(utterance) for utterance in utterances]
    predicted = [predict_durations(model, tokens, [row] * len(tokens)) for model, row in rows]
    tracks = []
    for read, durations in zip(tokens, zip(*predicted, strict=True), strict=True):
        seconds = np.exp(np.mean([np.log(np.maximum(each, 1e-3, dtype=np.float64)) for each in durations], axis=0))
        # One millisecond stands for none, or a boundary where nobody pauses would never be without a pause.
        tracks.append(Track(read.symbols, np.where(seconds <= 1.001e-3, 0.0, seconds)))
    return tracks
