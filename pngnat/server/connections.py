"""uvicorn, with connections of clients that do nothing closed after a while, so that they cost neither memory nor
places."""

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
    """uvicorn within a server's settings, and without its own handling of signals, which would end the process by
    one."""

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
        """Leave them alone."""
        yield


class TimeoutProtocol(H11Protocol):
    """uvicorn's HTTP, which by itself waits for ever for the head of a request, and for a client to take its answer.

    timeout: seconds for either.
    """

    timeout = 30.0
    _head_due: asyncio.TimerHandle | None = None
    _writing_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        _give_up_after(transport, self.timeout)
        self._head_due = self._abort_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has gone."""
        for timer in (self._head_due, self._writing_due):
            _cancel(timer)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Something has arrived, or may be read now."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            _cancel(self._head_due)
            self._head_due = None
        elif self._head_due is None:
            self._head_due = self._abort_later()

    def pause_writing(self) -> None:
        """The client takes its answer more slowly than it is made."""
        super().pause_writing()
        self._writing_due = self._abort_later()

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        _cancel(self._writing_due)
        self._writing_due = None

    def _abort_later(self) -> asyncio.TimerHandle:
        return self.loop.call_later(self.timeout, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def _give_up_after(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Have the kernel drop a connection whose other end takes nothing, also once we have closed it; Linux alone can."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    connection = transport.get_extra_info("socket")
    if option is not None and connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, int(1000 * seconds))
