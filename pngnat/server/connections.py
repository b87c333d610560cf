"""uvicorn with timeouts: it closes connections of idle clients, which would otherwise use memory and file handles."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from pngnat.server.settings import ServerSettings

_MOST_HEADER, _BACKLOG, _KEEP_ALIVE = 16_384, 512, 15


class HttpServer(uvicorn.Server):
    """A uvicorn server with these settings, and without uvicorn's signal handlers, which would end the process."""

    def __init__(self, settings: ServerSettings, app: ASGIApp) -> None:
        protocol = type("TimeoutProtocol", (TimeoutProtocol,), {"timeout": settings.timeout})
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            h11_max_incomplete_event_size=_MOST_HEADER,
            timeout_keep_alive=min(_KEEP_ALIVE, math.ceil(settings.timeout)),
            timeout_graceful_shutdown=int(settings.grace),
            backlog=_BACKLOG,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.key,
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers unchanged."""
        yield


class TimeoutProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a timeout; uvicorn itself has none.

    timeout: seconds in which the head of a request must arrive, and in which a client must receive data.
    """

    timeout = 30.0
    _head_due: asyncio.TimerHandle | None = None
    _writing_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of a new connection."""
        super().connection_made(transport)
        _set_kernel_timeout(transport, self.timeout)
        self._head_due = self._abort_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timeouts of a closed connection."""
        for timer in (self._head_due, self._writing_due):
            _cancel(timer)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle new data; the head of a request ends its timeout."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            _cancel(self._head_due)
            self._head_due = None
        elif self._head_due is None:
            self._head_due = self._abort_later()

    def pause_writing(self) -> None:
        """Start a timeout: the client receives data too slowly."""
        super().pause_writing()
        self._writing_due = self._abort_later()

    def resume_writing(self) -> None:
        """Cancel the timeout: the client has received all data."""
        super().resume_writing()
        _cancel(self._writing_due)
        self._writing_due = None

    def _abort_later(self) -> asyncio.TimerHandle:
        return self.loop.call_later(self.timeout, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def _set_kernel_timeout(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Have the kernel drop a connection whose client receives nothing, even after it is closed here. Linux only."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    connection = transport.get_extra_info("socket")
    if option is not None and connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, int(1000 * seconds))
