"""Jobs that synthesize in threads while the event loop runs: a few at once, more in a queue, and the rest refused."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, TypeVar

from pngnat.server.metrics import Metrics

T = TypeVar("T")


class QueueFull(Exception):
    """The error of a full queue. retry_after: seconds after which there may be room."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many texts are waiting to be spoken; try again later")
        self.retry_after = retry_after


class _End:
    """The mark after a job's last item."""


class Job(AsyncIterator[T], Generic[T]):
    """Work in a thread, whose items arrive on the event loop.

    The thread does not wait for a slow reader, so that it is soon free for other jobs. All sound of one text fits in
    memory, because the length of texts is limited. Iterating raises the error of the work.
    """

    def __init__(self, work: Callable[[], Iterator[T]], metrics: Metrics) -> None:
        self._work, self._metrics = work, metrics
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[T | _End | BaseException] = asyncio.Queue()
        self._begun, self._has_sound = time.monotonic(), False
        self._dropped = threading.Event()
        self.future: Future[None] | None = None

    async def __anext__(self) -> T:
        item = await self._items.get()
        if isinstance(item, _End):
            self._items.put_nowait(item)  # for the next call
            raise StopAsyncIteration
        if isinstance(item, BaseException):
            raise item
        if not self._has_sound:
            self._has_sound = True
            self._metrics.first_sound += time.monotonic() - self._begun
            self._metrics.first_sounds += 1
        return item

    def drop(self) -> None:
        """End the job before its next item or its beginning. Does nothing to a job that is done."""
        self._dropped.set()
        if self.future is not None:
            self.future.cancel()

    def run(self) -> None:
        """Run the work, in a thread."""
        result = "spoken"
        try:
            for item in self._work():
                if self._dropped.is_set():
                    result = "dropped"
                    break
                self._put(item)
        except BaseException as error:
            self._put(error)
            result = "failed"
        # Count first: a client that has its answer finds it in the metrics.
        self._count(result)
        self._put(_End())

    def _put(self, item: T | _End | BaseException) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has ended
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    def _count(self, result: str) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._metrics.jobs.update, [result])


class JobQueue:
    """A queue of jobs with their threads. at_once: jobs that run at once. waiting: jobs that may wait."""

    def __init__(self, at_once: int, waiting: int, metrics: Metrics) -> None:
        self.metrics = metrics
        self._at_once, self._limit = at_once, at_once + waiting
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="pngnat-speaker")
        self._jobs: set[Job] = set()
        self._mean_seconds = 1.0

    def start(self, work: Callable[[], Iterator[T]]) -> Job[T]:
        """Start a job or queue it; called on the event loop. work: called in a thread for the items it yields.

        Raises QueueFull.
        """
        if len(self._jobs) >= self._limit:
            self.metrics.jobs["refused"] += 1
            raise QueueFull(max(1, math.ceil(self._mean_seconds * len(self._jobs) / self._at_once)))
        job = Job(work, self.metrics)
        self._jobs.add(job)
        begun, loop = time.monotonic(), asyncio.get_running_loop()
        job.future = self._threads.submit(job.run)

        def done(future: Future[None]) -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._done, job, None if future.cancelled() else time.monotonic() - begun)

        job.future.add_done_callback(done)
        return job

    def _done(self, job: Job, seconds: float | None) -> None:
        self._jobs.discard(job)
        if seconds is None:
            self.metrics.jobs["dropped"] += 1
        else:
            self._mean_seconds += 0.1 * (min(seconds, 60.0) - self._mean_seconds)

    @property
    def speaking(self) -> int:
        """Return the number of texts that are spoken now."""
        return min(len(self._jobs), self._at_once)

    @property
    def waiting(self) -> int:
        """Return the number of texts that wait for their turn."""
        return len(self._jobs) - self.speaking

    def close(self) -> None:
        """Drop all jobs; each thread ends after its current block of sound."""
        for job in list(self._jobs):
            job.drop()
        self._threads.shutdown(wait=False, cancel_futures=True)
