"""The REST interface of AsTeRICS Grid's external speech service, for communication boards.

Its endpoints are those of AsTeRICS-Grid-Helper (README.md, "REST API"). The voices have its type "data": this server
synthesizes the sound, and the board plays it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from urllib.parse import unquote

import numpy as np
from fastapi import Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp

from pngnat.server.app import plain_app
from pngnat.server.encoding import MEDIA_TYPES, encode
from pngnat.server.errors import ApiError
from pngnat.server.limits import Limits, LimitsMiddleware
from pngnat.server.requests import SpeechRequest, check_request
from pngnat.server.responses import collect
from pngnat.server.service import Service
from pngnat.server.voice_table import LANGUAGE

_PROVIDER = "pngnat"
# Bytes of sound in the cache: a board speaks the same few hundred words again and again.
_CACHE_SIZE = 64 * 2**20


def asterics_app(service: Service) -> ASGIApp:
    """Return the application. It takes any origin and needs no token: boards are web pages anywhere and send none."""
    app, cache = plain_app("pngnat for AsTeRICS Grid"), SoundCache(_CACHE_SIZE)

    @app.get("/voices")
    async def voices() -> list[dict[str, object]]:
        about = {"lang": LANGUAGE, "providerId": _PROVIDER, "type": "VOICE_TYPE_EXTERNAL_DATA", "local": True}
        return [{"id": one.id, "name": one.id, **about} for one in service.voices.speakers]

    @app.api_route("/speakdata/{rest:path}", methods=["GET", "POST"])
    async def speakdata(request: Request) -> Response:
        return Response(await _sound(request), media_type=MEDIA_TYPES["wav"])

    @app.api_route("/cache/{rest:path}", methods=["GET", "POST"])
    async def cache_sound(request: Request) -> bool:
        await _sound(request)
        return True

    @app.api_route("/speak/{rest:path}", methods=["GET", "POST"])
    async def speak() -> Response:
        raise ApiError(404, "the board plays these voices: request /speakdata instead", code="not_playing")

    @app.api_route("/speaking", methods=["GET", "POST"])
    async def speaking() -> Response:
        return JSONResponse(False)

    @app.api_route("/stop", methods=["GET", "POST"])
    async def stop() -> Response:
        return JSONResponse(True)

    async def _sound(request: Request) -> bytes:
        text, voice = _text_and_voice(request)
        checked = check_request(
            SpeechRequest(input=text, voice=voice or None, speed=1.0, response_format="wav"), service
        )
        key = (checked.speaker.id, text)
        if (cached := cache.get(key)) is not None:
            return cached

        def samples() -> Iterator[np.ndarray]:
            for sentence in service.sentences(checked):
                yield from service.blocks(sentence)

        blocks = await collect(request, service.jobs.start(samples))
        sound = encode("wav", checked.sample_rate, blocks, checked.tags)
        cache.add(key, sound)
        return sound

    limited = LimitsMiddleware(
        app, Limits(None, service.settings.largest_body, service.settings.timeout), service.metrics
    )
    return CORSMiddleware(limited, allow_origins=["*"], allow_methods=["GET", "POST"], allow_private_network=True)


def _text_and_voice(request: Request) -> tuple[str, str]:
    """Return the text and the voice in the path `/NAME/TEXT[/PROVIDER[/VOICE]]`; %2F stands for a slash in them."""
    parts = request.scope["raw_path"].decode("ascii", "replace").strip("/").split("/")[1:]
    text, _provider, voice, *more = [unquote(part) for part in parts] + [""] * (3 - len(parts))
    if more:
        raise ApiError(404, "write /speakdata/TEXT/PROVIDER/VOICE, with each part encoded for a URL")
    return text, voice


class SoundCache:
    """A cache of sounds by speaker and text, which drops the least recently used. largest: bytes of all sounds."""

    def __init__(self, largest: int) -> None:
        self._largest, self._size = largest, 0
        self._sounds: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, key: tuple[str, str]) -> bytes | None:
        """Return a sound, or None."""
        if key in self._sounds:
            self._sounds.move_to_end(key)
        return self._sounds.get(key)

    def add(self, key: tuple[str, str], sound: bytes) -> None:
        """Add a sound, and drop others where all are too large."""
        self._size += len(sound) - len(self._sounds.pop(key, b""))
        self._sounds[key] = sound
        while self._size > self._largest:
            self._size -= len(self._sounds.popitem(last=False)[1])
