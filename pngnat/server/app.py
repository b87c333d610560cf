"""The HTTP application."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from pngnat.server.captions import caption_routes
from pngnat.server.errors import add_error_answers
from pngnat.server.limits import Limits, LimitsMiddleware
from pngnat.server.openai_routes import openai_routes
from pngnat.server.service import Service
from pngnat.version import __version__


def plain_app(title: str) -> FastAPI:
    """An application without routes, whose errors have OpenAI's shape. Its schema is at /openapi.json; FastAPI's pages
    that show it would have a browser load scripts from elsewhere."""
    app = FastAPI(title=title, version=__version__, docs_url=None, redoc_url=None)
    add_error_answers(app)
    return app


def http_app(service: Service) -> ASGIApp:
    """The HTTP interface: OpenAI's, captions, health and metrics."""
    settings = service.settings
    app = plain_app("pngnat")
    app.include_router(openai_routes(service))
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
