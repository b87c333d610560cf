"""The sound files of a folder, found by the names that lists of recordings give them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

SOUNDS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".sph", ".aiff")
# Sound too, but libsndfile has no decoder for it.
UNREADABLE = (".m4a", ".aac", ".wma", ".mp4", ".m4b", ".webm", ".amr", ".3gp", ".ape")


class SoundFiles:
    """Every sound file in a folder and the folders inside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._of_stem: dict[str, list[Path]] = defaultdict(list)
        for parent, _, names in os.walk(folder):
            for name in sorted(names):
                if Path(name).suffix.lower() in (*SOUNDS, *UNREADABLE):
                    self._of_stem[_composed(Path(name).stem)].append(Path(parent) / name)

    def of(self, name: str) -> list[Path]:
        """The files that go by a name: `1`, `1.flac`, `ann/1`, `wavs\\1.wav`, in any Unicode form, or a path from
        another machine.

        All folders of the name must be there, and so must its ending. Of the files that only differ in that, those that
        can be read."""
        *folders, last = _parts(name)
        while True:
            found = [path for path in self.like(name) if self._is(path, folders, last)]
            if found or not _is_absolute(name) or len(folders) < 2:
                break
            folders = folders[1:]
        return [path for path in found if path.suffix.lower() in SOUNDS] or found

    def like(self, name: str) -> list[Path]:
        """The files of that name in any folder, with any ending."""
        return self._of_stem.get(_stem(_parts(name)[-1]), [])

    def relative(self, path: Path) -> str:
        """How a list would name the file."""
        return path.relative_to(self.folder).as_posix()

    def _is(self, path: Path, folders: list[str], last: str) -> bool:
        parents = [
            _composed(part) for part in (self.folder.resolve().name, *path.relative_to(self.folder).parent.parts)
        ]
        right_ending = _stem(last) == last or path.suffix.lower() == Path(last).suffix.lower()
        return right_ending and parents[len(parents) - len(folders) :] == folders


def _parts(name: str) -> list[str]:
    parts = [part for part in _composed(name).replace("\\", "/").split("/") if part not in ("", ".")]
    return parts or [""]


def _stem(last: str) -> str:
    return Path(last).stem if Path(last).suffix.lower() in (*SOUNDS, *UNREADABLE) else last


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _is_absolute(name: str) -> bool:
    return bool(re.match(r"[/\\]|[A-Za-z]:[/\\]", name))
