"""The routes of the pages Speak and Shape."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pngnat.audio import wav
from pngnat.audio.pitch import dio
from pngnat.audio.playback import to_pcm
from pngnat.engine.voice import Voice
from pngnat.server.encoding import encode
from pngnat.server.responses import stream
from pngnat.server.service import CheckedRequest
from pngnat.studio.recording_routes import Phrases
from pngnat.studio.shaping import Shape, split_text
from pngnat.studio.studio import Studio
from pngnat.synthesis.picture import mel_picture
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.synthesize import check_text

_LONGEST = 4096
_MOST_TOKENS = 4000
_TIMING_TYPES = {"json": "application/json", "srt": "application/x-subrip", "TextGrid": "text/plain; charset=utf-8"}


class TextBody(BaseModel):
    """The body of /api/shape/split: a text."""

    text: str = Field(max_length=_LONGEST)


class SpeechBody(TextBody):
    """The body of /api/say: a text to speak. own: whether to play the person's recording of exactly these words."""

    voice: str | None = None
    pace: float = Field(1.0, ge=0.25, le=4.0, allow_inf_nan=False)
    own: bool = True


class ShapeBody(TextBody):
    """The body of /api/shape: a sentence with its changes; see `shaping.Shape`."""

    voice: str | None = None
    durations: list[float] | None = Field(None, max_length=_MOST_TOKENS)
    bends: list[float] | None = Field(None, max_length=_MOST_TOKENS)
    professional: str | None = None
    weight: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)


class SaveBody(BaseModel):
    """The body of /api/shape/save: shaped sentences to save as one file."""

    sentences: list[ShapeBody] = Field(min_length=1, max_length=500)
    format: Literal["wav", "json", "srt", "TextGrid"]


def speaking_routes(studio: Studio) -> APIRouter:
    """Return the routes of voices, kept phrases, speech and shapes."""
    routes = APIRouter()
    _add_shape_routes(routes, studio)

    @routes.get("/api/voices")
    def voices() -> list[dict[str, Any]]:
        return [
            {
                "id": one.id,
                "name": one.name,
                "description": one.description,
                "lenders": _professionals(one.voice, one.name),
            }
            for one in studio.speakers
        ]

    @routes.put("/api/said")
    def keep_phrases(body: Phrases) -> dict[str, Any]:
        studio.project.set_kept_phrases(body.phrases)
        return {"said": studio.project.settings.kept_phrases}

    @routes.post("/api/say")
    async def say(body: SpeechBody, request: Request) -> Response:
        check_text(body.text)
        recorded = studio.project.takes.of_text(body.text) if body.own else None
        speaker = studio.speaker(body.voice)
        rate = speaker.voice.sample_rate
        checked = CheckedRequest(body.text, speaker, body.pace, "pcm")

        def sound() -> Iterator[bytes]:
            if recorded:
                yield to_pcm(wav.read(studio.project.takes.path(recorded.id), rate))
            else:
                yield from studio.service.speak(checked)

        job = studio.service.jobs.start(sound)
        answer = await stream(request, job, lambda data: data, "audio/pcm")
        answer.headers["X-Sample-Rate"] = str(rate)
        answer.headers["X-Own-Recording"] = "1" if recorded else "0"
        return answer

    return routes


def _add_shape_routes(routes: APIRouter, studio: Studio) -> None:
    @routes.post("/api/shape/split")
    def split(body: TextBody) -> dict[str, Any]:
        return {"sentences": split_text(body.text)}

    @routes.post("/api/shape")
    def shape(body: ShapeBody) -> dict[str, Any]:
        speaker = studio.speaker(body.voice)
        speech = studio.shaper.synthesize(_shape(body, speaker.name), speaker.voice)
        return describe(speech, speaker.voice)

    @routes.post("/api/shape/save")
    def save(body: SaveBody) -> Response:
        speaker = studio.speaker(body.sentences[0].voice)
        speech = studio.shaper.synthesize_all([_shape(one, speaker.name) for one in body.sentences], speaker.voice)
        content: bytes | str
        if body.format == "wav":
            content, kind = encode("wav", speech.sample_rate, [speech.samples], speech.tags), "audio/wav"
        else:
            timings = speech.timings
            writers = {"json": timings.to_json, "srt": timings.to_srt, "TextGrid": timings.to_textgrid}
            content, kind = writers[body.format](), _TIMING_TYPES[body.format]
        return Response(
            content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="speech.{body.format}"'}
        )


def _shape(body: ShapeBody, speaker: str) -> Shape:
    return Shape(
        text=body.text,
        speaker=speaker,
        durations=None if body.durations is None else tuple(body.durations),
        bends=None if body.bends is None else tuple(body.bends),
        professional=body.professional,
        weight=body.weight,
    )


def _professionals(voice: Voice, speaker: str) -> list[str]:
    """Return the speakers whose rhythm a speaker can borrow."""
    kept = voice.card.professional.speakers if voice.card.professional else ()
    names = dict.fromkeys(one.name for one in (*kept, *voice.card.speakers))
    return [name for name in names if name != speaker]


def describe(speech: Speech, voice: Voice) -> dict[str, Any]:
    """Return everything that the page Shape draws.

    This is the sound as a wav file in Base64, the words, the tokens with their seconds, a mel (M, T) of bytes in
    Base64, and the pitch (T,) in Hz.
    """
    audio = voice.card.audio
    mel = mel_picture(speech.samples, audio)
    low, high = np.log(audio.log_floor), max(float(mel.max()), np.log(audio.log_floor) + 1)
    grey = np.round(255 * (mel - low) / (high - low)).astype(np.uint8)
    return {
        "duration": speech.duration,
        "sound": _base64(encode("wav", speech.sample_rate, [speech.samples], speech.tags)),
        "text": speech.normalized_text,
        "words": [{"text": word.text, "start": word.start, "end": word.end} for word in speech.words],
        "tokens": [{"symbol": one.symbol, "word": one.word, "seconds": one.duration} for one in speech.phonemes],
        "mel": {"bins": grey.shape[0], "frames": grey.shape[1], "data": _base64(grey.tobytes())},
        "pitch": np.round(dio(speech.samples, audio), 1).tolist(),
        "hop": audio.hop_length / audio.sample_rate,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
