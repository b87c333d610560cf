"""Routes of the page to record on."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Body, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from pngnat.errors import PngnatError
from pngnat.studio.old_recordings import bring, is_usable_name
from pngnat.studio.studio import Studio, read_sound
from pngnat.studio.take_checks import hear_room
from pngnat.studio.takes import Take


class Phrases(BaseModel):
    """A list of one's own sentences."""

    phrases: list[str] = Field(max_length=1000)


def recording_routes(studio: Studio) -> APIRouter:
    """Prompts, takes, phrases, old recordings, export and deletion."""
    routes = APIRouter()
    _add_takes(routes, studio)
    _add_whole(routes, studio)

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
        return asdict(hear_room(*read_sound(await request.body())))

    return routes


def _add_takes(routes: APIRouter, studio: Studio) -> None:
    @routes.post("/api/takes")
    async def record(prompt: str, request: Request) -> dict[str, Any]:
        text = next((one.text for one in studio.project.prompts if one.id == prompt), None)
        if text is None:
            raise PngnatError("there is no such sentence to read; load the page again")
        samples, rate = read_sound(await request.body())

        def heard() -> Take:
            return studio.project.takes.add(text, samples, rate, studio.checker.hear(samples, rate, text))

        take = await run_in_threadpool(heard)
        return {"take": asdict(take), "standing": asdict(studio.project.standing)}

    @routes.get("/api/takes")
    def takes() -> list[dict[str, Any]]:
        return [asdict(take) for take in studio.project.takes.all]

    @routes.get("/api/takes/{id}/sound")
    def sound(id: str) -> FileResponse:
        return FileResponse(studio.project.takes.path(id), media_type="audio/wav")

    @routes.post("/api/takes/{id}/keep")
    def keep(id: str) -> dict[str, Any]:
        return {"take": asdict(studio.project.takes.keep(id)), "standing": asdict(studio.project.standing)}

    @routes.post("/api/takes/{id}/leave-out")
    def leave_out(id: str) -> dict[str, Any]:
        return {"take": asdict(studio.project.takes.leave_out(id)), "standing": asdict(studio.project.standing)}

    @routes.delete("/api/takes/{id}")
    def delete(id: str) -> dict[str, Any]:
        studio.project.takes.delete(id)
        return {"standing": asdict(studio.project.standing)}


def _add_whole(routes: APIRouter, studio: Studio) -> None:
    @routes.post("/api/import")
    def old_recordings(files: list[UploadFile]) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as scratch:
            left = []
            for file in files:
                name = file.filename or ""
                if not is_usable_name(name):
                    left.append(f"{name[:60]}: is no sound file that can be read, and no text")
                    continue
                (Path(scratch) / name).write_bytes(file.file.read())
            found = bring(Path(scratch), studio.project.takes, studio.checker)
        return {
            "takes": [asdict(take) for take in found.takes],
            "left": [*left, *found.left],
            "standing": asdict(studio.project.standing),
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
        return {"standing": asdict(studio.project.standing)}
