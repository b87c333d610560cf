"""OpenAI's interface: /v1/audio/speech, /v1/models, and /v1/audio/voices, which other servers of this kind have
added."""

from __future__ import annotations

import base64
import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pngnat.server.encoding import MEDIA_TYPES
from pngnat.server.requests import SpeechRequest, check_request
from pngnat.server.responses import streamed
from pngnat.server.service import Service
from pngnat.server.voice_table import LANGUAGE

MODELS = ("pngnat", "tts-1", "tts-1-hd", "gpt-4o-mini-tts")
# No tokens are counted here; OpenAI's clients want the fields.
_USAGE = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


def openai_routes(service: Service) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/v1/audio/speech")
    async def speech(body: SpeechRequest, request: Request) -> Response:
        wanted = check_request(body, service)
        job = service.jobs.start(lambda: service.speak(wanted))
        if body.stream_format == "sse":
            done = _event({"type": "speech.audio.done", "usage": _USAGE})
            return await streamed(request, job, _delta, "text/event-stream", done)
        return await streamed(request, job, bytes, MEDIA_TYPES[wanted.kind])

    @routes.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(name) for name in MODELS]}

    @routes.get("/v1/models/{name}")
    async def model(name: str) -> dict[str, Any]:
        return _model(name)

    @routes.get("/v1/audio/voices")
    async def voices() -> dict[str, Any]:
        rows = [
            {"id": one.id, "name": one.id, "description": one.description, "language": LANGUAGE}
            for one in service.voices.speakers
        ]
        return {"voices": rows, "default": service.voices.default.id}

    return routes


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "pngnat"}


def _delta(sound: bytes) -> bytes:
    return _event({"type": "speech.audio.delta", "audio": base64.b64encode(sound).decode()}) if sound else b""


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()
