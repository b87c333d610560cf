"""What all interfaces of a server share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pngnat.server.jobs import JobQueue
from pngnat.server.metrics import Metrics
from pngnat.server.settings import ServerSettings
from pngnat.server.voice_table import TableSpeaker, VoiceTable
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.synthesize import sentences


@dataclass(frozen=True)
class Service:
    """The voices, the queue of texts to be spoken, and what is counted."""

    settings: ServerSettings
    voices: VoiceTable
    jobs: JobQueue
    metrics: Metrics

    @classmethod
    def start(cls, settings: ServerSettings) -> Service:
        """Load the voices, and have the default one speak once, so that no client waits for what is loaded on the way.

        Raises PngnatError where a voice cannot be loaded.
        """
        voices, metrics = (
            VoiceTable.load(settings.voices, settings.engine, settings.device, settings.threads),
            Metrics(),
        )
        service = cls(settings, voices, JobQueue(settings.at_once, settings.waiting, metrics), metrics)
        for sentence in service.sentences("Hello.", voices.default):
            sentence.speech()
        return service

    def sentences(
        self, text: str, speaker: TableSpeaker, pace: float = 1.0, ssml: bool | None = None
    ) -> Iterator[Sentence]:
        """How every text is spoken: `pngnat.synthesis.synthesize.sentences`, as the settings allow."""
        pause, mark = self.settings.max_pause, self.settings.watermark
        return sentences(
            text, speaker.voice, speaker=speaker.name, pace=pace, ssml=ssml, max_pause=pause, watermark=mark
        )

    def blocks(self, sentence: Sentence) -> Iterator[np.ndarray]:
        """The sound of a sentence as it is made, counted."""
        for block in sentence.blocks():
            self.metrics.spoken += len(block) / sentence.voice.sample_rate
            yield block
