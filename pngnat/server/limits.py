"""The checks of every HTTP request: a token, limits of size and time, and the count of answers."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pngnat.server.errors import ApiError
from pngnat.server.metrics import Metrics

# Open to all: monitoring has no token, and neither has a browser's OPTIONS request.
_OPEN = ("/health",)
# A client that still sends when the connection closes sees a broken connection instead of the answer.
_SECONDS_TO_DISCARD = 2.0
_CLOSE = {"Connection": "close"}


@dataclass(frozen=True)
class Limits:
    """The limits of a request. token: None admits everyone. largest_body: bytes. timeout: seconds until the body is
    complete."""

    token: str | None
    largest_body: int
    timeout: float


class LimitsMiddleware:
    """An ASGI application around another, which receives each request with its complete body."""

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self._app, self._limits, self._metrics = app, limits, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request, and pass it on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        counted = self._counted(scope, send)
        try:
            self._check_token(scope)
            body = await asyncio.wait_for(self._body(scope, receive), self._limits.timeout)
        except ApiError as error:
            return await error.answer()(scope, receive, counted)
        except asyncio.TimeoutError:
            late = ApiError(408, "the request took too long to arrive", headers=_CLOSE)
            return await late.answer()(scope, receive, counted)
        except ConnectionError:
            return
        await self._app(scope, _replayed(body, receive), counted)

    def _check_token(self, scope: Scope) -> None:
        token = self._limits.token
        if token is None or scope["path"] in _OPEN or scope["method"] == "OPTIONS":
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        kind, _, value = given.partition(b" ")
        if kind.lower() != b"bearer" or not hmac.compare_digest(value.strip(), token.encode()):
            message = "this server needs a token: send 'Authorization: Bearer TOKEN' (api_key of OpenAI's clients)"
            raise ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        largest = self._limits.largest_body
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        body = bytearray()
        if int(length) <= largest:
            async for part in _parts(receive):
                body += part
                if len(body) > largest:
                    break
            else:
                return bytes(body)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_discard(receive), _SECONDS_TO_DISCARD)
        too_large = f"the request is too large; this server reads at most {largest} bytes"
        raise ApiError(413, too_large, code="request_too_large", headers=_CLOSE)

    def _counted(self, scope: Scope, send: Send) -> Send:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The path of the route, not of the request: random paths must not add metrics.
                path = getattr(scope.get("route"), "path", "other")
                self._metrics.requests[path, message["status"]] += 1
            await send(message)

        return counted


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it arrives. Raises ConnectionError where the client has gone."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _discard(receive: Receive) -> None:
    async for _ in _parts(receive):
        pass


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns the complete body first, and the later messages of the client after it."""
    left = [body]

    async def replay() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return replay
