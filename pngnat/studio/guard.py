"""Keeps others out: other web pages always, and other people where the studio can be reached from other machines."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pngnat.server.errors import ApiError

COOKIE = "pngnat_studio"
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
# Not a redirect: a browser that follows a link from elsewhere would leave the new cookie out, as other sites must not
# use it.
_COME_IN = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=./"><a href="./">Open the studio</a>'


class Guard:
    """An ASGI application around another.

    A page of another site can send requests to this machine, and a name of its own can be made to mean this machine
    (DNS rebinding); what it cannot do is to send this machine's name as Host, or no Origin with a request that changes
    something. token: what a browser must bring once in the address (`/?token=...`), and then in a cookie; the name of
    the machine is anybody's then. None where no other machine can reach the studio."""

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """What is answered in the application's place."""
        headers = Headers(scope=scope)
        if self._token is not None:
            if self._is_token(parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]):
                return self._come_in(scope)
            if not self._is_token(cookie_parser(headers.get("cookie", "")).get(COOKIE, "")):
                return _no_token(scope["path"])
        elif _name(f"//{headers.get('host', '')}") not in _HOSTS:
            return _not_from_here()
        return None if is_from_own_page(headers, scope["scheme"]) else _not_from_here()

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())

    def _come_in(self, scope: Scope) -> Response:
        answer = HTMLResponse(_COME_IN)
        answer.set_cookie(
            COOKIE, self._token or "", httponly=True, samesite="strict", secure=scope["scheme"] == "https"
        )
        return answer


def is_from_own_page(headers: Headers, scheme: str) -> bool:
    """Whether a request is from a page of ours, an address that was typed in, or no browser."""
    origin = headers.get("origin")
    if origin is not None and origin != f"{scheme}://{headers.get('host', '')}":
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _no_token(path: str) -> Response:
    words = "Open the whole address that pngnat studio printed when it was started, with its token at the end."
    return ApiError(401, words, code="no_token").answer() if path.startswith("/api/") else PlainTextResponse(words, 401)


def _not_from_here() -> Response:
    return ApiError(403, "the studio answers pages of its own alone", code="not_from_here").answer()


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
