"""Keeps other web pages out: the studio answers the browser of this machine, and pages that came from it, alone."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pngnat.server.errors import error_answer

_HOSTS = ("127.0.0.1", "localhost", "::1")
_HEADERS = {
    # Everything comes from here; a page that somebody managed to write into could send nothing anywhere.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI application around another.

    A page of another site can send requests to this machine, and a name of its own can be made to mean this machine (DNS rebinding); what
    it cannot do is to send this machine's name as Host, or no Origin with a request that changes something.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if not is_from_here(Headers(scope=scope)):
            answer = error_answer(403, "the studio answers pages of its own on this machine alone", code="not_from_here")
            return await answer(scope, receive, send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)


def is_from_here(headers: Headers) -> bool:
    """Whether a request is for this machine by name, and from a page of ours, an address that was typed in, or no browser."""
    host = headers.get("host", "")
    if _name(f"//{host}") not in _HOSTS:
        return False
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
