"""The routes of the page Make."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from pngnat.errors import PngnatError
from pngnat.studio.studio import Studio


class Agreement(BaseModel):
    """The consent to a voice. sure: whether the person confirmed that the answers are true."""

    speaker: str = Field(max_length=200)
    agreed_by: str = Field(max_length=200)
    purpose: str = Field(max_length=1000)
    sure: bool


def making_routes(studio: Studio) -> APIRouter:
    """Return the routes of consent, of making a voice, and of its report."""
    routes = APIRouter()

    @routes.get("/api/state")
    def state() -> dict[str, Any]:
        settings = studio.project.settings
        return {
            "standing": asdict(studio.project.status),
            "phrases": settings.phrases,
            "said": settings.kept_phrases,
            "consent": settings.consent,
            "making": making(),
            "voice": settings.voice if studio.project.voice_folder else None,
            "least": studio.making.options.least,
        }

    @routes.post("/api/consent")
    def agree(body: Agreement) -> dict[str, Any]:
        if not body.sure:
            raise PngnatError("please confirm that this is true; without it, no voice is made")
        studio.project.agree(body.speaker, body.agreed_by, body.purpose, date.today().isoformat())
        return state()

    @routes.delete("/api/consent")
    def withdraw() -> dict[str, Any]:
        studio.making.stop()
        studio.project.withdraw()
        return state()

    @routes.get("/api/making")
    def making() -> dict[str, Any]:
        return {**asdict(studio.making.state), "report": studio.making.report_folder is not None}

    @routes.post("/api/making/start")
    def start() -> dict[str, Any]:
        studio.making.start()
        return making()

    @routes.post("/api/making/stop")
    def stop() -> dict[str, Any]:
        studio.making.stop()
        return making()

    @routes.get("/api/making/report")
    def report() -> FileResponse:
        return FileResponse(_report(studio) / "disfluency.json", media_type="application/json")

    @routes.get("/api/making/report.png")
    def picture() -> FileResponse:
        return FileResponse(_report(studio) / "disfluency.png", media_type="image/png")

    return routes


def _report(studio: Studio) -> Path:
    folder = studio.making.report_folder
    if folder is None:
        raise PngnatError("there is no report yet; it is made together with the voice")
    return folder
