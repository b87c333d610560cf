"""The access control of the studio: it refuses other web pages, and other people where other machines can reach it."""

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
    # Pages load from the studio alone, so that text injected into a page could send nothing to another site.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}
# Not a redirect: after a link on another site, a browser would not send the new cookie, which is for this site only.
_ENTRY_PAGE = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=./">'
    '<a href="./">Open the studio</a>'
)


class Guard:
    """An ASGI application around another, which refuses requests of other sites.

    A page of another site can send requests to this machine, and can let a name of its own mean this machine (DNS
    rebinding). But it cannot send this machine's name as Host, nor omit Origin from a request that changes data.
    token: a browser sends it once in the address (`/?token=...`) and then in a cookie; the host name is then not
    checked. None where no other machine can reach the studio.
    """

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
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
        """Return an answer in place of the application's, or None to let a request pass."""
        headers = Headers(scope=scope)
        if self._token is not None:
            if self._is_token(parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]):
                return self._entry(scope)
            if not self._is_token(cookie_parser(headers.get("cookie", "")).get(COOKIE, "")):
                return _no_token(scope["path"])
        elif _name(f"//{headers.get('host', '')}") not in _HOSTS:
            return _wrong_origin()
        return None if is_from_own_page(headers, scope["scheme"]) else _wrong_origin()

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())

    def _entry(self, scope: Scope) -> Response:
        answer = HTMLResponse(_ENTRY_PAGE)
        answer.set_cookie(
            COOKIE, self._token or "", httponly=True, samesite="strict", secure=scope["scheme"] == "https"
        )
        return answer


def is_from_own_page(headers: Headers, scheme: str) -> bool:
    """Return whether a request is from a page of the studio, from a typed address, or not from a browser."""
    origin = headers.get("origin")
    if origin is not None and origin != f"{scheme}://{headers.get('host', '')}":
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _no_token(path: str) -> Response:
    words = "Open the complete address that pngnat studio printed at its start, with the token at the end."
    return ApiError(401, words, code="no_token").answer() if path.startswith("/api/") else PlainTextResponse(words, 401)


def _wrong_origin() -> Response:
    return ApiError(403, "the studio answers its own pages only", code="not_from_here").answer()


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
