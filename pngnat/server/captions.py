"""Speech with the timings of its words, phonemes and marks, in the shape of Kokoro-FastAPI's /dev/captioned_speech."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pngnat.server.encoding import MEDIA_TYPES, Encoder
from pngnat.server.requests import CaptionedRequest, check_request
from pngnat.server.responses import collect, stream
from pngnat.server.service import CheckedRequest, Service
from pngnat.synthesis.timings import Timings

PATH, KOKORO_PATH = "/v1/audio/speech/captions", "/dev/captioned_speech"
_DIGITS = 4


def caption_routes(service: Service) -> APIRouter:
    """Return the route, under both of its paths."""
    routes = APIRouter()

    @routes.post(PATH)
    @routes.post(KOKORO_PATH)
    async def captioned(body: CaptionedRequest, request: Request) -> Response:
        checked = check_request(body, service)
        job = service.jobs.start(lambda: _captions(service, checked))
        if body.stream:
            return await stream(request, job, lambda one: json.dumps(one).encode() + b"\n", "application/x-ndjson")
        return JSONResponse(_joined(await collect(request, job)))

    return routes


def _captions(service: Service, request: CheckedRequest) -> Iterator[dict[str, Any]]:
    """Synthesize a text, and yield a caption for each sentence and one for the end of the encoded sound."""
    encoder, before = Encoder(request.kind, request.sample_rate, request.tags), 0.0
    for sentence in service.sentences(request):
        sound, samples = [], 0
        for block in service.blocks(sentence):
            samples += len(block)
            sound.append(encoder.write(block))
        yield _caption(b"".join(sound), request.kind, sentence.timings, before)
        before += samples / request.sample_rate
    yield _caption(encoder.close(), request.kind, Timings(), before)


def _caption(sound: bytes, kind: str, timings: Timings, before: float) -> dict[str, Any]:
    """Return sound and timings in JSON's types. before: the seconds at which the sentence begins."""

    def times(start: float, end: float) -> dict[str, float]:
        return {"start_time": round(before + start, _DIGITS), "end_time": round(before + end, _DIGITS)}

    return {
        "audio": base64.b64encode(sound).decode(),
        "audio_format": MEDIA_TYPES[kind],
        "timestamps": [{"word": word.text, **times(word.start, word.end)} for word in timings.words],
        "phonemes": [{"symbol": one.symbol, "word": one.word, **times(one.start, one.end)} for one in timings.phonemes],
        "marks": [{"name": mark.name, "time": round(before + mark.time, _DIGITS)} for mark in timings.marks],
    }


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Join captions to one, in which a phoneme's `word` counts the words of the complete text."""
    joined = {
        **parts[0],
        "audio": base64.b64encode(b"".join(base64.b64decode(part["audio"]) for part in parts)).decode(),
    }
    for name in ("timestamps", "marks"):
        joined[name] = [row for part in parts for row in part[name]]
    joined["phonemes"], words = [], 0
    for part in parts:
        joined["phonemes"] += [
            {**row, "word": None if row["word"] is None else row["word"] + words} for row in part["phonemes"]
        ]
        words += len(part["timestamps"])
    return joined
