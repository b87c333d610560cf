"""The routes of the page Record."""

from __future__ import annotations

import io
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from fastapi import APIRouter, BackgroundTasks, Body, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from pngnat.errors import PngnatError
from pngnat.studio.studio import Studio
from pngnat.studio.take_checks import analyze_room
from pngnat.studio.takes import LONGEST, Take, import_folder, is_usable_name


class Phrases(BaseModel):
    """A list of phrases."""

    phrases: list[str] = Field(max_length=1000)


def recording_routes(studio: Studio) -> APIRouter:
    """Return the routes of prompts, takes, phrases, import, export and deletion."""
    routes = APIRouter()
    _add_take_routes(routes, studio)
    _add_project_routes(routes, studio)

    @routes.get("/api/prompts")
    def prompts() -> list[dict[str, Any]]:
        own = set(studio.project.settings.phrases)
        kept = {take.prompt: take for take in studio.project.takes.kept}
        return [
            {
                "id": one.id,
                "text": one.text,
                "own": one.text in own,
                "take": asdict(kept[one.id]) if one.id in kept else None,
            }
            for one in studio.project.prompts
        ]

    @routes.put("/api/phrases")
    def phrases(body: Phrases) -> dict[str, Any]:
        studio.project.set_phrases(body.phrases)
        return {"phrases": studio.project.settings.phrases}

    @routes.post("/api/room")
    async def room(request: Request) -> dict[str, Any]:
        return asdict(analyze_room(*_read_sound(await request.body())))

    return routes


def _add_take_routes(routes: APIRouter, studio: Studio) -> None:
    @routes.post("/api/takes")
    async def record(prompt: str, request: Request) -> dict[str, Any]:
        text = next((one.text for one in studio.project.prompts if one.id == prompt), None)
        if text is None:
            raise PngnatError("there is no such sentence to read; load the page again")
        samples, rate = _read_sound(await request.body())

        def add() -> Take:
            return studio.project.takes.add(text, samples, rate, studio.checker.analyze(samples, rate, text))

        take = await run_in_threadpool(add)
        return {"take": asdict(take), "standing": asdict(studio.project.status)}

    @routes.get("/api/takes")
    def takes() -> list[dict[str, Any]]:
        return [asdict(take) for take in studio.project.takes.all]

    @routes.get("/api/takes/{id}/sound")
    def sound(id: str) -> FileResponse:
        return FileResponse(studio.project.takes.path(id), media_type="audio/wav")

    @routes.post("/api/takes/{id}/keep")
    def keep(id: str) -> dict[str, Any]:
        return {"take": asdict(studio.project.takes.keep(id)), "standing": asdict(studio.project.status)}

    @routes.post("/api/takes/{id}/leave-out")
    def leave_out(id: str) -> dict[str, Any]:
        return {"take": asdict(studio.project.takes.leave_out(id)), "standing": asdict(studio.project.status)}

    @routes.delete("/api/takes/{id}")
    def delete(id: str) -> dict[str, Any]:
        studio.project.takes.delete(id)
        return {"standing": asdict(studio.project.status)}


def _add_project_routes(routes: APIRouter, studio: Studio) -> None:
    @routes.post("/api/import")
    def old_recordings(files: list[UploadFile]) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as scratch:
            refused = []
            for file in files:
                name = file.filename or ""
                if not is_usable_name(name):
                    refused.append(f"{name[:60]}: this is neither a sound file that can be read nor a text")
                    continue
                (Path(scratch) / name).write_bytes(file.file.read())
            result = import_folder(Path(scratch), studio.project.takes, studio.checker)
        return {
            "takes": [asdict(take) for take in result.takes],
            "left": [*refused, *result.refused],
            "standing": asdict(studio.project.status),
        }

    @routes.get("/api/export")
    def export(tasks: BackgroundTasks) -> FileResponse:
        scratch = tempfile.TemporaryDirectory()
        tasks.add_task(scratch.cleanup)
        path = Path(scratch.name) / "my-voice.zip"
        studio.project.export(path)
        return FileResponse(path, media_type="application/zip", filename=path.name, background=tasks)

    @routes.post("/api/delete")
    def delete(sure: bool = Body(embed=True)) -> dict[str, Any]:
        if not sure:
            raise PngnatError("nothing was deleted")
        studio.making.stop()
        studio.project.delete()
        return {"standing": asdict(studio.project.status)}


def _read_sound(data: bytes) -> tuple[np.ndarray, int]:
    """Return the samples (S, channels) in [-1, 1] and the sample rate of a sound file in memory.

    Raises PngnatError for data that is no sound file, and for a sound that is too short or too long.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.frames > LONGEST * file.samplerate:
                raise PngnatError(f"a recording may last {LONGEST / 60:g} minutes at most")
            samples, rate = file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.SoundFileError, ValueError, RuntimeError) as error:
        raise PngnatError("the recording could not be read; please record it again") from error
    if len(samples) < rate / 10 or not np.isfinite(samples).all():
        raise PngnatError("this recording is too short; press Record, read the sentence, and press Stop")
    return samples, rate
