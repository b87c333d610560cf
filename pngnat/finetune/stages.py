"""Work in stages that can be stopped at any time, are skipped when they are complete, and run again when their inputs
change."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.stamps import changes, digest

STATE = "state.json"
# Suffix of a stage's earlier folder, until the stage is complete with its new inputs.
OLD = ".old"


@dataclass(frozen=True)
class Stage:
    """A stage. It also depends on every earlier stage.

    name: also of its folder. inputs: JSON values that it depends on. minutes: planned duration. run: does the work in
    its folder, which holds the files of an earlier attempt with the same inputs, and returns JSON values. makes: files
    elsewhere, without which it is not complete.
    """

    name: str
    title: str
    inputs: Mapping[str, Any]
    minutes: float
    run: Callable[[Path], Mapping[str, Any]]
    makes: tuple[Path, ...] = ()


@dataclass
class _Entry:
    """An entry of the state file. key: of the inputs and the earlier stages. made: a unique name of the result, empty
    until the stage is complete. seconds: duration over all attempts."""

    key: str
    inputs: Mapping[str, Any]
    made: str = ""
    seconds: float = 0.0
    result: Mapping[str, Any] | None = None


class Journal:
    """The state of all stages in a folder, in its `state.json`. say: receives the reason when a stage runs again.

    A stage with new inputs removes nothing: until it is complete, the earlier folder stays as NAME.old, and comes back
    if its inputs do. Raises PngnatError if `state.json` cannot be read.
    """

    def __init__(self, folder: Path, say: Callable[[str], None] = print):
        self.folder, self._say = Path(folder), say
        self._entries: dict[str, _Entry] = {}
        # The result of the previous stage on which the next one builds.
        self._before = ""
        path = self.folder / STATE
        if path.exists():
            try:
                self._entries = {
                    name: _Entry(**entry) for name, entry in json.loads(path.read_text(encoding="utf-8")).items()
                }
            except (OSError, ValueError, TypeError, AttributeError) as error:
                raise PngnatError(f"{path} is damaged ({error}); delete {self.folder} and start again") from error

    def pending(self, stages: Sequence[Stage]) -> list[Stage]:
        """Return the stages to run: from the first one that is incomplete or has new inputs."""
        before = ""
        for index, stage in enumerate(stages):
            if not self._is_done(stage, digest(before, stage.name, stage.inputs)):
                return list(stages[index:])
            before = self._entries[stage.name].made
        return []

    def perform(self, stage: Stage) -> Mapping[str, Any]:
        """Return the results of a stage, from an earlier run with the same inputs or from a run now. Call it in the
        stages' order.

        Raises PngnatError if foreign files lie in the stage's place.
        """
        key = digest(self._before, stage.name, stage.inputs)
        self._make_room(stage, key)
        entry = self._entries.setdefault(stage.name, _Entry(key, stage.inputs))
        if not self._is_done(stage, key):
            self._run(stage, entry)
        self._before = entry.made
        return entry.result or {}

    def _run(self, stage: Stage, entry: _Entry) -> None:
        entry.made = ""
        self._save()
        (self.folder / stage.name).mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        try:
            entry.result = stage.run(self.folder / stage.name)
            entry.made = uuid.uuid4().hex
        finally:
            entry.seconds = round(entry.seconds + time.monotonic() - started, 1)
            self._save()
        self._remove(stage.name + OLD)

    def seconds(self, name: str) -> float:
        """Return the seconds spent on a stage over all attempts; 0 if it never began."""
        return self._entries[name].seconds if name in self._entries else 0.0

    def _is_done(self, stage: Stage, key: str) -> bool:
        entry = self._entries.get(stage.name)
        made = (self.folder / stage.name).is_dir() and all(path.exists() for path in stage.makes)
        return bool(entry and entry.made and entry.key == key and made)

    def _make_room(self, stage: Stage, key: str) -> None:
        """Keep in the stage's place only files of its inputs."""
        for name in (stage.name, stage.name + OLD):
            if name not in self._entries and _is_filled(self.folder / name):
                raise PngnatError(
                    f"{self.folder / name} holds files that were not made here; move them, or choose another "
                    "work=FOLDER"
                )
        entry, old = self._entries.get(stage.name), self._entries.get(stage.name + OLD)
        if entry is None or entry.key == key:
            return
        if old is None:
            why = "; ".join(changes(entry.inputs, stage.inputs)) or "what it builds on was made again"
            aside = self.folder / (stage.name + OLD)
            self._say(f"doing this again: {stage.title} ({why}); until it is done, the earlier one stays in {aside}")
            self._move(stage.name, stage.name + OLD)
            return
        # The folder that was set aside has usually been trained longer than a new one.
        self._remove(stage.name)
        if old.key == key:
            self._say(f"going on with the earlier one: {stage.title}")
            self._move(stage.name + OLD, stage.name)

    def _move(self, name: str, other: str) -> None:
        if (self.folder / name).exists():
            os.replace(self.folder / name, self.folder / other)
        self._entries[other] = self._entries.pop(name)
        self._save()

    def _remove(self, name: str) -> None:
        if name in self._entries:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            del self._entries[name]
            self._save()

    def _save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {name: asdict(entry) for name, entry in self._entries.items()}
        write_text(self.folder / STATE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _is_filled(folder: Path) -> bool:
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
