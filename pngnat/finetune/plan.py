"""The stages of a fine-tuning, how long each gets, and what comes of it. Imports nothing that takes time."""

from __future__ import annotations

from dataclasses import dataclass

CORPUS, SPEAKER, ACOUSTIC_STAGE, VOCODER_STAGE, VOICE = "corpus", "speaker", "acoustic", "vocoder", "voice"
# Minutes of training recordings: below, a voice is a preview of itself.
PREVIEW_MINUTES = 10.0
# Minutes of work for each minute of speech, between a shortest and a longest.
_PACE, _SHORTEST, _LONGEST = 3.0, 10.0, 60.0
# Minutes of speech that are aligned and checked in a minute.
_ALIGNED = 20.0
# Of the training's time. The base vocoder copies a real speaker with 0.15 less DistilMOS than she has, mels of an
# acoustic model that had learned her for seven minutes lost 0.5 more.
_ACOUSTIC_SHARE, _MARGIN = 0.8, 0.05


@dataclass(frozen=True)
class Plan:
    """Minutes of each stage. Their sum leaves a margin: loading, saving and a busy machine have no clock of their
    own."""

    corpus: float
    speaker: float
    acoustic: float
    vocoder: float
    voice: float

    @classmethod
    def of(cls, minutes: float, budget: float | None) -> Plan:
        """minutes: of all recordings. budget: FinetuneConfig's. The trainings get what the rest leaves, which is nearly
        half at least."""
        whole = min(max(_PACE * minutes, _SHORTEST), _LONGEST) if budget is None else budget
        corpus, speaker, voice = 0.2 + minutes / _ALIGNED, 0.5, 1.0 + minutes / 15
        scale = min(1.0, 0.5 * whole / (corpus + speaker + voice))
        corpus, speaker, voice = corpus * scale, speaker * scale, voice * scale
        training = (1 - _MARGIN) * whole - corpus - speaker - voice
        return cls(corpus, speaker, _ACOUSTIC_SHARE * training, (1 - _ACOUSTIC_SHARE) * training, voice)

    def vocoder_after(self, spent: float) -> float:
        """Minutes that the stages before have left for the vocoder, where they took `spent` of them; half of what was
        planned at least."""
        left = self.corpus + self.speaker + self.acoustic + self.vocoder - spent
        return max(left, self.vocoder / 2)
