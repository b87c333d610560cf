"""What a training is made of, kept beside what it made, so that one result is never taken for another's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text

_FILE = "settings.json"


def keep_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings into `folder`, as JSON. Raises PngnatError where what is there was made with others, or with unknown ones."""
    path = folder / _FILE
    wanted = json.loads(json.dumps(settings))
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    if kept == wanted:
        return
    remedy = "name another run_dir, or remove this folder to train it again"
    if kept is not None:
        changed = sorted(name for name in {*wanted, *kept} if wanted.get(name) != kept.get(name))
        raise PngnatError(f"{folder} was trained with other settings ({', '.join(changed)}): {remedy}")
    if folder.exists() and any(folder.iterdir()):
        raise PngnatError(f"{folder} holds a training, but no {_FILE} that says what it was made with: {remedy}")
    make_folder(folder)
    write_text(path, json.dumps(wanted, indent=1))


def file_digest(path: Path) -> str:
    """Other digits where the file's content is another. Raises PngnatError where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise PngnatError(f"{path}: cannot be read ({error.strerror})") from error


def recordings_digest(recordings: Iterable[Recording]) -> str:
    """Other digits where one of the recordings, its words or its times is another, or their order."""
    digest = hashlib.sha256()
    for recording in recordings:
        spoken = [recording.id, recording.speaker, [[word.text, word.phonemes] for word in recording.utterance.words]]
        digest.update(json.dumps([spoken, [boundary.marks for boundary in recording.utterance.boundaries]]).encode())
        digest.update(recording.durations.tobytes())
    return digest.hexdigest()[:16]
