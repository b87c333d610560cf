"""What an HTTP client may ask for, and the work that it makes: checked before anything is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pngnat.errors import PngnatError
from pngnat.server.encoding import MEDIA_TYPES, Encoder
from pngnat.server.errors import ApiError
from pngnat.server.service import Service
from pngnat.server.settings import ServerSettings
from pngnat.server.voice_table import TableSpeaker
from pngnat.synthesis.sentence import Sentence
from pngnat.synthesis.speech import sound_tags
from pngnat.synthesis.synthesize import check_text


class VoiceName(BaseModel):
    """OpenAI's other way to name a voice."""

    id: str


class SpeechRequest(BaseModel):
    """The body of OpenAI's /v1/audio/speech. Fields that it does not have are passed over, as other servers of this
    kind do."""

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
class CheckedRequest:
    """A checked text. speaker: who says it. pace: 2 is twice as fast. kind: of the sound, one of MEDIA_TYPES."""

    service: Service
    text: str
    speaker: TableSpeaker
    pace: float
    kind: str

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.speaker.voice.sample_rate

    @property
    def tags(self) -> dict[str, str]:
        """Metadata of the sound: that it is synthetic, and whose voice it is in."""
        return sound_tags(self.speaker.voice.name, self.speaker.name)

    def sentences(self) -> Iterator[Sentence]:
        """The sentences, whose sound is yet to be made."""
        return self.service.sentences(self.text, self.speaker, self.pace)

    def blocks(self) -> Iterator[np.ndarray]:
        """Samples (S_i,) as they are made."""
        return (block for sentence in self.sentences() for block in self.service.blocks(sentence))

    def sound(self) -> Iterator[bytes]:
        """The encoded sound as it is made."""
        encoder = Encoder(self.kind, self.sample_rate, self.tags)
        for block in self.blocks():
            # Also without bytes of its own yet: between blocks a text whose client has gone is dropped.
            yield encoder.write(block)
        yield encoder.close()


def checked(request: SpeechRequest, service: Service) -> CheckedRequest:
    """The request, checked. Raises ApiError and UnknownVoice for what cannot be had."""
    check_length(request.input, service.settings)
    kind = request.response_format
    if kind not in MEDIA_TYPES:
        raise ApiError(
            400,
            f"response_format '{kind[:20]}' is not supported; use one of {', '.join(MEDIA_TYPES)}",
            "response_format",
        )
    name = request.voice.id if isinstance(request.voice, VoiceName) else request.voice
    return CheckedRequest(service, request.input, service.voices.find(name), request.speed, kind)


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
