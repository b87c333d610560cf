"""A voice that speaks."""

from __future__ import annotations

from dataclasses import dataclass

from pngnat.engine.interface import AcousticEngine, VocoderEngine
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice.card import VoiceCard


@dataclass(frozen=True, eq=False)
class Voice:
    """All that speaking needs. professional: the multi-speaker model whose rhythm can be borrowed, where the voice
    keeps one.
    engine: the name of what computes."""

    card: VoiceCard
    tokenizer: PngTokenizer
    acoustic: AcousticEngine
    vocoder: VocoderEngine
    professional: AcousticEngine | None = None
    engine: str = ""

    @property
    def name(self) -> str:
        """The voice's name, as its card has it."""
        return self.card.name

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.card.audio.sample_rate

    @property
    def speakers(self) -> list[str]:
        """Names of those whom the voice offers."""
        return [speaker.name for speaker in self.card.offered]

    def speaker_row(self, name: str | None) -> int:
        """The row of a speaker; None means the default one. Raises PngnatError, with the list, for an unknown name."""
        return self.card.row(name)

    def professional_row(self, name: str) -> tuple[AcousticEngine, int]:
        """The model and the row that predict a professional's durations. Raises PngnatError, with the list, for an
        unknown name."""
        kept, row = self.card.lender_row(name)
        return (
            (self.professional, row)
            if kept and self.professional is not None
            else (self.acoustic, self.speaker_row(name))
        )

    def __repr__(self) -> str:
        return f"<Voice {self.name!r}, speakers: {', '.join(self.speakers)}, engine: {self.engine}>"
