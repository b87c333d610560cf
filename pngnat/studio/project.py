"""The folder of one person: recordings, phrases, consent, and the voice made from them."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pngnat.data.sources import plain_text
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, make_folder, write_text
from pngnat.finetune.plan import PREVIEW_MINUTES
from pngnat.studio.prompts import Prompt, shipped_prompts
from pngnat.studio.takes import Takes
from pngnat.untrusted import read_json

# The contents of the folder. Other files in it are not the studio's, and are never changed.
SETTINGS, RECORDINGS, WORK, VOICES = "studio.json", "recordings", "work", "voices"
_LOCK = ".lock"
# Minutes of speech for a preview, and for a voice that sounds like the person.
PREVIEW, VOICE = 5.0, 30.0
_MOST_PHRASES, _LONGEST_PHRASE = 1000, 300


@dataclass(frozen=True)
class Settings:
    """Everything that the studio keeps, except for the recordings."""

    phrases: tuple[str, ...] = ()
    """Names and sentences of the person's own, to be recorded."""
    kept_phrases: tuple[str, ...] = ()
    """Phrases kept on the page Speak, the latest first."""
    consent: dict[str, str] | None = None
    """The consent: speaker, agreed_by, purpose and date, as in `finetune.consent`; None without consent."""
    voice: str = ""
    """The name of the voice that is made or being made; empty before."""


@dataclass(frozen=True)
class RecordingStatus:
    """The status of the recordings."""

    minutes: float
    """Minutes of speech in the kept takes."""
    takes: int
    """The number of kept takes."""
    next_minutes: float | None
    """Minutes of speech at the next step; None after the last step."""
    makes: str
    """The voice that the recordings are enough for: "preview", "voice", or "" for none yet."""
    words: str
    """The status in words for a person."""


class Project:
    """A folder of the studio, created where it is missing.

    Raises PngnatError where the folder holds other files, or cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder = Path(folder)
        if folder.is_dir() and not (folder / SETTINGS).exists() and any(folder.iterdir()):
            raise PngnatError(f"{folder} holds other files; name a new folder, or one that the studio created")
        make_folder(folder)
        self.settings = _settings(folder / SETTINGS)
        self.takes = Takes(folder / RECORDINGS)
        self._save()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder within the block. Raises PngnatError where another studio has locked it."""
        try:
            with FileLock(self.folder / _LOCK, blocking=False):
                yield
        except Timeout as error:
            raise PngnatError(f"another studio uses {self.folder}: use that one, or end it first") from error

    @property
    def prompts(self) -> list[Prompt]:
        """Return the sentences to read: those of pngnat, the most useful first, and then the person's own."""
        own = [Prompt.of(phrase) for phrase in self.settings.phrases]
        return list({prompt.id: prompt for prompt in (*shipped_prompts(), *own)}.values())

    @property
    def status(self) -> RecordingStatus:
        """Return the status of the recordings."""
        minutes, takes = self.takes.minutes, len(self.takes.kept)
        for limit, makes, words in _STEPS:
            if minutes < limit:
                return RecordingStatus(minutes, takes, limit, makes, words)
        return RecordingStatus(minutes, takes, None, "voice", _DONE)

    def set_phrases(self, phrases: list[str]) -> None:
        """Set the person's own names and sentences. Raises PngnatError for too many or too long ones."""
        self._change(phrases=_phrases(phrases))

    def set_kept_phrases(self, phrases: list[str]) -> None:
        """Set the phrases kept on the page Speak. Raises PngnatError for too many or too long ones."""
        self._change(kept_phrases=_phrases(phrases))

    def agree(self, speaker: str, agreed_by: str, purpose: str, date: str) -> None:
        """Set the consent and the name of the voice. Raises PngnatError where an answer is missing."""
        answers = {"speaker": speaker, "agreed_by": agreed_by, "purpose": purpose, "date": date}
        answers = {name: " ".join(answer.split()) for name, answer in answers.items()}
        if not all(answers.values()):
            raise PngnatError("please answer every question: whose voice it is, who agrees, and what it is for")
        self._change(consent=answers, voice=voice_name(speaker))

    def withdraw(self) -> None:
        """Withdraw the consent; no voice is made after this."""
        self._change(consent=None)

    @property
    def voice_folder(self) -> Path | None:
        """Return the folder of the voice, or None where it has not been made yet."""
        folder = self.folder / VOICES / self.settings.voice
        return folder if self.settings.voice and (folder / "voice.json").is_file() else None

    def export(self, path: Path) -> None:
        """Write a zip file with everything of the person: recordings with their texts, phrases, and the voice."""
        with atomic_write(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            for file in self._own_files():
                archive.write(file, Path("my voice") / file.relative_to(self.folder))

    def delete(self) -> None:
        """Delete all files of the studio, and start with an empty folder."""
        for name in (RECORDINGS, WORK, VOICES):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / SETTINGS).unlink(missing_ok=True)
        left = [name for name in (RECORDINGS, WORK, VOICES) if (self.folder / name).exists()]
        self.settings, self.takes = Settings(), Takes(self.folder / RECORDINGS)
        self._save()
        if left:
            raise PngnatError(
                f"{self.folder / left[0]} could not be deleted; close other programs that use it, and try again"
            )

    def _own_files(self) -> Iterator[Path]:
        for name in (SETTINGS, RECORDINGS, VOICES):
            place = self.folder / name
            yield from [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())

    def _change(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)
        self._save()

    def _save(self) -> None:
        content = {
            "format": 1,
            "phrases": self.settings.phrases,
            "said": self.settings.kept_phrases,
            "consent": self.settings.consent,
            "voice": self.settings.voice,
        }
        write_text(self.folder / SETTINGS, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def voice_name(speaker: str) -> str:
    """Return the name of a person's voice, which is the name of its folder too."""
    return re.sub(r"[^\w-]+", "_", speaker.casefold()).strip("_-")[:60] or "my_voice"


_STEPS = (
    (1.0, "", "Every sentence counts. After five minutes of speech you can hear a first preview of your voice."),
    (PREVIEW, "", "A good beginning. After five minutes of speech you can hear a first preview of your voice."),
    (
        PREVIEW_MINUTES,
        "preview",
        "You can make a preview of your voice now. More recordings make it sound more like you.",
    ),
    (
        VOICE,
        "preview",
        "You can make a voice now. After thirty minutes of speech it is almost as good as it can be.",
    ),
)
_DONE = "You have recorded enough for your voice. Thank you for reading so much. You may add more, but you need not."


def _phrases(phrases: list[str]) -> tuple[str, ...]:
    kept = list(dict.fromkeys(" ".join(phrase.replace("|", " ").split()) for phrase in phrases))
    if len(kept) > _MOST_PHRASES or any(len(phrase) > _LONGEST_PHRASE for phrase in kept):
        raise PngnatError(f"the studio keeps at most {_MOST_PHRASES} phrases of at most {_LONGEST_PHRASE} letters")
    return tuple(phrase for phrase in kept if plain_text(phrase))


def _settings(path: Path) -> Settings:
    if not path.exists():
        return Settings()
    content = read_json(path)
    try:
        phrases, kept_phrases = (tuple(map(str, content.get(name, ()))) for name in ("phrases", "said"))
        consent = content.get("consent")
        voice = str(content.get("voice", ""))
        if voice and voice != voice_name(voice):
            raise ValueError(f"{voice!r} is not the name of a voice")
        if consent is not None:
            consent = {str(key): str(value) for key, value in consent.items()}
        return Settings(phrases, kept_phrases, consent, voice)
    except (AttributeError, TypeError, ValueError) as error:
        raise PngnatError(f"{path} is damaged ({error}); your recordings are in {path.parent / RECORDINGS}") from error
