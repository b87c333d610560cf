"""Where recordings come from: a list of sound files with their texts, before anything is read."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pngnat.data.corpus import SPLITS
from pngnat.errors import PngnatError

# Letters and digits, with apostrophes inside words.
_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
SOUNDS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".sph", ".aiff")


@dataclass(frozen=True)
class Source:
    """One recording to prepare.

    path: a sound file. text: what is said in it. split: "train", "valid", "test" or "" where the corpus has none.
    start, duration: the part of the file that is meant, in seconds; None means up to the end.
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
    """The recordings of a folder with `metadata.csv` and sound files anywhere in it (as a rule in `wavs/`).

    metadata.csv is `|`-separated with no header and no quoting: `id|text`, LJSpeech's `id|text|normalized text` (the last is
    taken), or `id|speaker|split|text`. An id is a file's name without its suffix. speaker: the name where the file gives none; the
    folder's name by default. Lines that cannot be used are returned as skipped. Raises PngnatError where there is no usable list.
    """
    folder = Path(folder)
    metadata = folder / "metadata.csv"
    if not metadata.is_file():
        raise PngnatError(f"{folder} has no metadata.csv; write one line `id|text` for each sound file")
    try:
        lines = metadata.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise PngnatError(f"{metadata} is not UTF-8 text ({error}); save it as UTF-8") from error
    files = _sound_files(folder)
    sources: list[Source] = []
    skipped: list[Skipped] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = _line(line, speaker or folder.resolve().name, files)
        if isinstance(found, str):
            skipped.append(Skipped(line.split("|")[0].strip() or f"line {number}", found))
        else:
            sources.append(found)
    return _without_doubles(sources, skipped)


def _line(line: str, speaker: str, files: dict[str, list[Path]]) -> Source | str:
    """The recording that a line describes, or what is wrong with the line."""
    fields = [field.strip() for field in line.split("|")]
    split = ""
    if len(fields) == 4:
        name, speaker, split, text = fields
    elif len(fields) in (2, 3):
        name, text = fields[0], fields[-1]
    else:
        return f"the line has {len(fields)} fields, not id|text, id|text|normalized text or id|speaker|split|text"
    if not name or not speaker:
        return "the line has no id" if not name else "the line has no speaker"
    if split and split not in SPLITS:
        return f"the split is '{split}', not one of {', '.join(SPLITS)}"
    if not text:
        return "there is no text"
    stem = Path(name).stem if Path(name).suffix.lower() in SOUNDS else Path(name).name
    paths = files.get(stem, [])
    # Corpora that number each speaker's files from 1 have a folder a speaker.
    paths = [path for path in paths if speaker in path.parts] or paths
    if not paths:
        return "there is no sound file of this name"
    if len(paths) > 1:
        return f"there are {len(paths)} sound files of this name: {', '.join(str(path) for path in paths[:3])}"
    return Source(safe_name(stem), paths[0], text, speaker, split)


def _sound_files(folder: Path) -> dict[str, list[Path]]:
    found = defaultdict(list)
    for parent, _, names in os.walk(folder):
        for name in names:
            if Path(name).suffix.lower() in SOUNDS:
                found[Path(name).stem].append(Path(parent) / name)
    return found


def _without_doubles(sources: Sequence[Source], skipped: Sequence[Skipped]) -> tuple[list[Source], list[Skipped]]:
    """Each id once: speakers that share ids get their name in front, lines that repeat one are skipped."""
    speakers = defaultdict(set)
    for source in sources:
        speakers[source.id].add(source.speaker)
    kept: dict[str, Source] = {}
    skipped = list(skipped)
    for source in sources:
        if len(speakers[source.id]) > 1:
            source = replace(source, id=safe_name(f"{source.speaker}_{source.id}"))
        if source.id in kept:
            skipped.append(Skipped(source.id, "the id occurs twice; the first line is used"))
        else:
            kept[source.id] = source
    return list(kept.values()), skipped


def safe_name(name: str) -> str:
    """A name that is safe as a file's name everywhere."""
    return re.sub(r"[^\w.\-]+", "_", name).strip(".") or "_"


def plain_text(text: str) -> str:
    """The words alone, in small letters: what two texts have in common that sound the same. "For." and "for" are one text."""
    return " ".join(_WORDS.findall(text.casefold().replace("\u2019", "'")))


def assign_splits(sources: Sequence[Source], share: float, least: int = 1) -> list[Source]:
    """Give a split to the recordings that have none: `share` of their texts to "valid", as many to "test", the rest to "train".

    Texts of the same words go to the same split, whoever speaks them and however they are written, and which ones depends on the words
    alone. At least `least` texts go to each, or a tenth of them where there are too few.
    """
    texts = {plain_text(source.text) for source in sources if not source.split}
    order = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())
    held = max(round(share * len(order)), min(least, len(order) // 10) if share > 0 else 0)
    split = {text: "test" if rank < held else "valid" if rank < 2 * held else "train" for rank, text in enumerate(order)}
    return [source if source.split else replace(source, split=split[plain_text(source.text)]) for source in sources]
