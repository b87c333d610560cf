"""Wyoming events from untrusted clients: read within limits, with their fields checked."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from wyoming.event import Event

from pngnat.errors import PngnatError

# Bytes of an event's first line, and of a payload, which is ignored: no event for a synthesizer has one.
LONGEST_LINE, _LARGEST_PAYLOAD = 65_536, 1_048_576


class BrokenStream(Exception):
    """The error of data that is no event: the start of the next event is unknown."""


async def read_event(reader: asyncio.StreamReader, largest: int) -> Event | None:
    """Return the next event, without its payload, or None at the end. largest: bytes of data that are read.

    Raises BrokenStream for data that is no event, and for an event that is too large.
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
            raise BrokenStream("an event needs a type and an object of data")
        return Event(head["type"], data)
    # ValueError: a line without an end, invalid JSON or UTF-8. TypeError: data that is no object.
    except (ValueError, TypeError, RecursionError, asyncio.IncompleteReadError) as error:
        raise BrokenStream(f"this is not a Wyoming event ({type(error).__name__})") from error


def text_of(event: Event) -> str:
    """Return the event's text. Raises PngnatError where it has none."""
    text = event.data.get("text")
    if not isinstance(text, str):
        raise PngnatError(f"a {event.type[:40]} event needs a text")
    return text


def voice_of(event: Event) -> tuple[str | None, str | None]:
    """Return the requested voice and speaker. Raises PngnatError where they are not names."""
    voice: Any = event.data.get("voice") or {}
    name, speaker = (voice.get("name"), voice.get("speaker")) if isinstance(voice, dict) else (voice, None)
    if not isinstance(voice, dict) or not all(isinstance(one, str | None) for one in (name, speaker)):
        raise PngnatError("a voice must be an object with names")
    return name, speaker


def is_ssml(event: Event) -> bool | None:
    """Return True where the event declares its text as SSML, else None: the text decides."""
    return True if event.data.get("text_format") == "ssml" else None


def _object(text: bytes) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise BrokenStream("an event must be an object")
    return found


def _size(head: dict[str, Any], name: str, largest: int) -> int:
    size = head.get(name) or 0
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= largest:
        raise BrokenStream(f"{name} must be from 0 to {largest}")
    return size
