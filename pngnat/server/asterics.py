"""The REST interface of AsTeRICS Grid's external speech service, so that a communication board speaks with these
voices.

Its endpoints are those of AsTeRICS-Grid-Helper (README.md, "REST API"). The voices are of its type "data": the sound is
made here, and played where the board is."""

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
from pngnat.server.responses import whole
from pngnat.server.service import Service
from pngnat.server.voice_table import LANGUAGE

_PROVIDER = "pngnat"
# Bytes of sound that are kept: a board says the same hundreds of words again and again.
_KEPT = 64 * 2**20


def asterics_app(service: Service) -> ASGIApp:
    """The application. Boards are web pages of any origin and send no token, so neither is asked for."""
    app, said = plain_app("pngnat for AsTeRICS Grid"), _Said(_KEPT)

    @app.get("/voices")
    async def voices() -> list[dict[str, object]]:
        about = {"lang": LANGUAGE, "providerId": _PROVIDER, "type": "VOICE_TYPE_EXTERNAL_DATA", "local": True}
        return [{"id": one.id, "name": one.id, **about} for one in service.voices.speakers]

    @app.api_route("/speakdata/{rest:path}", methods=["GET", "POST"])
    async def speakdata(request: Request) -> Response:
        return Response(await _sound(request), media_type=MEDIA_TYPES["wav"])

    @app.api_route("/cache/{rest:path}", methods=["GET", "POST"])
    async def cache(request: Request) -> bool:
        await _sound(request)
        return True

    @app.api_route("/speak/{rest:path}", methods=["GET", "POST"])
    async def speak() -> Response:
        raise ApiError(404, "these voices are played by the board: ask for /speakdata", code="not_playing")

    @app.api_route("/speaking", methods=["GET", "POST"])
    async def speaking() -> Response:
        return JSONResponse(False)

    @app.api_route("/stop", methods=["GET", "POST"])
    async def stop() -> Response:
        return JSONResponse(True)

    async def _sound(request: Request) -> bytes:
        text, voice = _asked(request)
        wanted = check_request(
            SpeechRequest(input=text, voice=voice or None, speed=1.0, response_format="wav"), service
        )
        key = (wanted.speaker.id, text)
        if (kept := said.get(key)) is not None:
            return kept

        def samples() -> Iterator[np.ndarray]:
            for sentence in service.sentences(wanted):
                yield from service.blocks(sentence)

        blocks = await whole(request, service.jobs.start(samples))
        sound = encode("wav", wanted.sample_rate, blocks, wanted.tags)
        said.keep(key, sound)
        return sound

    limited = LimitsMiddleware(
        app, Limits(None, service.settings.largest_body, service.settings.timeout), service.metrics
    )
    return CORSMiddleware(limited, allow_origins=["*"], allow_methods=["GET", "POST"], allow_private_network=True)


def _asked(request: Request) -> tuple[str, str]:
    """The text and the voice of `/NAME/TEXT[/PROVIDER[/VOICE]]`; either may hold a slash, which is then written as
    %2F."""
    parts = request.scope["raw_path"].decode("ascii", "replace").strip("/").split("/")[1:]
    text, _provider, voice, *more = [unquote(part) for part in parts] + [""] * (3 - len(parts))
    if more:
        raise ApiError(404, "write /speakdata/TEXT/PROVIDER/VOICE, with each part encoded for a URL")
    return text, voice


class _Said:
    """The last sounds, by who says what. most: bytes of all of them."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._sounds: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, key: tuple[str, str]) -> bytes | None:
        if key in self._sounds:
            self._sounds.move_to_end(key)
        return self._sounds.get(key)

    def keep(self, key: tuple[str, str], sound: bytes) -> None:
        self._size += len(sound) - len(self._sounds.pop(key, b""))
        self._sounds[key] = sound
        while self._size > self._most:
            self._size -= len(self._sounds.popitem(last=False)[1])
