"""Errors in the shape that OpenAI's clients read: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pngnat.errors import PngnatError, printable, shorten
from pngnat.server.speaking import Busy
from pngnat.server.voice_table import UnknownVoice

_LONGEST = 500


class ApiError(Exception):
    """What a client is told. param: the field that is wrong. code: a word for programs."""

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.param, self.code = status, param, code


def error_body(status: int, message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The error as an object for JSON; its type follows from the HTTP status, as OpenAI's does."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": shorten(printable(message), _LONGEST), "type": kind, "param": param, "code": code}}


def error_answer(
    status: int, message: str, param: str | None = None, code: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The error as an answer."""
    return JSONResponse(error_body(status, message, param, code), status, headers)


def described(error: BaseException) -> tuple[int, str, str | None, str | None]:
    """The status, message, param and code of an error that a client caused, or of the server's own."""
    if isinstance(error, ApiError):
        return error.status, str(error), error.param, error.code
    if isinstance(error, UnknownVoice):
        return 404, str(error), "voice", "voice_not_found"
    if isinstance(error, PngnatError):
        return 400, str(error), "input", None
    if isinstance(error, Busy):
        return 429, str(error), None, "queue_full"
    return 500, "the server failed; its log says why", None, None


def add_error_answers(app: FastAPI) -> None:
    """Have every error answered in that shape."""

    async def known(_request: Request, error: Exception) -> JSONResponse:
        status, message, param, code = described(error)
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, Busy) else None
        return error_answer(status, message, param, code, headers)

    async def http(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return error_answer(error.status_code, str(error.detail), headers=error.headers)

    async def invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        param = ".".join(str(part) for part in first["loc"] if part != "body") or None
        return error_answer(400, f"{param or 'the request'}: {first['msg']}", param)

    for kind in (ApiError, PngnatError, Busy, Exception):
        app.add_exception_handler(kind, known)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
