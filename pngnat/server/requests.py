"""What an HTTP client may ask for, and the work that it makes: checked before anything is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pngnat.errors import PngnatError
from pngnat.server.encoding import MEDIA_TYPES, Encoder, encode
from pngnat.server.errors import ApiError
from pngnat.server.metrics import Metrics
from pngnat.server.settings import ServerSettings
from pngnat.server.voice_table import TableSpeaker, VoiceTable
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.speech import sound_tags
from pngnat.synthesis.synthesize import check_text, sentences


class VoiceName(BaseModel):
    """OpenAI's other way to name a voice."""

    id: str


class SpeechRequest(BaseModel):
    """The body of OpenAI's /v1/audio/speech. Fields that it does not have are passed over, as other servers of this kind do."""

    model_config = ConfigDict(extra="ignore")

    input: str
    """The text, or SSML that begins with <speak>."""
    model: str = "pngnat"
    """Taken, and nothing depends on it: the voice says which model speaks."""
    voice: str | VoiceName | None = None
    """VOICE/SPEAKER, a voice, a speaker, or one of OpenAI's names, which is the default speaker."""
    response_format: str = "mp3"
    """mp3, opus, flac, wav or pcm."""
    speed: float = Field(1.0, ge=0.25, le=4.0, allow_inf_nan=False)
    """2 is twice as fast."""
    instructions: str | None = None
    """Taken and passed over: no voice acts by instruction."""
    stream_format: Literal["audio", "sse"] = "audio"
    """Sound as it is, or in events."""


class CaptionedRequest(SpeechRequest):
    """The body of /v1/audio/speech/captions."""

    stream: bool = True
    """Whether each sentence comes as a line of its own, as soon as it is made."""


@dataclass(frozen=True)
class Wish:
    """A checked text. speaker: who says it. pace: 2 is twice as fast. kind: of the sound, one of MEDIA_TYPES."""

    text: str
    speaker: TableSpeaker
    pace: float
    kind: str
    max_pause: float

    def sentences(self) -> Iterator[Sentence]:
        """The sentences, whose sound is yet to be made."""
        voice, name = self.speaker.voice, self.speaker.name
        return sentences(self.text, voice, speaker=name, pace=self.pace, max_pause=self.max_pause)

    @property
    def tags(self) -> dict[str, str]:
        """Metadata of the sound: that it is synthetic, and whose voice it is in."""
        return sound_tags(self.speaker.voice.name, self.speaker.name)

    def whole(self, metrics: Metrics) -> bytes:
        """A whole sound file, whose header knows its length."""
        rate = self.speaker.voice.sample_rate
        speeches = [sentence.speech() for sentence in self.sentences()]
        metrics.spoken += sum(speech.duration for speech in speeches)
        return encode(self.kind, rate, (speech.samples for speech in speeches), self.tags)

    def sound(self, metrics: Metrics) -> Iterator[bytes]:
        """The encoded sound as it is made."""
        rate = self.speaker.voice.sample_rate
        encoder = Encoder(self.kind, rate, self.tags)
        for sentence in self.sentences():
            for block in sentence.blocks():
                metrics.spoken += len(block) / rate
                # Also without bytes of its own yet: between blocks a text whose client has gone is dropped.
                yield encoder.write(block)
        yield encoder.close()


def wish(request: SpeechRequest, voices: VoiceTable, settings: ServerSettings) -> Wish:
    """The request, checked. Raises ApiError and UnknownVoice for what cannot be had."""
    check_length(request.input, settings)
    kind = request.response_format
    if kind not in MEDIA_TYPES:
        raise ApiError(400, f"response_format '{kind[:20]}' is not supported; use one of {', '.join(MEDIA_TYPES)}", "response_format")
    name = request.voice.id if isinstance(request.voice, VoiceName) else request.voice
    return Wish(request.input, voices.find(name), request.speed, kind, settings.max_pause)


def check_length(text: str, settings: ServerSettings) -> None:
    """Raise ApiError for a text that is empty, too long, or no Unicode."""
    if len(text) > settings.longest_text:
        raise ApiError(
            400,
            f"the text has {len(text)} characters, and this server takes {settings.longest_text} at once",
            "input",
            "string_above_max_length",
        )
    try:
        check_text(text)
    except PngnatError as error:
        raise ApiError(400, str(error), "input") from error
