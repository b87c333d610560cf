"""Sources of recordings: sound files with their texts, before anything is read."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pngnat.data.metadata import Row, read_metadata
from pngnat.data.sound_files import UNREADABLE, SoundFiles
from pngnat.errors import PngnatError

# Letters and digits, with apostrophes inside words.
_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class Source:
    """A recording to prepare.

    path: a sound file. text: its transcript. split: "train", "valid", "test", or "" for a corpus without splits. start,
    duration: the part of the file in seconds; None is up to the end.
    """

    id: str
    path: Path
    text: str
    speaker: str
    split: str = ""
    start: float = 0.0
    duration: float | None = None


@dataclass(frozen=True)
class Skipped:
    """A recording that is left out, by name, with the reason."""

    id: str
    reason: str


def read_folder(folder: str | Path, speaker: str | None = None) -> tuple[list[Source], list[Skipped]]:
    """Return the recordings of a folder with `metadata.csv` and sound files anywhere in it (usually in `wavs/`).

    `read_metadata` reads metadata.csv. An id is a file's name, with or without suffix and folders, as far as they are
    needed to find it; accents match in any Unicode form. speaker: used if the file gives none; by default the folder's
    name. Lines that cannot be used are returned as skipped. Raises PngnatError if no unambiguous list can be read.
    """
    folder = Path(folder)
    metadata = folder / "metadata.csv"
    if not metadata.is_file():
        raise PngnatError(f"{folder} has no metadata.csv; write one line `id|text` for each sound file")
    files, default = SoundFiles(folder), speaker or folder.resolve().name
    rows, bad = read_metadata(metadata, lambda name: bool(files.of(name)))
    skipped = [
        (line.line, Skipped(line.name or f"line {line.line}", f"line {line.line}: {line.reason}")) for line in bad
    ]
    found = []
    for row in rows:
        path = _one_file(row, files, row.speaker or default)
        if isinstance(path, str):
            skipped.append((row.line, Skipped(row.name, f"line {row.line}: {path}")))
        else:
            found.append((row.line, Source(safe_name(path.stem), path, row.text, row.speaker or default, row.split)))
    kept, doubles = _without_doubles(found)
    return _with_own_names(folder, kept), [item for _, item in sorted(skipped, key=lambda pair: pair[0])] + doubles


def _one_file(row: Row, files: SoundFiles, speaker: str) -> Path | str:
    """Return the file of a row, or the reason why there is none."""
    paths = files.of(row.name)
    # Corpora that number each speaker's files from 1 have a folder for each speaker.
    paths = [path for path in paths if speaker in path.parts] or paths
    if not paths:
        others = [files.relative(path) for path in files.like(row.name)[:3]]
        return "there is no sound file of this name" + (f" (there is {', '.join(others)})" if others else "")
    if len(paths) > 1:
        return f"there are {len(paths)} sound files of this name: {', '.join(map(files.relative, paths[:3]))}"
    if paths[0].suffix.lower() in UNREADABLE:
        return f"{paths[0].suffix.lower()} cannot be read; convert {files.relative(paths[0])} to WAV or FLAC"
    return paths[0]


def _without_doubles(found: Sequence[tuple[int, Source]]) -> tuple[list[Source], list[Skipped]]:
    """Keep each file once; lines that name it again are skipped."""
    kept: dict[Path, Source] = {}
    skipped = []
    for line, source in found:
        if source.path in kept:
            skipped.append(Skipped(source.id, f"line {line}: the file occurs twice; the first line is used"))
        else:
            kept[source.path] = source
    return list(kept.values()), skipped


def _with_own_names(folder: Path, sources: Sequence[Source]) -> list[Source]:
    """Make ids unique: of files with one name, the speaker or else the folders come first, and finally a number is
    added."""
    sharing = defaultdict(list)
    for source in sources:
        sharing[source.id].append(source.speaker)
    taken: set[str] = set()
    named = []
    for source in sources:
        speakers, name = sharing[source.id], source.id
        if len(speakers) > 1 and len(set(speakers)) == len(speakers):
            name = safe_name(f"{source.speaker}_{source.id}")
        elif len(speakers) > 1:
            name = safe_name("_".join((*source.path.relative_to(folder).parent.parts, source.id)))
        name = next(
            one for one in (name, *(f"{name}_{number}" for number in range(2, len(sources) + 2))) if one not in taken
        )
        taken.add(name)
        named.append(replace(source, id=name))
    return named


def safe_name(name: str) -> str:
    """Return a name that is safe as a file's name on all systems."""
    return re.sub(r"[^\w.\-]+", "_", unicodedata.normalize("NFC", name)).strip(".") or "_"


def plain_text(text: str) -> str:
    """Return the words alone, in lower case: texts that sound the same. "For." and "for" are one text."""
    return " ".join(_WORDS.findall(text.casefold().replace("\u2019", "'")))


def assign_splits(sources: Sequence[Source], share: float, least: int = 1) -> list[Source]:
    """Assign splits to recordings without one: `share` of their texts to "valid", as many to "test", the rest to
    "train".

    Texts with the same words get the same split, for any speaker and spelling; the choice depends on the words alone.
    Each split gets at least `least` texts, or a tenth of them if there are too few.
    """
    texts = {plain_text(source.text) for source in sources if not source.split}
    order = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())
    held = max(round(share * len(order)), min(least, len(order) // 10) if share > 0 else 0)
    split = {
        text: "test" if rank < held else "valid" if rank < 2 * held else "train" for rank, text in enumerate(order)
    }
    return [source if source.split else replace(source, split=split[plain_text(source.text)]) for source in sources]
