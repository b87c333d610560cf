"""What the routes of the studio share."""

from __future__ import annotations

from pngnat.engine.loading import load_voice
from pngnat.server.service import Service
from pngnat.server.voice_table import TableSpeaker
from pngnat.studio.making import Making, MakingOptions
from pngnat.studio.project import Project
from pngnat.studio.shaping import Shaper
from pngnat.studio.take_checks import TakeChecker

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
