"""The sound files of a folder, found by the names in lists of recordings."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

SOUNDS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".sph", ".aiff")
# Sound files that libsndfile cannot decode.
UNREADABLE = (".m4a", ".aac", ".wma", ".mp4", ".m4b", ".webm", ".amr", ".3gp", ".ape")


class SoundFiles:
    """All sound files in a folder and its subfolders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._of_stem: dict[str, list[Path]] = defaultdict(list)
        for parent, _, names in os.walk(folder):
            for name in sorted(names):
                if Path(name).suffix.lower() in (*SOUNDS, *UNREADABLE):
                    self._of_stem[_composed(Path(name).stem)].append(Path(parent) / name)

    def of(self, name: str) -> list[Path]:
        """Return the files with a name: `1`, `1.flac`, `ann/1`, `wavs\\1.wav`, in any Unicode form, or a path of
        another machine.

        All folders of the name must match, and its suffix if it has one. Of files that differ in the suffix alone, only
        the readable ones are returned.
        """
        *folders, last = _parts(name)
        while True:
            found = [path for path in self.like(name) if self._is(path, folders, last)]
            if found or not _is_absolute(name) or len(folders) < 2:
                break
            folders = folders[1:]
        return [path for path in found if path.suffix.lower() in SOUNDS] or found

    def like(self, name: str) -> list[Path]:
        """Return the files of a name in any folder, with any suffix."""
        return self._of_stem.get(_stem(_parts(name)[-1]), [])

    def relative(self, path: Path) -> str:
        """Return the name of a file as a list would give it."""
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
