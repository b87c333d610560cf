"""Sound on its way to an HTTP client: begun once there is some, and given up when the client has gone."""

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
Made = TypeVar("Made")
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class JobResponse(StreamingResponse):
    """A job's items as an answer; however it ends, the job ends with it."""

    def __init__(self, job: Job, content: AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(content, headers=_HEADERS, media_type=media_type)
        self._job = job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._job.drop()


async def streamed(
    request: Request, job: Job[T], encode: Callable[[T], bytes], media_type: str, last: bytes = b""
) -> Response:
    """An answer that grows with the job. encode: of each item. last: what follows them.

    Waits for the first item, so that a text that cannot be spoken is an error and no broken sound. Raises what the job
    raised, and ApiError where the client has gone."""

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


async def whole(request: Request, job: Job[T]) -> list[T]:
    """All items of a job. Raises what the job raised, and ApiError where the client has gone."""

    async def all_of() -> list[T]:
        return [item async for item in job]

    return await _unless_gone(request, job, all_of())


async def _unless_gone(request: Request, job: Job, work: Coroutine[Any, Any, Made]) -> Made:
    """What `work` returns. The job is dropped where it raises, and where the client goes before that."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            # nginx's status; nobody reads it, but the counters do.
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
