"""The HTTP application: OpenAI's interface, captions, health and metrics."""

from __future__ import annotations

import base64
import json
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from pngnat.server.captions import caption_routes
from pngnat.server.encoding import MEDIA_TYPES
from pngnat.server.errors import add_error_answers
from pngnat.server.limits import Limits, LimitsMiddleware
from pngnat.server.requests import SpeechRequest, check_request
from pngnat.server.responses import stream
from pngnat.server.service import Service
from pngnat.server.voice_table import LANGUAGE
from pngnat.version import __version__

MODELS = ("pngnat", "tts-1", "tts-1-hd", "gpt-4o-mini-tts")
# OpenAI's clients expect these fields; this server counts no tokens.
_USAGE = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


def plain_app(title: str) -> FastAPI:
    """Return an application without routes, whose errors have OpenAI's shape.

    Its schema is at /openapi.json. FastAPI's documentation pages are off, because they load scripts from other sites.
    """
    app = FastAPI(title=title, version=__version__, docs_url=None, redoc_url=None)
    add_error_answers(app)
    return app


def http_app(service: Service) -> ASGIApp:
    """Return the HTTP application of a server."""
    settings = service.settings
    app = plain_app("pngnat")
    app.include_router(_openai_routes(service))
    app.include_router(caption_routes(service))

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "version": __version__}

    @app.get("/metrics")
    async def metrics() -> Response:
        text = service.metrics.text(service.jobs.speaking, service.jobs.waiting)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    limited: ASGIApp = LimitsMiddleware(
        app, Limits(settings.token, settings.largest_body, settings.timeout), service.metrics
    )
    if settings.origins:
        limited = CORSMiddleware(
            limited, allow_origins=settings.origins, allow_methods=["GET", "POST"], allow_headers=["*"]
        )
    return limited


def _openai_routes(service: Service) -> APIRouter:
    """Return /v1/audio/speech and /v1/models, and /v1/audio/voices, an addition that similar servers have."""
    routes = APIRouter()

    @routes.post("/v1/audio/speech")
    async def speech(body: SpeechRequest, request: Request) -> Response:
        checked = check_request(body, service)
        job = service.jobs.start(lambda: service.speak(checked))
        if body.stream_format == "sse":
            done = _event({"type": "speech.audio.done", "usage": _USAGE})
            return await stream(request, job, _delta, "text/event-stream", done)
        return await stream(request, job, bytes, MEDIA_TYPES[checked.kind])

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
