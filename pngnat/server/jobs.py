"""Texts to sound in threads, a few at once, while the event loop goes on; more wait in a queue, and too many are
refused."""

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
    """The queue is full. retry_after: seconds after which there may be room."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many texts wait to be spoken; try again later")
        self.retry_after = retry_after


class _End:
    """Comes after a job's last item."""


class Job(AsyncIterator[T], Generic[T]):
    """Work in a thread, whose items arrive here. It runs on ahead of a slow reader, so that its place is soon free for
    others; what it makes of one text fits in memory, since texts have a limit.

    Iterating raises what the work raised.
    """

    def __init__(self, work: Callable[[], Iterator[T]], metrics: Metrics) -> None:
        self._work, self._metrics = work, metrics
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[T | _End | BaseException] = asyncio.Queue()
        self._begun, self._heard = time.monotonic(), False
        self._dropped = threading.Event()
        self.future: Future[None] | None = None

    async def __anext__(self) -> T:
        item = await self._items.get()
        if isinstance(item, _End):
            self._items.put_nowait(item)  # whoever asks again is told again
            raise StopAsyncIteration
        if isinstance(item, BaseException):
            raise item
        if not self._heard:
            self._heard = True
            self._metrics.first_sound += time.monotonic() - self._begun
            self._metrics.first_sounds += 1
        return item

    def drop(self) -> None:
        """Nobody waits for it any more: it ends before its next item, or never begins. Does nothing to a job that is
        done."""
        self._dropped.set()
        if self.future is not None:
            self.future.cancel()

    def run(self) -> None:
        """The thread's part."""
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
        # Counted before the client can know, so that who has an answer finds it counted.
        self._count(result)
        self._put(_End())

    def _put(self, item: T | _End | BaseException) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has ended
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    def _count(self, result: str) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._metrics.jobs.update, [result])


class JobQueue:
    """Threads that speak, and texts that wait for them. at_once: texts that are spoken at once. waiting: texts that may
    wait."""

    def __init__(self, at_once: int, waiting: int, metrics: Metrics) -> None:
        self.metrics = metrics
        self._at_once, self._most = at_once, at_once + waiting
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="pngnat-speaker")
        self._jobs: set[Job] = set()
        self._usual = 1.0

    def start(self, work: Callable[[], Iterator[T]]) -> Job[T]:
        """Begin, or wait in the queue; on the event loop. work: called in a thread for what it yields. Raises QueueFull
        where it is."""
        if len(self._jobs) >= self._most:
            self.metrics.jobs["refused"] += 1
            raise QueueFull(max(1, math.ceil(self._usual * len(self._jobs) / self._at_once)))
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
            self._usual += 0.1 * (min(seconds, 60.0) - self._usual)

    @property
    def speaking(self) -> int:
        """Texts that are spoken now."""
        return min(len(self._jobs), self._at_once)

    @property
    def waiting(self) -> int:
        """Texts that wait for their turn."""
        return len(self._jobs) - self.speaking

    def close(self) -> None:
        """Drop what is left, and end the threads with the block of sound that each is at."""
        for job in list(self._jobs):
            job.drop()
        self._threads.shutdown(wait=False, cancel_futures=True)
