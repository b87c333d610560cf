"""Errors in the shape of OpenAI's interface: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pngnat.errors import PngnatError, printable, shorten
from pngnat.server.jobs import QueueFull
from pngnat.server.voice_table import UnknownVoice

_LONGEST = 500
_KINDS = {401: "authentication_error", 429: "rate_limit_error"}


class ApiError(Exception):
    """An error for a client. param: the wrong field. code: a name for programs. headers: sent with the answer."""

    def __init__(
        self,
        status: int,
        message: str,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(shorten(printable(message), _LONGEST))
        self.status, self.param, self.code, self.headers = status, param, code, headers

    def answer(self) -> JSONResponse:
        """Return the HTTP answer; its type follows from the status, as OpenAI's does."""
        kind = _KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        body = {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}
        return JSONResponse(body, self.status, self.headers)


def api_error(error: Exception) -> ApiError:
    """Convert any error to one for the client; an unexpected one shows no details."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, UnknownVoice):
        return ApiError(404, str(error), "voice", "voice_not_found")
    if isinstance(error, PngnatError):
        return ApiError(400, str(error), "input")
    if isinstance(error, QueueFull):
        return ApiError(429, str(error), code="queue_full", headers={"Retry-After": str(error.retry_after)})
    if isinstance(error, HTTPException):
        return ApiError(error.status_code, str(error.detail), headers=error.headers)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        param = ".".join(str(part) for part in first["loc"] if part != "body") or None
        return ApiError(400, f"{param or 'the request'}: {first['msg']}", param)
    return ApiError(500, "the server failed; its log says why")


def add_error_answers(app: FastAPI) -> None:
    """Answer every error of an application in this shape."""

    async def answer(_request: Request, error: Exception) -> JSONResponse:
        return api_error(error).answer()

    for kind in (ApiError, PngnatError, QueueFull, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answer)
