"""What all interfaces of a server share."""

from __future__ import annotations

from dataclasses import dataclass

from pngnat.server.metrics import Metrics
from pngnat.server.settings import ServerSettings
from pngnat.server.speaking import Speakers
from pngnat.server.voice_table import VoiceTable
from pngnat.synthesis.synthesize import synthesize


@dataclass(frozen=True)
class Service:
    """The voices, the threads that speak, and what is counted."""

    settings: ServerSettings
    voices: VoiceTable
    speakers: Speakers
    metrics: Metrics

    @classmethod
    def start(cls, settings: ServerSettings) -> Service:
        """Load the voices, and have the default one speak once, so that no client waits for what is loaded on the way.

        Raises PngnatError where a voice cannot be loaded.
        """
        voices, metrics = VoiceTable.load(settings.voices, settings.engine, settings.device, settings.threads), Metrics()
        synthesize("Hello.", voices.default.voice)
        return cls(settings, voices, Speakers(settings.at_once, settings.waiting, metrics), metrics)
