"""What a folder's content was made of, kept beside it, so that one result is never taken for another's.

A stamp is a JSON file of settings. What is too long to be kept, such as files, stands in it as a digest.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text

STAMP = "settings.json"
# Characters of a value that a message shows.
_LONGEST = 40


def digest(*parts: Any) -> str:
    """Sixteen digits that are others where a part is another, or their order.

    A Path stands for its file's content, bytes for themselves, all else for its JSON. Raises PngnatError for a file
    that cannot be read."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(_content(part)).digest())
    return whole.hexdigest()[:16]


def _content(part: Any) -> bytes:
    if isinstance(part, Path):
        try:
            return part.read_bytes()
        except OSError as error:
            raise PngnatError(f"{part}: cannot be read ({error.strerror})") from error
    return part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()


def stamp(folder: Path) -> dict[str, Any] | None:
    """What `folder` is made of, None where it is missing or empty.

    Raises PngnatError where it has files and no stamp, and ValueError where that is damaged.
    """
    # Looked at first: another process may be writing a stamp, and then what follows it.
    is_filled = folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir())
    try:
        kept = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if is_filled:
            raise PngnatError(
                f"{folder} holds files, but no {STAMP} that says what they were made of, as where another version of "
                "pngnat made them: "
                "name another folder, or remove this one"
            ) from None
        return None
    if not isinstance(kept, dict):
        raise ValueError("not a list of settings")
    return kept


def check_stamp(
    folder: Path, provenance: Mapping[str, Any], remedy: str = "name another folder, or remove this one"
) -> None:
    """Write into `folder` what it is made of.

    Raises PngnatError where it holds what was made of something else, with the remedy at its end, or of what nobody
    knows."""
    try:
        kept = stamp(folder)
    except ValueError as error:
        raise PngnatError(f"{folder / STAMP} is damaged ({error}): {remedy}") from error
    if kept is None:
        _write(folder, provenance)
    elif differences := changes(kept, provenance):
        raise PngnatError(f"{folder} was made with other settings ({'; '.join(differences)}): {remedy}")


def refresh_stamp(folder: Path, provenance: Mapping[str, Any], last: str) -> bool:
    """As `check_stamp`, for what can be made again: whether `folder` was made of this, up to the file `last`, which is
    written when all is done.

    Where it was made of something else, one line says what is another, and `last` is removed.
    """
    try:
        kept = stamp(folder)
        differences = changes(kept, provenance) if kept is not None else []
    except ValueError as error:
        kept, differences = {}, [f"{STAMP} is damaged ({error})"]
    if kept is None or differences:
        (folder / last).unlink(missing_ok=True)
        _write(folder, provenance)
    if differences:
        log_rebuild(folder, "; ".join(differences))
    return (folder / last).exists()


def log_rebuild(place: Path, why: str) -> None:
    """Say in one line that a file or folder is made again."""
    logging.getLogger(__name__).warning("%s is made again: %s", place, why)


def _write(folder: Path, provenance: Mapping[str, Any]) -> None:
    write_text(make_folder(folder) / STAMP, json.dumps(provenance, indent=1, ensure_ascii=False))


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs in nested settings, each named as on the command line, in words that a person can read."""
    before, now = _flat(old), _flat(json.loads(json.dumps(new)))
    return [
        _change(name, before.get(name), now.get(name))
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]


def _change(name: str, before: Any, now: Any) -> str:
    is_short = all(len(str(value)) <= _LONGEST and not isinstance(value, list) for value in (before, now))
    return f"{name}: {before}, now {now}" if is_short else f"{name} changed"


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat
