"""The studio as a web application."""

from __future__ import annotations

from importlib.resources import files

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from pngnat.server.app import plain_app
from pngnat.server.errors import ApiError
from pngnat.server.limits import Limits, LimitsMiddleware
from pngnat.studio.guard import Guard
from pngnat.studio.making_routes import making_routes
from pngnat.studio.recording_routes import recording_routes
from pngnat.studio.speaking_routes import speaking_routes
from pngnat.studio.studio import Studio
from pngnat.studio.takes import UnknownTake

# Bytes of one request: an hour of old recordings.
_LARGEST = 512 * 2**20


def studio_app(studio: Studio) -> ASGIApp:
    """The pages, and what they call under /api."""
    app = plain_app("pngnat studio")

    async def unknown(_request: Request, error: Exception) -> JSONResponse:
        return ApiError(404, str(error)).answer()

    app.add_exception_handler(UnknownTake, unknown)
    for routes in (recording_routes(studio), making_routes(studio), speaking_routes(studio)):
        app.include_router(routes)
    app.mount("/", StaticFiles(directory=str(files("pngnat.studio").joinpath("static")), html=True))
    settings = studio.service.settings
    return Guard(
        LimitsMiddleware(app, Limits(None, _LARGEST, 10 * settings.timeout), studio.service.metrics), settings.token
    )
