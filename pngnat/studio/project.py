"""One person's folder: their recordings, their phrases, what they agreed to, and the voice that is made of it all."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
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

# All that a folder of the studio holds; what else lies in it is not the studio's, and is never touched.
SETTINGS, RECORDINGS, WORK, VOICES = "studio.json", "recordings", "work", "voices"
_LOCK = ".lock"
# Minutes of speech: what can be heard of it at all, and what sounds like the person.
PREVIEW, VOICE = 5.0, 30.0
_MOST_PHRASES, _LONGEST_PHRASE = 1000, 300


@dataclass(frozen=True)
class Settings:
    """What the studio remembers besides recordings.

    phrases: names and sentences of one's own to record. said: kept phrases of the page to speak with, the latest first.
    consent: speaker, agreed_by, purpose and date, as `finetune.consent` has them, None where nothing was agreed to.
    voice: the name of the voice that was made or is being made, "" where there is none."""

    phrases: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    consent: dict[str, str] | None = None
    voice: str = ""


@dataclass(frozen=True)
class Standing:
    """How far somebody is. minutes: of speech that counts. takes: that count. next_minutes: where the next step is,
    None after the last.

    makes: what a voice of it would be: "" for none yet, "preview" or "voice".
    """

    minutes: float
    takes: int
    next_minutes: float | None
    makes: str
    words: str


class Project:
    """A folder of the studio's, made where it is missing.

    Raises PngnatError where the folder holds other files, or cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder = Path(folder)
        if folder.is_dir() and not (folder / SETTINGS).exists() and any(folder.iterdir()):
            raise PngnatError(f"{folder} holds other files; name a new folder, or one that the studio made")
        make_folder(folder)
        self.settings = _settings(folder / SETTINGS)
        self.takes = Takes(folder / RECORDINGS)
        self._save()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other studios out of the folder, as long as this process lives. Raises PngnatError where one is in
        it."""
        try:
            with FileLock(self.folder / _LOCK, blocking=False):
                yield
        except Timeout as error:
            raise PngnatError(f"another studio is at work in {self.folder}: use that one, or end it first") from error

    @property
    def prompts(self) -> list[Prompt]:
        """What to read: the sentences that come with pngnat, the most useful first, and behind them the person's
        own."""
        own = [Prompt.of(phrase) for phrase in self.settings.phrases]
        return list({prompt.id: prompt for prompt in (*shipped_prompts(), *own)}.values())

    @property
    def standing(self) -> Standing:
        """What is recorded so far, and what a voice of it would be."""
        minutes, takes = self.takes.minutes, len(self.takes.kept)
        for limit, makes, words in _STEPS:
            if minutes < limit:
                return Standing(minutes, takes, limit, makes, words)
        return Standing(minutes, takes, None, "voice", _DONE)

    def set_phrases(self, phrases: list[str]) -> None:
        """The names and sentences of one's own. Raises PngnatError for too many, or too long ones."""
        self._change(phrases=_phrases(phrases))

    def set_said(self, phrases: list[str]) -> None:
        """The phrases that the page to speak with keeps. Raises as `set_phrases`."""
        self._change(said=_phrases(phrases))

    def agree(self, speaker: str, agreed_by: str, purpose: str, date: str) -> None:
        """Note who agreed to a voice. Raises PngnatError where an answer is missing."""
        answers = {"speaker": speaker, "agreed_by": agreed_by, "purpose": purpose, "date": date}
        answers = {name: " ".join(answer.split()) for name, answer in answers.items()}
        if not all(answers.values()):
            raise PngnatError("please answer every question: whose voice it is, who agrees, and what it is for")
        self._change(consent=answers, voice=voice_name(speaker))

    def withdraw(self) -> None:
        """Take the agreement back; no voice is made from then on."""
        self._change(consent=None)

    @property
    def voice_folder(self) -> Path | None:
        """Of the voice that was made, None where there is none yet."""
        folder = self.folder / VOICES / self.settings.voice
        return folder if self.settings.voice and (folder / "voice.json").is_file() else None

    def export(self, path: Path) -> None:
        """Write all that is the person's into a zip file: recordings with their texts, phrases, and the voice."""
        with atomic_write(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            for file in self._own_files():
                archive.write(file, Path("my voice") / file.relative_to(self.folder))

    def delete(self) -> None:
        """Take everything that the studio made off the disk, and begin anew."""
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
        self.settings = Settings(**{**asdict(self.settings), **changes})
        self._save()

    def _save(self) -> None:
        content = {"format": 1, **asdict(self.settings)}
        write_text(self.folder / SETTINGS, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def voice_name(speaker: str) -> str:
    """A voice's name, which is a folder's too, from a person's."""
    return re.sub(r"[^\w-]+", "_", speaker.casefold()).strip("_-")[:60] or "my_voice"


_STEPS = (
    (1.0, "", "Every sentence counts. After five minutes of speech you can hear a first preview of your voice."),
    (PREVIEW, "", "A good beginning. At five minutes of speech you can hear a first preview of your voice."),
    (
        PREVIEW_MINUTES,
        "preview",
        "You can make a preview now, and hear where this goes. More recordings make it sound more like you.",
    ),
    (
        VOICE,
        "preview",
        "You can make a voice now. At thirty minutes of speech it will be as good as it gets, or nearly.",
    ),
)
_DONE = "You have recorded enough for your voice. Thank you for reading all this. More is welcome, and not needed."


def _phrases(phrases: list[str]) -> tuple[str, ...]:
    kept = list(dict.fromkeys(" ".join(phrase.replace("|", " ").split()) for phrase in phrases))
    if len(kept) > _MOST_PHRASES or any(len(phrase) > _LONGEST_PHRASE for phrase in kept):
        raise PngnatError(f"the studio keeps {_MOST_PHRASES} phrases of {_LONGEST_PHRASE} letters")
    return tuple(phrase for phrase in kept if plain_text(phrase))


def _settings(path: Path) -> Settings:
    if not path.exists():
        return Settings()
    content = read_json(path)
    try:
        phrases, said = (tuple(map(str, content.get(name, ()))) for name in ("phrases", "said"))
        consent = content.get("consent")
        voice = str(content.get("voice", ""))
        if voice and voice != voice_name(voice):
            raise ValueError(f"{voice!r} is no name of a voice")
        return Settings(
            phrases, said, None if consent is None else {str(key): str(value) for key, value in consent.items()}, voice
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise PngnatError(f"{path} is damaged ({error}); your recordings are in {path.parent / RECORDINGS}") from error
