"""The durations that a voice's models predict for given utterances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.evaluation.rhythm import Track
from pngnat.models.batch import PngBatch
from pngnat.text.utterance import Utterance
from pngnat.voice.voice import Voice


def recorded_tracks(recordings: Iterable[Recording]) -> list[Track]:
    """The durations that were measured in recordings."""
    return [Track(recording.symbols, np.asarray(recording.durations, dtype=np.float64)) for recording in recordings]


def professionals_of(voice: Voice) -> list[str]:
    """The speakers whose rhythm a voice can lend: those of the professional model that it keeps, else its own."""
    return [speaker.name for speaker in (voice.card.professional.speakers if voice.card.professional else voice.card.speakers)]


@torch.inference_mode()
def professional_tracks(voice: Voice, names: Sequence[str], utterances: Iterable[Utterance]) -> list[Track]:
    """What these professionals' models predict, joined token by token by their geometric mean where there are several.

    Raises PngnatError for a name that the voice does not have.
    """
    rows = [voice.professional_row(name) for name in names]
    if not rows:
        raise PngnatError("name at least one professional")
    tracks = []
    for utterance in utterances:
        tokens = voice.tokenizer.encode(utterance)
        batch = PngBatch.collate([tokens])
        logs = [model.predict_durations(batch, torch.tensor([row]))[0].double().clamp(min=1e-3).log() for model, row in rows]
        seconds = torch.stack(logs).mean(0).exp().numpy()
        # One millisecond stands for none, or a boundary where nobody pauses would never be without a pause.
        tracks.append(Track(tokens.symbols, np.where(seconds <= 1.001e-3, 0.0, seconds)))
    return tracks
