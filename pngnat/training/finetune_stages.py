"""Work in stages that can be stopped anywhere, are skipped when done, and are done again when what they depend on changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError
from pngnat.files import write_text

STATE = "state.json"


@dataclass(frozen=True)
class Stage:
    """One piece of work. It also depends on every stage before it.

    name: also its folder's. inputs: what it depends on besides, as JSON holds it. minutes: how long it will take, about.
    run: does it in its folder, which holds what an earlier attempt with the same inputs left there, and returns results as JSON holds
    them. makes: files elsewhere, without which it is not done.
    """

    name: str
    title: str
    inputs: Mapping[str, Any]
    minutes: float
    run: Callable[[Path], Mapping[str, Any]]
    makes: tuple[Path, ...] = ()


@dataclass
class _Entry:
    """What the state file says of a stage. seconds: spent on it, over all attempts."""

    key: str
    inputs: Mapping[str, Any]
    done: bool = False
    seconds: float = 0.0
    result: Mapping[str, Any] | None = None


class Journal:
    """What was done in a folder, kept in its `state.json`. Raises PngnatError where that cannot be read."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._entries: dict[str, _Entry] = {}
        self._key = ""
        path = self.folder / STATE
        if path.exists():
            try:
                self._entries = {name: _Entry(**entry) for name, entry in json.loads(path.read_text(encoding="utf-8")).items()}
            except (OSError, ValueError, TypeError, AttributeError) as error:
                raise PngnatError(f"{path} is damaged ({error}); delete {self.folder} and start again") from error

    def pending(self, stages: Sequence[Stage]) -> list[Stage]:
        """Those that will be run: from the first one that is not done, or was done with other inputs."""
        key = ""
        for index, stage in enumerate(stages):
            key = _key(key, stage)
            if not self._is_done(stage, key):
                return list(stages[index:])
        return []

    def perform(self, stage: Stage) -> Mapping[str, Any]:
        """The stage's results: those of an earlier run where nothing changed since, else of the run now. Call in the stages' order."""
        self._key = _key(self._key, stage)
        if self._is_done(stage, self._key):
            return self._entries[stage.name].result or {}
        entry = self._entries.get(stage.name)
        if entry is None or entry.key != self._key:
            shutil.rmtree(self.folder / stage.name, ignore_errors=True)
            entry = _Entry(self._key, stage.inputs)
        entry.done, self._entries[stage.name] = False, entry
        self._forget_after(stage.name)
        self._save()
        (self.folder / stage.name).mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        try:
            entry.result = stage.run(self.folder / stage.name)
            entry.done = True
        finally:
            entry.seconds = round(entry.seconds + time.monotonic() - started, 1)
            self._save()
        return entry.result

    def seconds(self, name: str) -> float:
        """Spent on a stage, over all attempts; 0 where it was never begun."""
        return self._entries[name].seconds if name in self._entries else 0.0

    def _is_done(self, stage: Stage, key: str) -> bool:
        entry = self._entries.get(stage.name)
        made = (self.folder / stage.name).is_dir() and all(path.exists() for path in stage.makes)
        return bool(entry and entry.done and entry.key == key and made)

    def _forget_after(self, name: str) -> None:
        """What later stages made of an earlier attempt's results is worth nothing."""
        names = list(self._entries)
        for later in names[names.index(name) + 1 :]:
            del self._entries[later]

    def _save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {name: asdict(entry) for name, entry in self._entries.items()}
        write_text(self.folder / STATE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _key(before: str, stage: Stage) -> str:
    inputs = json.dumps([before, stage.name, stage.inputs], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]


def fingerprint(files: Iterable[Path]) -> str:
    """Sixteen digits that are others where a file's name or content is another; the folder that they lie in does not matter."""
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        digest.update(path.name.encode() + b"\0")
        try:
            with open(path, "rb") as file:
                while block := file.read(2**20):
                    digest.update(block)
        except OSError as error:
            raise PngnatError(f"{path}: cannot be read ({error.strerror})") from error
        digest.update(b"\0")
    return digest.hexdigest()[:16]
