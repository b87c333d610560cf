"""Recordings that somebody has already, with what is said in them: voicemail, a talk, an earlier attempt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pngnat.audio import wav
from pngnat.data.sound_files import SOUNDS
from pngnat.data.sources import read_folder
from pngnat.errors import PngnatError
from pngnat.studio.take_checks import TakeChecker
from pngnat.studio.takes import LONGEST, METADATA, Take, Takes

_LONGEST_NAME = 200


@dataclass(frozen=True)
class Brought:
    """What came of an import. takes: the new ones. left: what could not be used, each with the reason, for a person."""

    takes: tuple[Take, ...]
    left: tuple[str, ...]


def bring(folder: Path, takes: Takes, checker: TakeChecker) -> Brought:
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
    return Brought(tuple(added), tuple(left))


def _list_texts(folder: Path) -> None:
    """Write a metadata.csv of the texts that lie beside sound files. Raises PngnatError where there are none."""
    lines = [f"{path.stem}|{text}" for path in sorted(folder.glob("*.txt")) if (text := _text(path))]
    if not lines:
        raise PngnatError(
            "say what is said in the recordings: a metadata.csv with lines `file|words`, or a text file of the same name with each"
        )
    (folder / METADATA).write_text("\n".join(["id|text", *lines]) + "\n", encoding="utf-8")


def _text(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8", errors="replace").replace("|", " ").split())


def is_usable_name(name: str) -> bool:
    """Whether a file that a browser names so is a sound or a text that can lie in a folder under this name."""
    plain = name == METADATA or Path(name).suffix.lower() in (*SOUNDS, ".txt")
    return plain and not name.startswith(".") and not set(name) & set("/\\\0:") and len(name.encode()) <= _LONGEST_NAME
