"""The takes of a person, kept on the disk: each one that was made, which of them count, and the list that `pngnat
create` reads."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.audio import wav
from pngnat.data.sound_files import SOUNDS
from pngnat.data.sources import plain_text, read_folder
from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text
from pngnat.studio.prompts import prompt_id
from pngnat.studio.take_checks import Heard, Note, TakeChecker

TAKES, METADATA, WAVS = "takes.json", "metadata.csv", "wavs"
# An hour of a sentence would be no sentence: what is longer is a mistake, or an attack on the disk.
LONGEST = 300.0
_LONGEST_TEXT, _LONGEST_FILE_NAME = 1000, 200


class UnknownTake(PngnatError):
    """There is no take of this id."""


@dataclass(frozen=True)
class Take:
    """One recording of one text.

    prompt: of the text, see `prompt_id`. kept: whether it counts: of each text at most one take does. made: when, ISO
    8601 in UTC.
    seconds, speech: of the take, and from its first sound to its last. notes: what was said about it. imported: whether
    it is an old one."""

    id: str
    prompt: str
    text: str
    made: str
    seconds: float
    speech: float
    level: float
    kept: bool = True
    imported: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def file(self) -> str:
        """The name of its sound file."""
        return f"{self.id}.wav"


class Takes:
    """The takes in a folder, which has the form that `pngnat create` reads: `wavs/` and a `metadata.csv` of those that
    count.

    All changes are on the disk before a method returns. Raises PngnatError where the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._takes: dict[str, Take] = {take.id: take for take in _read(folder / TAKES)}

    @property
    def all(self) -> list[Take]:
        """In the order in which they were made."""
        return list(self._takes.values())

    @property
    def kept(self) -> list[Take]:
        """Those that count."""
        return [take for take in self.all if take.kept]

    @property
    def minutes(self) -> float:
        """Of speech that counts."""
        return sum(take.speech for take in self.kept) / 60

    def of_text(self, text: str) -> Take | None:
        """The take that counts of these words, however they are written."""
        return self._by_prompt().get(prompt_id(text)) if plain_text(text) else None

    def get(self, id: str) -> Take:
        """The take of this id. Raises UnknownTake."""
        if id not in self._takes:
            raise UnknownTake("there is no such take; it may have been deleted")
        return self._takes[id]

    def path(self, id: str) -> Path:
        """Its sound file. Raises UnknownTake."""
        return self.folder / WAVS / self.get(id).file

    def add(self, text: str, samples: np.ndarray, sample_rate: int, heard: Heard, imported: bool = False) -> Take:
        """Keep a new take, in the place of an earlier one of the same text, which stays on the disk.

        samples: (S, channels) in [-1, 1]. Raises PngnatError for a text that is empty or too long.
        """
        text = " ".join(text.replace("|", " ").split())
        if not plain_text(text) or len(text) > _LONGEST_TEXT:
            raise PngnatError(f"a recording needs the words that are said in it, {_LONGEST_TEXT} letters at most")
        made = datetime.now(timezone.utc)
        take = Take(
            # In the order of time for whoever looks into the folder, and never a name that is there.
            id=f"{made:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            prompt=prompt_id(text),
            text=text,
            made=made.isoformat(timespec="seconds"),
            seconds=round(heard.seconds, 3),
            speech=round(heard.speech, 3),
            level=heard.level,
            imported=imported,
            notes=heard.notes,
        )
        wav.write(make_folder(self.folder / WAVS) / take.file, samples.mean(axis=1), sample_rate)
        with self._lock:
            self._write({**self._without(take.prompt), take.id: take})
        return take

    def keep(self, id: str) -> Take:
        """Have this take count, in the place of others of the same text."""
        take = replace(self.get(id), kept=True)
        with self._lock:
            self._write({**self._without(take.prompt), id: take})
        return take

    def leave_out(self, id: str) -> Take:
        """Have it not count; it stays on the disk."""
        take = replace(self.get(id), kept=False)
        with self._lock:
            self._write({**self._takes, id: take})
        return take

    def delete(self, id: str) -> None:
        """Take it off the disk."""
        path = self.path(id)
        with self._lock:
            self._write({other: take for other, take in self._takes.items() if other != id})
        path.unlink(missing_ok=True)

    def _without(self, prompt: str) -> dict[str, Take]:
        """All takes, those of a prompt no longer counting."""
        return {id: replace(take, kept=False) if take.prompt == prompt else take for id, take in self._takes.items()}

    def _by_prompt(self) -> dict[str, Take]:
        return {take.prompt: take for take in self.kept}

    def _write(self, takes: Mapping[str, Take]) -> None:
        """The journal first: metadata.csv follows from it, and is written again with every change."""
        content = {"format": 1, "takes": [asdict(take) for take in takes.values()]}
        write_text(make_folder(self.folder) / TAKES, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        lines = [f"{take.id}|{take.text}" for take in takes.values() if take.kept]
        write_text(self.folder / METADATA, "\n".join(["id|text", *lines]) + "\n")
        self._takes = dict(takes)


@dataclass(frozen=True)
class ImportResult:
    """What came of an import. takes: the new ones. left: what could not be used, each with the reason, for a person."""

    takes: tuple[Take, ...]
    left: tuple[str, ...]


def import_folder(folder: Path, takes: Takes, checker: TakeChecker) -> ImportResult:
    """Add the recordings of a folder: sound files, and what is said in them, in a `metadata.csv` or in a NAME.txt
    beside each.

    What could not be used is said, and the rest is taken. Raises PngnatError for a metadata.csv that cannot be read for
    sure."""
    if not (folder / METADATA).exists():
        _list_texts(folder)
    sources, skipped = read_folder(folder, "you")
    left = [f"{one.id}: {one.reason}" for one in skipped]
    added = []
    for source in sources:
        try:
            if wav.duration(source.path) > LONGEST:
                raise PngnatError(f"it is longer than {LONGEST / 60:g} minutes; cut it into sentences")
            samples, rate = wav.read_as_is(source.path)
            added.append(takes.add(source.text, samples, rate, checker.hear(samples, rate, source.text), imported=True))
        except PngnatError as error:
            left.append(f"{source.path.name}: {error}")
    return ImportResult(tuple(added), tuple(left))


def _list_texts(folder: Path) -> None:
    """Write a metadata.csv of the texts that lie beside sound files. Raises PngnatError where there are none."""
    lines = [f"{path.stem}|{text}" for path in sorted(folder.glob("*.txt")) if (text := _read_text(path))]
    if not lines:
        raise PngnatError(
            "say what is said in the recordings: a metadata.csv with lines `file|words`, or a text file of the same name with each"
        )
    (folder / METADATA).write_text("\n".join(["id|text", *lines]) + "\n", encoding="utf-8")


def _read_text(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8", errors="replace").replace("|", " ").split())


def is_usable_name(name: str) -> bool:
    """Whether a file that a browser names so is a sound or a text that can lie in a folder under this name."""
    plain = name == METADATA or Path(name).suffix.lower() in (*SOUNDS, ".txt")
    return (
        plain
        and not name.startswith(".")
        and not set(name) & set("/\\\0:")
        and len(name.encode()) <= _LONGEST_FILE_NAME
    )


def _read(path: Path) -> list[Take]:
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [_take(row) for row in content["takes"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PngnatError(
            f"{path} is damaged ({error}); the recordings themselves are in {path.parent / WAVS}"
        ) from error


def _take(row: Mapping[str, Any]) -> Take:
    # A name that leads out of the folder is no name of a take.
    if not str(row["id"]).replace("-", "").isalnum():
        raise ValueError(f"{row['id']!r} is no take")
    return Take(**{**row, "notes": tuple(Note(**note) for note in row["notes"])})
