"""A loaded voice."""

from __future__ import annotations

from dataclasses import dataclass

from pngnat.engine.interface import AcousticEngine, VocoderEngine
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice.card import VoiceCard


@dataclass(frozen=True, eq=False)
class Voice:
    """A voice folder loaded by an engine, ready to synthesize."""

    card: VoiceCard
    """The contents of `voice.json`."""
    tokenizer: PngTokenizer
    """Words and phonemes to token ids."""
    acoustic: AcousticEngine
    """Tokens to durations and mels, for the voice's speakers."""
    vocoder: VocoderEngine
    """Mels to sound."""
    professional: AcousticEngine | None = None
    """The multi-speaker model that predicts durations for blending, where the folder has one."""
    engine: str = ""
    """The engine's name: "onnx" or "torch"."""

    @property
    def name(self) -> str:
        """Return the voice's name, from its card."""
        return self.card.name

    @property
    def sample_rate(self) -> int:
        """Return the sample rate in Hz."""
        return self.card.audio.sample_rate

    @property
    def speakers(self) -> list[str]:
        """Return the names of the speakers that the voice offers."""
        return [speaker.name for speaker in self.card.offered]

    def professional_model(self, name: str) -> tuple[AcousticEngine, int]:
        """Return the model that predicts a professional's durations, and the speaker row in this model.

        Raises PngnatError, with the list, for an unknown name."""
        model, row = self.card.professional_row(name)
        if model == "professional" and self.professional is not None:
            return self.professional, row
        return self.acoustic, row

    def __repr__(self) -> str:
        return f"<Voice {self.name!r}, speakers: {', '.join(self.speakers)}, engine: {self.engine}>"
