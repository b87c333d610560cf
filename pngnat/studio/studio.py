"""The state of the studio, which all routes use."""

from __future__ import annotations

from pngnat.engine.loading import load_voice
from pngnat.server.service import Service
from pngnat.server.voice_table import TableSpeaker
from pngnat.studio.making import Making, MakingOptions
from pngnat.studio.project import Project
from pngnat.studio.shaping import Shaper
from pngnat.studio.take_checks import TakeChecker

# The name by which the pages request the person's own voice.
MINE = "mine"


class Studio:
    """One person's project, the voices to speak with, and the tools for takes, shapes and making a voice."""

    def __init__(self, project: Project, service: Service, options: MakingOptions | None = None) -> None:
        self.project, self.service = project, service
        self.making = Making(project, options)
        self.shaper, self.checker = Shaper(), TakeChecker()

    @property
    def speakers(self) -> list[TableSpeaker]:
        """Return all speakers, the person's own voice first where it has been made."""
        own = self._own_speaker()
        return [*([own] if own else []), *self.service.voices.speakers]

    def speaker(self, name: str | None) -> TableSpeaker:
        """Return the speaker of a name; None means the person's own voice or else the default. Raises UnknownVoice."""
        if name in (None, MINE):
            return self._own_speaker() or self.service.voices.default
        return self.service.voices.find(name)

    def _own_speaker(self) -> TableSpeaker | None:
        folder = self.project.voice_folder
        if folder is None:
            return None
        settings = self.service.settings
        voice = load_voice(folder, None, settings.engine, settings.device, settings.threads)
        return TableSpeaker(MINE, voice.card.default_speaker, "your own voice", voice)
