"""What the routes of the studio share."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from pngnat.engine.loading import load_voice
from pngnat.errors import PngnatError
from pngnat.server.service import Service
from pngnat.server.voice_table import TableSpeaker
from pngnat.studio.making import Making, MakingOptions
from pngnat.studio.project import Project
from pngnat.studio.shaping import Shaper
from pngnat.studio.take_checks import TakeChecker
from pngnat.studio.takes import LONGEST

# The name under which pages ask for the person's own voice.
MINE = "mine"


class Studio:
    """One person's project, the voices to speak with, and what listens and makes."""

    def __init__(self, project: Project, service: Service, options: MakingOptions | None = None) -> None:
        self.project, self.service = project, service
        self.making = Making(project, options)
        self.shaper, self.checker = Shaper(), TakeChecker()

    @property
    def speakers(self) -> list[TableSpeaker]:
        """Who can speak, the person's own voice first where there is one."""
        mine = self._mine()
        return [*([mine] if mine else []), *self.service.voices.speakers]

    def speaker(self, name: str | None) -> TableSpeaker:
        """Who goes by this name; None means the person's own voice, or the default one. Raises UnknownVoice."""
        if name in (None, MINE):
            return self._mine() or self.service.voices.default
        return self.service.voices.find(name)

    def _mine(self) -> TableSpeaker | None:
        folder = self.project.voice_folder
        if folder is None:
            return None
        settings = self.service.settings
        voice = load_voice(folder, None, settings.engine, settings.device, settings.threads)
        return TableSpeaker(MINE, voice.card.default_speaker, "your own voice", voice)


def read_sound(data: bytes) -> tuple[np.ndarray, int]:
    """The samples (S, channels) in [-1, 1] and the rate of a sound file in memory.

    Raises PngnatError where it is none, holds nothing, or lasts too long.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.frames > LONGEST * file.samplerate:
                raise PngnatError(f"a recording may last {LONGEST / 60:g} minutes at most")
            samples, rate = file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.SoundFileError, ValueError, RuntimeError) as error:
        raise PngnatError("what the microphone sent could not be read as sound; please record it again") from error
    if len(samples) < rate / 10 or not np.isfinite(samples).all():
        raise PngnatError("this recording is too short; press Record, read the sentence, and press Stop")
    return samples, rate
