"""The service behind all interfaces of a server: its voices, its queue of jobs and its metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pngnat.server.encoding import Encoder
from pngnat.server.jobs import JobQueue
from pngnat.server.metrics import Metrics
from pngnat.server.settings import ServerSettings
from pngnat.server.voice_table import TableSpeaker, VoiceTable
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.speech import sound_tags
from pngnat.synthesis.synthesize import sentences


@dataclass(frozen=True)
class CheckedRequest:
    """A request for speech whose fields are valid."""

    text: str
    """The text, within the limits of the server."""
    speaker: TableSpeaker
    """The speaker to synthesize with."""
    pace: float = 1.0
    """The factor that divides durations; 2 is twice as fast."""
    kind: str = "pcm"
    """The format of the sound, a key of `MEDIA_TYPES`."""
    ssml: bool | None = None
    """Whether the text is SSML; None decides by its beginning."""

    @property
    def sample_rate(self) -> int:
        """Return the sample rate in Hz."""
        return self.speaker.voice.sample_rate

    @property
    def tags(self) -> dict[str, str]:
        """Return the metadata of the sound: that it is synthetic, its voice and its speaker."""
        return sound_tags(self.speaker.voice.name, self.speaker.name)


@dataclass(frozen=True)
class Service:
    """The voices, the queue of jobs and the metrics of a server."""

    settings: ServerSettings
    voices: VoiceTable
    jobs: JobQueue
    metrics: Metrics

    @classmethod
    def start(cls, settings: ServerSettings) -> Service:
        """Load the voices, and synthesize once with the default one, so that no client waits for lazy loading.

        Raises PngnatError where a voice cannot be loaded.
        """
        voices = VoiceTable.load(settings.voices, settings.engine, settings.device, settings.threads)
        metrics = Metrics()
        service = cls(settings, voices, JobQueue(settings.at_once, settings.waiting, metrics), metrics)
        for sentence in service.sentences(CheckedRequest("Hello.", voices.default)):
            sentence.speech()
        return service

    def speak(self, request: CheckedRequest) -> Iterator[bytes]:
        """Synthesize a text, and yield its encoded sound block by block. Jobs run this in a thread.

        A block without bytes is yielded too: between blocks, a job whose client has gone ends.
        """
        encoder = Encoder(request.kind, request.sample_rate, request.tags)
        for sentence in self.sentences(request):
            for block in self.blocks(sentence):
                yield encoder.write(block)
        yield encoder.close()

    def sentences(self, request: CheckedRequest) -> Iterator[Sentence]:
        """Return the sentences of a request, read within the limits of the settings; their sound is yet to be made."""
        return sentences(
            request.text,
            request.speaker.voice,
            speaker=request.speaker.name,
            pace=request.pace,
            ssml=request.ssml,
            max_pause=self.settings.max_pause,
            watermark=self.settings.watermark,
        )

    def blocks(self, sentence: Sentence) -> Iterator[np.ndarray]:
        """Yield the samples (S_i,) of a sentence as they are synthesized, and count their seconds."""
        for block in sentence.blocks():
            self.metrics.spoken += len(block) / sentence.voice.sample_rate
            yield block
