"""Sound on its way to an HTTP client: begun once there is some, and given up when the client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pngnat.server.speaking import Job

T = TypeVar("T")
# Of nginx; nobody reads it, but the counters do.
_CLIENT_GONE = 499
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


async def streamed(request: Request, job: Job[T], encode: Callable[[T], bytes], media_type: str, last: bytes = b"") -> Response:
    """An answer that grows with the job. encode: of each item. last: what follows them.

    Waits for the first item, so that a text that cannot be spoken is an error and no broken sound; raises what the job raised.
    """
    found = await _first(request, job)
    if found is None:
        return Response(status_code=_CLIENT_GONE)
    first = encode(found[0]) if found else b""

    async def content() -> AsyncIterator[bytes]:
        yield first
        async for item in job:
            if data := encode(item):
                yield data
        if last:
            yield last

    return JobResponse(job, content(), media_type)


async def whole(request: Request, job: Job[T]) -> list[T] | None:
    """All items of a job, or None where the client has gone meanwhile. Raises what the job raised."""

    async def gather() -> list[T]:
        return [item async for item in job]

    return await _unless_gone(request, job, gather())


async def _first(request: Request, job: Job[T]) -> list[T] | None:
    """The first item, in a list that is empty where there is none; None where the client has gone."""

    async def first() -> list[T]:
        async for item in job:
            return [item]
        return []

    return await _unless_gone(request, job, first())


async def _unless_gone(request: Request, job: Job, work) -> list | None:
    """What `work` returns, or None, with the job dropped, where the client goes before that."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        job.drop()
        return None
    except BaseException:
        job.drop()
        raise
    finally:
        for task in (working, watching):
            task.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
