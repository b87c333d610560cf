"""The requests of HTTP clients, and their check before anything is synthesized."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pngnat.errors import PngnatError
from pngnat.server.encoding import MEDIA_TYPES
from pngnat.server.errors import ApiError
from pngnat.server.service import CheckedRequest, Service
from pngnat.server.settings import ServerSettings
from pngnat.synthesis.synthesize import check_text


class VoiceName(BaseModel):
    """A voice as an object, which OpenAI's interface allows too."""

    id: str


class SpeechRequest(BaseModel):
    """The body of OpenAI's /v1/audio/speech. Unknown fields are ignored, as similar servers do."""

    model_config = ConfigDict(extra="ignore")

    input: str
    """The text, or SSML that begins with <speak>."""
    model: str = "pngnat"
    """Accepted and ignored: the voice determines the model."""
    voice: str | VoiceName | None = None
    """VOICE/SPEAKER, a voice, a speaker, or one of OpenAI's names, which means the default speaker."""
    response_format: str = "mp3"
    """mp3, opus, flac, wav or pcm."""
    speed: float = Field(1.0, ge=0.25, le=4.0, allow_inf_nan=False)
    """2 is twice as fast."""
    instructions: str | None = None
    """Accepted and ignored: no voice follows instructions."""
    stream_format: Literal["audio", "sse"] = "audio"
    """Plain sound, or server-sent events with the sound in Base64."""


class CaptionedRequest(SpeechRequest):
    """The body of /v1/audio/speech/captions."""

    stream: bool = True
    """Whether to send each sentence as a line, as soon as it is synthesized."""


def check_request(request: SpeechRequest, service: Service) -> CheckedRequest:
    """Check a request. Raises ApiError for a field out of range, and UnknownVoice."""
    check_length(request.input, service.settings)
    kind = request.response_format
    if kind not in MEDIA_TYPES:
        raise ApiError(
            400,
            f"response_format '{kind[:20]}' is not supported; use one of {', '.join(MEDIA_TYPES)}",
            "response_format",
        )
    name = request.voice.id if isinstance(request.voice, VoiceName) else request.voice
    return CheckedRequest(request.input, service.voices.find(name), request.speed, kind)


def check_length(text: str, settings: ServerSettings) -> None:
    """Raise ApiError for a text that is empty, too long or not valid Unicode."""
    if len(text) > settings.longest_text:
        raise ApiError(
            400,
            f"the text has {len(text)} characters; this server takes at most {settings.longest_text}",
            "input",
            "string_above_max_length",
        )
    try:
        check_text(text)
    except PngnatError as error:
        raise ApiError(400, str(error), "input") from error
