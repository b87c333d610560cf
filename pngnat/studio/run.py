"""The start and the end of the studio, and its web application."""

from __future__ import annotations

import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from pngnat.server.app import plain_app
from pngnat.server.errors import ApiError
from pngnat.server.limits import Limits, LimitsMiddleware
from pngnat.server.run import Running, own_address, serve
from pngnat.server.service import Service
from pngnat.server.settings import ServerSettings
from pngnat.studio.guard import Guard
from pngnat.studio.making import MakingOptions
from pngnat.studio.making_routes import making_routes
from pngnat.studio.project import Project
from pngnat.studio.recording_routes import recording_routes
from pngnat.studio.speaking_routes import speaking_routes
from pngnat.studio.studio import Studio
from pngnat.studio.takes import UnknownTake

# The token has 50 bits, in letters that are not confused when they are typed on a phone.
_TOKEN_LETTERS, _TOKEN_LENGTH = "abcdefghijkmnpqrstuvwxyz23456789", 10
# Bytes of a request: an hour of imported recordings.
_LARGEST_BODY = 512 * 2**20


@dataclass(frozen=True)
class StudioSettings:
    """The settings of the studio."""

    folder: Path
    """The folder of one person, created where it is missing; see `Project`."""
    server: ServerSettings = field(default_factory=lambda: ServerSettings(port=8890))
    """The server of the pages; its voices are offered in addition to the person's own."""
    making: MakingOptions = field(default_factory=MakingOptions)
    """The settings with which a voice is made."""
    opens_browser: bool = True
    """Whether to open the page in a browser."""


def run_studio(settings: StudioSettings, on_ready: Callable[[Running], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the making of a voice is then stopped, and can be resumed later.

    Makes a token where other machines can reach the studio and none is given. Raises PngnatError where the folder is in
    use, and for a folder, port, certificate or voice that cannot be used.
    """
    server = settings.server
    if not server.is_local and server.token is None:
        server = replace(server, token="".join(secrets.choice(_TOKEN_LETTERS) for _ in range(_TOKEN_LENGTH)))

    def ready(running: Running) -> None:
        address = _print_address(server, running.ports["http"], settings.folder)
        if settings.opens_browser:
            webbrowser.open(address)
        if on_ready is not None:
            on_ready(running)

    with ExitStack() as stack:
        project = Project(settings.folder)
        stack.enter_context(project.locked())

        def app(service: Service) -> ASGIApp:
            studio = Studio(project, service, settings.making)
            stack.callback(studio.making.stop)
            return studio_app(studio)

        serve(server, ready, app)


def studio_app(studio: Studio) -> ASGIApp:
    """Return the application: the pages, and the routes under /api that they call."""
    app = plain_app("pngnat studio")

    async def unknown(_request: Request, error: Exception) -> JSONResponse:
        return ApiError(404, str(error)).answer()

    app.add_exception_handler(UnknownTake, unknown)
    for routes in (recording_routes(studio), making_routes(studio), speaking_routes(studio)):
        app.include_router(routes)
    app.mount("/", StaticFiles(directory=str(files("pngnat.studio").joinpath("static")), html=True))
    settings = studio.service.settings
    return Guard(
        LimitsMiddleware(app, Limits(None, _LARGEST_BODY, 10 * settings.timeout), studio.service.metrics),
        settings.token,
    )


def _print_address(server: ServerSettings, port: int, folder: Path) -> str:
    """Print the addresses of the pages; return the address for the browser of this machine."""
    is_everywhere = server.host in ("0.0.0.0", "::", "")
    scheme, query = ("https" if server.certificate else "http"), (f"?token={server.token}" if server.token else "")

    def address(host: str) -> str:
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/{query}"

    here = address("127.0.0.1" if is_everywhere else server.host)
    _print(f"open {here} in your browser; Ctrl+C ends it. Everything stays in {folder}")
    if not server.is_local:
        _print(f"on a phone in the same network, open {address(_network_address() if is_everywhere else server.host)}")
        if server.certificate is None:
            _print(
                "a browser allows the microphone only on this machine or over https: to record on the phone, start with"
            )
            _print("--certificate and --key, see docs/studio.md; to speak and to shape, the address above is enough")
    return here


def _network_address() -> str:
    try:
        return own_address()
    except OSError:
        return socket.gethostname()


def _print(line: str) -> None:
    print(f"pngnat studio: {line}", file=sys.stderr, flush=True)
