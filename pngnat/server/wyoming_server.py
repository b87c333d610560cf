"""The Wyoming protocol, with which Home Assistant and other voice assistants request speech.

Events come from untrusted clients: they are read within limits, and their fields are checked."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable, async_write_event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped

from pngnat.errors import PngnatError
from pngnat.server.errors import ApiError, api_error
from pngnat.server.jobs import QueueFull
from pngnat.server.requests import check_length
from pngnat.server.service import CheckedRequest, Service
from pngnat.server.voice_table import LANGUAGE, TableSpeaker
from pngnat.text.sentences import paragraphs, sentences
from pngnat.version import __version__

_LOG = logging.getLogger("pngnat.server")
_HOME = Attribution(name="pngnat", url="https://github.com/pngnat/pngnat")
# Connections at once, and seconds that one may be idle; an assistant opens one for each answer.
_MOST_CONNECTIONS, _LONGEST_SILENCE = 256, 600.0
_EVENTS_AHEAD = 64
# Bytes of sound in one event: a third of a second at 24 kHz.
_CHUNK = 16_384
# Bytes of an event's first line, and of a payload, which is ignored: no event for a synthesizer has one.
_LONGEST_LINE, _LARGEST_PAYLOAD = 65_536, 1_048_576


class WyomingServer:
    """A server of the Wyoming protocol on a socket."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tasks: set[asyncio.Task] = set()

    async def run(self, bound: socket.socket, stopping: asyncio.Event) -> None:
        """Serve until `stopping` is set; running requests then have the settings' grace to end."""
        server = await asyncio.start_server(self._connected, sock=bound, limit=_LONGEST_LINE)
        await stopping.wait()
        server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._service.settings.grace)
        for task in list(self._tasks):
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) < _MOST_CONNECTIONS:
            self._tasks.add(task)
            try:
                await _Connection(self._service, reader, writer).run()
            except (ConnectionError, asyncio.TimeoutError):
                pass
            except Exception:
                _LOG.exception("a Wyoming connection failed")
            finally:
                self._tasks.discard(task)
        if writer.transport.get_write_buffer_size():
            # The client receives no more.
            writer.transport.abort()
        else:
            writer.close()


@dataclass
class _Streamed:
    """A text that arrives in pieces. waiting: the text not yet spoken. begun: whether sound has been sent."""

    speaker: TableSpeaker
    ssml: bool | None
    waiting: str = ""
    begun: bool = False


@dataclass
class _Connection:
    service: Service
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    streamed: _Streamed | None = None
    events: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(_EVENTS_AHEAD))

    async def run(self) -> None:
        """Answer events until the client goes; drop the text that is spoken then."""
        reading, handling = asyncio.create_task(self._read()), asyncio.create_task(self._handle())
        try:
            await asyncio.wait((reading, handling), return_when=asyncio.FIRST_COMPLETED)
            for task in (handling, reading):
                if task.done():
                    task.result()
        except _BrokenStream as error:
            handling.cancel()
            await self._write(Error(str(error), "broken-stream"))
        finally:
            for task in (reading, handling):
                task.cancel()
            await asyncio.gather(reading, handling, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            event = await asyncio.wait_for(
                _read_event(self.reader, self.service.settings.largest_body), _LONGEST_SILENCE
            )
            if event is None:
                return
            await self.events.put(event)

    async def _handle(self) -> None:
        while event := await self.events.get():
            try:
                await self._answer(event)
            except (PngnatError, ApiError, QueueFull) as error:
                shown = api_error(error)
                await self._write(Error(str(shown), shown.code or "bad-request"))
                if self.streamed is None:
                    # No end of sound will come, and an assistant waits for it until the connection ends.
                    return

    async def _answer(self, event: Event) -> None:
        if Describe.is_type(event.type):
            await self._write(self._info())
        elif Ping.is_type(event.type):
            text = event.data.get("text")
            await self._write(Pong(text if isinstance(text, str) else None))
        elif Synthesize.is_type(event.type) and self.streamed is None:
            await self._speak(event)
        elif SynthesizeStart.is_type(event.type):
            self.streamed = _Streamed(self.service.voices.find(*_voice_of(event)), _is_ssml(event))
        elif SynthesizeChunk.is_type(event.type) and self.streamed is not None:
            self.streamed.waiting += _text_of(event)
            await self._speak_complete(self.streamed)
        elif SynthesizeStop.is_type(event.type) and self.streamed is not None:
            await self._end_stream(self.streamed)
        # The protocol says to ignore other events. A `synthesize` within a stream repeats its text for older servers.

    async def _speak(self, event: Event) -> None:
        text, speaker = _text_of(event), self.service.voices.find(*_voice_of(event))
        if not text.strip():
            await self._write(_start(speaker))
        else:
            begun = False
            async for sound in self._spoken(text, speaker, _is_ssml(event)):
                if not begun:
                    await self._write(_start(speaker))
                begun = True
                await self._write_sound(sound, speaker)
        await self._write(AudioStop())

    async def _speak_complete(self, streamed: _Streamed) -> None:
        """Speak the sentences that are complete: another one has begun after them."""
        if streamed.ssml:
            check_length(streamed.waiting.strip() or ".", self.service.settings)
            return
        text = streamed.waiting
        *complete, last = [sentence for paragraph in paragraphs(text) for sentence in sentences(paragraph)] or [""]
        if complete:
            # Keep the space at the end: it separates words from the next piece.
            streamed.waiting = last.rstrip() + text[len(text.rstrip()) :]
            for part in complete:
                await self._speak_part(part, streamed)

    async def _end_stream(self, streamed: _Streamed) -> None:
        try:
            await self._speak_part(streamed.waiting, streamed)
        finally:
            self.streamed = None
        if streamed.begun:
            await self._write(AudioStop())
        await self._write(SynthesizeStopped())

    async def _speak_part(self, text: str, streamed: _Streamed) -> None:
        if not text.strip():
            return
        speaker, pause = streamed.speaker, b""
        if streamed.begun:
            pause = bytes(2 * int(speaker.voice.card.pauses.sentence * speaker.voice.sample_rate))
        try:
            async for sound in self._spoken(text, speaker, streamed.ssml):
                if not streamed.begun:
                    await self._write(_start(speaker))
                streamed.begun = True
                await self._write_sound(pause + sound, speaker)
                pause = b""
        except (PngnatError, ApiError) as error:
            # A sentence that cannot be spoken, such as a row of dashes, must not stop the others.
            await self._write(Error(str(api_error(error)), "text-skipped"))

    async def _spoken(self, text: str, speaker: TableSpeaker, ssml: bool | None) -> AsyncIterator[bytes]:
        """Yield the 16-bit sound of a text in blocks; the job ends with this iterator."""
        check_length(text, self.service.settings)
        request = CheckedRequest(text, speaker, ssml=ssml)
        job = self.service.jobs.start(lambda: self.service.speak(request))
        try:
            async for sound in job:
                if sound:
                    yield sound
        finally:
            job.drop()

    async def _write_sound(self, sound: bytes, speaker: TableSpeaker) -> None:
        for start in range(0, len(sound), _CHUNK):
            await self._write(AudioChunk(speaker.voice.sample_rate, 2, 1, sound[start : start + _CHUNK]))

    async def _write(self, event: Eventable) -> None:
        await asyncio.wait_for(async_write_event(event.event(), self.writer), self.service.settings.timeout)

    def _info(self) -> Info:
        voices = []
        for one in self.service.voices.speakers:
            described = f"{one.id}: {one.description[:100]}" if one.description else one.id
            voices.append(TtsVoice(one.id, _HOME, True, described, __version__, [LANGUAGE]))
        about = "A person's voice, by PnG BERT and Non-Attentive Tacotron"
        return Info(
            tts=[TtsProgram("pngnat", _HOME, True, about, __version__, voices, supports_synthesize_streaming=True)]
        )


def _start(speaker: TableSpeaker) -> AudioStart:
    return AudioStart(speaker.voice.sample_rate, 2, 1)


class _BrokenStream(Exception):
    """The error of data that is no event: the start of the next event is unknown."""


async def _read_event(reader: asyncio.StreamReader, largest: int) -> Event | None:
    """Return the next event, without its payload, or None at the end. largest: bytes of data that are read.

    Raises _BrokenStream for data that is no event, and for an event that is too large.
    """
    try:
        line = await reader.readline()
        if not line:
            return None
        head = _object(line)
        data = head.get("data") or {}
        if size := _size(head, "data_length", largest):
            data = {**data, **_object(await reader.readexactly(size))}
        if size := _size(head, "payload_length", _LARGEST_PAYLOAD):
            await reader.readexactly(size)
        if not isinstance(head.get("type"), str) or not isinstance(data, dict):
            raise _BrokenStream("an event needs a type and an object of data")
        return Event(head["type"], data)
    # ValueError: a line without an end, invalid JSON or UTF-8. TypeError: data that is no object.
    except (ValueError, TypeError, RecursionError, asyncio.IncompleteReadError) as error:
        raise _BrokenStream(f"this is not a Wyoming event ({type(error).__name__})") from error


def _text_of(event: Event) -> str:
    """Return the event's text. Raises PngnatError where it has none."""
    text = event.data.get("text")
    if not isinstance(text, str):
        raise PngnatError(f"a {event.type[:40]} event needs a text")
    return text


def _voice_of(event: Event) -> tuple[str | None, str | None]:
    """Return the requested voice and speaker. Raises PngnatError where they are not names."""
    voice: Any = event.data.get("voice") or {}
    name, speaker = (voice.get("name"), voice.get("speaker")) if isinstance(voice, dict) else (voice, None)
    if not isinstance(voice, dict) or not all(isinstance(one, str | None) for one in (name, speaker)):
        raise PngnatError("a voice must be an object with names")
    return name, speaker


def _is_ssml(event: Event) -> bool | None:
    """Return True where the event declares its text as SSML, else None: the text decides."""
    return True if event.data.get("text_format") == "ssml" else None


def _object(text: bytes) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise _BrokenStream("an event must be an object")
    return found


def _size(head: dict[str, Any], name: str, largest: int) -> int:
    size = head.get(name) or 0
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= largest:
        raise _BrokenStream(f"{name} must be from 0 to {largest}")
    return size
