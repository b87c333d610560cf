"""The takes of a person on the disk: all takes, the ones that are kept, and the list that `pngnat create` reads."""

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
from pngnat.studio.take_checks import Note, TakeAnalysis, TakeChecker

TAKES, METADATA, WAVS = "takes.json", "metadata.csv", "wavs"
# Seconds of a take. A longer one is a mistake, or an attack on the disk.
LONGEST = 300.0
_LONGEST_TEXT, _LONGEST_FILE_NAME = 1000, 200


class UnknownTake(PngnatError):
    """The error of an id that no take has."""


@dataclass(frozen=True)
class Take:
    """A recording of a text."""

    id: str
    """The name of the take and of its sound file."""
    prompt: str
    """The id of the text, see `prompt_id`."""
    text: str
    """The text that is read."""
    made: str
    """The time of the recording, ISO 8601 in UTC."""
    seconds: float
    """The length in seconds."""
    speech: float
    """Seconds from the first phoneme to the last."""
    level: float
    """The level in dB of full scale."""
    kept: bool = True
    """Whether the take is used for the voice; of each text, at most one take is."""
    imported: bool = False
    """Whether the take was imported."""
    notes: tuple[Note, ...] = ()
    """The notes of the studio about the take."""

    @property
    def file(self) -> str:
        """Return the name of the sound file."""
        return f"{self.id}.wav"


class Takes:
    """The takes in a folder that `pngnat create` can read: `wavs/` and a `metadata.csv` of the kept takes.

    All changes are on the disk before a method returns. Raises PngnatError where the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._takes: dict[str, Take] = {take.id: take for take in _read(folder / TAKES)}

    @property
    def all(self) -> list[Take]:
        """Return all takes in the order of recording."""
        return list(self._takes.values())

    @property
    def kept(self) -> list[Take]:
        """Return the kept takes."""
        return [take for take in self.all if take.kept]

    @property
    def minutes(self) -> float:
        """Return the minutes of speech in the kept takes."""
        return sum(take.speech for take in self.kept) / 60

    def of_text(self, text: str) -> Take | None:
        """Return the kept take of these words, in any spelling, or None."""
        return {take.prompt: take for take in self.kept}.get(prompt_id(text)) if plain_text(text) else None

    def get(self, id: str) -> Take:
        """Return the take of an id. Raises UnknownTake."""
        if id not in self._takes:
            raise UnknownTake("there is no such take; it may have been deleted")
        return self._takes[id]

    def path(self, id: str) -> Path:
        """Return the path of a take's sound file. Raises UnknownTake."""
        return self.folder / WAVS / self.get(id).file

    def add(
        self, text: str, samples: np.ndarray, sample_rate: int, analysis: TakeAnalysis, imported: bool = False
    ) -> Take:
        """Add a new take and keep it, in place of an earlier one of the same text, which stays on the disk.

        samples: (S, channels) in [-1, 1]. Raises PngnatError for a text that is empty or too long.
        """
        text = " ".join(text.replace("|", " ").split())
        if not plain_text(text) or len(text) > _LONGEST_TEXT:
            raise PngnatError(f"a recording needs its words as a text of at most {_LONGEST_TEXT} letters")
        made = datetime.now(timezone.utc)
        take = Take(
            # Sorted by time in a list of files, and never the name of another take.
            id=f"{made:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            prompt=prompt_id(text),
            text=text,
            made=made.isoformat(timespec="seconds"),
            seconds=round(analysis.seconds, 3),
            speech=round(analysis.speech, 3),
            level=analysis.level,
            imported=imported,
            notes=analysis.notes,
        )
        wav.write(make_folder(self.folder / WAVS) / take.file, samples.mean(axis=1), sample_rate)
        with self._lock:
            self._write({**self._without(take.prompt), take.id: take})
        return take

    def keep(self, id: str) -> Take:
        """Keep a take, in place of another one of the same text."""
        take = replace(self.get(id), kept=True)
        with self._lock:
            self._write({**self._without(take.prompt), id: take})
        return take

    def leave_out(self, id: str) -> Take:
        """Leave a take out; it stays on the disk."""
        take = replace(self.get(id), kept=False)
        with self._lock:
            self._write({**self._takes, id: take})
        return take

    def delete(self, id: str) -> None:
        """Delete a take from the disk."""
        path = self.path(id)
        with self._lock:
            self._write({other: take for other, take in self._takes.items() if other != id})
        path.unlink(missing_ok=True)

    def _without(self, prompt: str) -> dict[str, Take]:
        """Return all takes, without the mark kept on the takes of a prompt."""
        return {id: replace(take, kept=False) if take.prompt == prompt else take for id, take in self._takes.items()}

    def _write(self, takes: Mapping[str, Take]) -> None:
        """Write the journal, and then metadata.csv, which follows from it."""
        content = {"format": 1, "takes": [asdict(take) for take in takes.values()]}
        write_text(make_folder(self.folder) / TAKES, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        lines = [f"{take.id}|{take.text}" for take in takes.values() if take.kept]
        write_text(self.folder / METADATA, "\n".join(["id|text", *lines]) + "\n")
        self._takes = dict(takes)


@dataclass(frozen=True)
class ImportResult:
    """The result of an import. takes: the new takes. refused: names of files, each with the reason for a person."""

    takes: tuple[Take, ...]
    refused: tuple[str, ...]


def import_folder(folder: Path, takes: Takes, checker: TakeChecker) -> ImportResult:
    """Add the recordings of a folder: sound files with their texts, in a `metadata.csv` or in a NAME.txt for each.

    Files that cannot be used are in the result. Raises PngnatError for a metadata.csv that cannot be read reliably.
    """
    if not (folder / METADATA).exists():
        _list_texts(folder)
    sources, skipped = read_folder(folder, "you")
    refused = [f"{one.id}: {one.reason}" for one in skipped]
    added = []
    for source in sources:
        try:
            if wav.duration(source.path) > LONGEST:
                raise PngnatError(f"this is longer than {LONGEST / 60:g} minutes; cut it into sentences")
            samples, rate = wav.read_as_is(source.path)
            analysis = checker.analyze(samples, rate, source.text)
            added.append(takes.add(source.text, samples, rate, analysis, imported=True))
        except PngnatError as error:
            refused.append(f"{source.path.name}: {error}")
    return ImportResult(tuple(added), tuple(refused))


def _list_texts(folder: Path) -> None:
    """Write a metadata.csv of the texts in NAME.txt files. Raises PngnatError where there are none."""
    lines = [f"{path.stem}|{text}" for path in sorted(folder.glob("*.txt")) if (text := _read_text(path))]
    if not lines:
        raise PngnatError(
            "the words of the recordings are missing: add a metadata.csv with lines `file|words`, or a text file of "
            "the same name for each"
        )
    (folder / METADATA).write_text("\n".join(["id|text", *lines]) + "\n", encoding="utf-8")


def _read_text(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8", errors="replace").replace("|", " ").split())


def is_usable_name(name: str) -> bool:
    """Return whether the name of an uploaded file is safe in a folder, and the name of a sound or a text."""
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
    # Refuse a name that leads out of the folder.
    if not str(row["id"]).replace("-", "").isalnum():
        raise ValueError(f"{row['id']!r} is not the name of a take")
    return Take(**{**row, "notes": tuple(Note(**note) for note in row["notes"])})
