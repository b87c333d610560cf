"""A studio for tests."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from pngnat.server.service import Service
from pngnat.server.settings import ServerSettings
from pngnat.studio.making import MakingOptions
from pngnat.studio.project import Project
from pngnat.studio.studio import Studio

HOST = "http://127.0.0.1:8890"


def make_studio(folder: Path, voice: Path, **server: Any) -> Studio:
    """Return a studio with one voice, from this folder. server: further settings."""
    service = Service.start(ServerSettings(voices=(str(voice),), **server))
    return Studio(Project(folder), service, MakingOptions(base=str(voice), budget=0.2, least=0.01))


def wav_bytes(samples: np.ndarray, rate: int = 16000) -> bytes:
    """Return a wav file, as the page sends a recording."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def tone(seconds: float = 1.0, rate: int = 16000) -> np.ndarray:
    """Return a tone (S,)."""
    return 0.1 * np.sin(np.arange(round(seconds * rate)) / 20)
