"""The stages of a fine-tuning, and their durations. Imports nothing that takes time."""

from __future__ import annotations

from dataclasses import dataclass

CORPUS, SPEAKER, ACOUSTIC_STAGE, VOCODER_STAGE, VOICE = "corpus", "speaker", "acoustic", "vocoder", "voice"
# Minutes of training recordings; with fewer, a voice is a preview.
PREVIEW_MINUTES = 10.0
# Minutes of work for each minute of speech, and their limits.
_PACE, _SHORTEST, _LONGEST = 3.0, 10.0, 60.0
# Minutes of speech that are aligned and checked in a minute.
_ALIGNED = 20.0
# The acoustic model's fraction of the training time: mels limit a recreated voice more than the vocoder does
# (docs/decisions.md).
_ACOUSTIC_SHARE, _MARGIN = 0.8, 0.05


@dataclass(frozen=True)
class Plan:
    """Minutes of each stage. Their sum leaves a margin for loading, saving and a busy machine."""

    corpus: float
    speaker: float
    acoustic: float
    vocoder: float
    voice: float

    @classmethod
    def of(cls, minutes: float, budget: float | None) -> Plan:
        """Return the plan for recordings of `minutes`. budget: FinetuneConfig's. The trainings get the time that the
        other stages leave, nearly half at least."""
        whole = min(max(_PACE * minutes, _SHORTEST), _LONGEST) if budget is None else budget
        corpus, speaker, voice = 0.2 + minutes / _ALIGNED, 0.5, 1.0 + minutes / 15
        scale = min(1.0, 0.5 * whole / (corpus + speaker + voice))
        corpus, speaker, voice = corpus * scale, speaker * scale, voice * scale
        training = (1 - _MARGIN) * whole - corpus - speaker - voice
        return cls(corpus, speaker, _ACOUSTIC_SHARE * training, (1 - _ACOUSTIC_SHARE) * training, voice)

    def vocoder_after(self, spent: float) -> float:
        """Return the minutes left for the vocoder after stages that took `spent`; at least half of its plan."""
        left = self.corpus + self.speaker + self.acoustic + self.vocoder - spent
        return max(left, self.vocoder / 2)
