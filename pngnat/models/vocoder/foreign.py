"""Vocoders of other projects behind the interface of pngnat's own."""

from __future__ import annotations

from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError


class ForeignVocoder(nn.Module):
    """Calls a network that turns pngnat's log-mels into sound, and that has neither a pitch to set nor noise to seed.

    name: what messages call it. network: (B, M, T) natural log-mel to (B, T * hop) samples. reach: frames on either
    side that a frame of sound depends on, so that the vocoder can work in pieces."""

    def __init__(self, name: str, audio: AudioConfig, network: nn.Module, reach: int) -> None:
        super().__init__()
        self.name, self.audio, self.network, self.reach = name, audio, network, reach

    def forward(
        self, mel: Tensor, f0: Tensor | None = None, generator: object = None, semitones: float = 0.0
    ) -> Tensor:
        """As Vocoder.forward: mel (B, M, T) to float32 (B, T * hop). Raises PngnatError where a pitch is asked for."""
        self.check_pitch(f0 is not None or semitones != 0)
        return self.network(mel).float()

    def check_pitch(self, asked: bool) -> None:
        """Raise PngnatError where a pitch is asked for: such a vocoder sings what the mel says."""
        if asked:
            raise PngnatError(
                f"{self.name} cannot change the pitch; leave out pitch and f0, or use the voice's own vocoder"
            )
