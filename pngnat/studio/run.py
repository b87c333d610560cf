"""The studio from its start to its end."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from pngnat.server.run import Running, serve
from pngnat.server.service import Service
from pngnat.server.settings import ServerSettings
from pngnat.studio.app import studio_app
from pngnat.studio.making import MakingOptions
from pngnat.studio.project import Project
from pngnat.studio.studio import Studio


@dataclass(frozen=True)
class StudioSettings:
    """folder: the person's, see `Project`. port: 0 takes a free one. voices: besides the person's own, as `ServerSettings` has them.
    opens_browser: whether the page is shown at once."""

    folder: Path
    port: int = 8890
    voices: tuple[str, ...] = ()
    making: MakingOptions = field(default_factory=MakingOptions)
    opens_browser: bool = True


def run_studio(settings: StudioSettings, on_ready: Callable[[Running], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; a voice in the making is stopped, and goes on with the next start.

    Raises PngnatError where the folder, the port or a voice cannot be used.
    """
    project = Project(settings.folder)

    def ready(running: Running) -> None:
        address = f"http://127.0.0.1:{running.ports['http']}/"
        print(f"pngnat studio: open {address} in your browser; Ctrl+C ends it. Everything stays in {settings.folder}", file=sys.stderr)
        if settings.opens_browser:
            webbrowser.open(address)
        if on_ready is not None:
            on_ready(running)

    with ExitStack() as stack:

        def app(service: Service) -> ASGIApp:
            studio = Studio(project, service, settings.making)
            stack.callback(studio.making.stop)
            return studio_app(studio)

        serve(ServerSettings(port=settings.port, voices=settings.voices), ready, app)
