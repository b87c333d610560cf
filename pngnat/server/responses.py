"""Answers with the items of a job: each begins with the first item, and ends the job when the client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pngnat.server.errors import ApiError
from pngnat.server.jobs import Job

T = TypeVar("T")
Result = TypeVar("Result")
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class JobResponse(StreamingResponse):
    """An answer with the items of a job; the job ends with the answer, for whatever reason that ends."""

    def __init__(self, job: Job, content: AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(content, headers=_HEADERS, media_type=media_type)
        self._job = job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, and end the job."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._job.drop()


async def stream(
    request: Request, job: Job[T], encode: Callable[[T], bytes], media_type: str, last: bytes = b""
) -> Response:
    """Return an answer that sends the items of a job as they come. encode: to bytes. last: sent after all items.

    Waits for the first item, so that a text that cannot be spoken is an error and not a broken sound. Raises the error
    of the job, and ApiError where the client has gone.
    """

    async def first_of() -> list[T]:
        async for item in job:
            return [item]
        return []

    first = await _unless_gone(request, job, first_of())

    async def content() -> AsyncIterator[bytes]:
        for item in first:
            yield encode(item)
        async for item in job:
            if data := encode(item):
                yield data
        if last:
            yield last

    return JobResponse(job, content(), media_type)


async def collect(request: Request, job: Job[T]) -> list[T]:
    """Return all items of a job. Raises the error of the job, and ApiError where the client has gone."""

    async def all_of() -> list[T]:
        return [item async for item in job]

    return await _unless_gone(request, job, all_of())


async def _unless_gone(request: Request, job: Job, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of `work`. Drops the job where `work` raises or the client goes."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            # nginx's status for this; only the metrics show it.
            raise ApiError(499, "the client has gone")
        return working.result()
    except BaseException:
        job.drop()
        raise
    finally:
        for task in (working, watching):
            task.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
