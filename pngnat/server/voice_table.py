"""The voices of a server: a table fixed at its start, so that a name from a client is never used to search the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pngnat.engine.loading import load_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.untrusted import shown
from pngnat.voice.card import bundled_voices

LANGUAGE = "en-US"
# OpenAI's voices, which many programs offer in fixed lists; here they mean the default speaker.
OPENAI_VOICES = frozenset("alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse".split())
_MOST_NAMED = 40


class UnknownVoice(PngnatError):
    """The error of a name that no voice or speaker has."""


@dataclass(frozen=True)
class TableSpeaker:
    """A speaker of a voice. id: the unique name on the server, `VOICE/SPEAKER`. name: the name within the voice."""

    id: str
    name: str
    description: str
    voice: Voice


class VoiceTable:
    """The table of voices by the names that clients use; at least one.

    The default speaker of the first voice is the default of the server.
    """

    def __init__(self, voices: Mapping[str, Voice]) -> None:
        self.voices = dict(voices)
        self.speakers: list[TableSpeaker] = []
        self._known: dict[str, TableSpeaker] = {}
        for key, voice in self.voices.items():
            for speaker in voice.card.offered:
                one = TableSpeaker(
                    f"{key}/{speaker.name}", speaker.name, speaker.description or voice.card.description, voice
                )
                self.speakers.append(one)
                self._known[one.id] = one
                if speaker.name == voice.card.default_speaker:
                    self._known[key] = one
        # A speaker's name alone means the first speaker that has it, and never hides a voice.
        for one in self.speakers:
            self._known.setdefault(one.name, one)
        self.default = self._known[next(iter(self.voices))]

    @classmethod
    def load(
        cls, names: Sequence[str], engine: str | None = None, device: str | None = None, threads: int | None = None
    ) -> VoiceTable:
        """Load voices with the options of `load_voice`; no name means the bundled voices.

        Raises PngnatError as `load_voice` does, and for two voices of the same name.
        """
        voices: dict[str, Voice] = {}
        for name in names or list(bundled_voices()):
            voice = load_voice(name, None, engine, device, threads)
            if voice.name in voices:
                raise PngnatError(
                    f"two of the voices have the name '{voice.name}'; change one of them in its voice.json"
                )
            voices[voice.name] = voice
        if not voices:
            raise PngnatError("no voice is installed with pngnat; name a voice folder (--voice FOLDER)")
        return cls(voices)

    def find(self, name: str | None, speaker: str | None = None) -> TableSpeaker:
        """Return the speaker of `VOICE/SPEAKER`, a voice, a speaker, or one of OpenAI's names; None means the default.

        speaker: a speaker of the voice `name`, where a client sends the two apart. Raises UnknownVoice, which lists the
        known names.
        """
        if name is None or (name in OPENAI_VOICES and name not in self._known):
            return self.default
        full = name if speaker is None else f"{name}/{speaker}"
        if full in self._known:
            return self._known[full]
        listed = [one.id for one in self.speakers]
        more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
        raise UnknownVoice(f"there is no voice {shown(full)}; there are: {', '.join(listed[:_MOST_NAMED])}{more}")
