"""Work in stages that can be stopped anywhere, are skipped when done, and are done again when what they depend on
changed."""

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
# Behind a stage's name, where its folder waits until the stage is done with other inputs.
OLD = ".old"


@dataclass(frozen=True)
class Stage:
    """One piece of work. It also depends on every stage before it.

    name: also its folder's. inputs: what it depends on besides, as JSON holds it. minutes: how long it will take,
    about.
    run: does it in its folder, which holds what an earlier attempt with the same inputs left there, and returns results
    as JSON holds them. makes: files elsewhere, without which it is not done."""

    name: str
    title: str
    inputs: Mapping[str, Any]
    minutes: float
    run: Callable[[Path], Mapping[str, Any]]
    makes: tuple[Path, ...] = ()


@dataclass
class _Entry:
    """What the state file says of a stage. key: of its inputs and of what it builds on. made: a name for what it made,
    another each time; empty until it is done. seconds: spent on it, over all attempts."""

    key: str
    inputs: Mapping[str, Any]
    made: str = ""
    seconds: float = 0.0
    result: Mapping[str, Any] | None = None


class Journal:
    """What was done in a folder, kept in its `state.json`. say: is told what is done again, and why.

    What is to be done again with other inputs takes nothing away: until it is done, the earlier folder stays as
    NAME.old, and comes back where its inputs do. Raises PngnatError where `state.json` cannot be read."""

    def __init__(self, folder: Path, say: Callable[[str], None] = print):
        self.folder, self._say = Path(folder), say
        self._entries: dict[str, _Entry] = {}
        # Which making of the stage before the next one builds on.
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
        """Those that will be run: from the first one that is not done, or was done with other inputs."""
        before = ""
        for index, stage in enumerate(stages):
            if not self._is_done(stage, digest(before, stage.name, stage.inputs)):
                return list(stages[index:])
            before = self._entries[stage.name].made
        return []

    def perform(self, stage: Stage) -> Mapping[str, Any]:
        """The stage's results: those of an earlier run where nothing changed since, else of the run now. Call in the
        stages' order.

        Raises PngnatError where something lies in the stage's place that no stage has put there.
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
        """Spent on a stage, over all attempts; 0 where it was never begun."""
        return self._entries[name].seconds if name in self._entries else 0.0

    def _is_done(self, stage: Stage, key: str) -> bool:
        entry = self._entries.get(stage.name)
        made = (self.folder / stage.name).is_dir() and all(path.exists() for path in stage.makes)
        return bool(entry and entry.made and entry.key == key and made)

    def _make_room(self, stage: Stage, key: str) -> None:
        """Leave in the stage's place what was made of its inputs, or nothing."""
        for name in (stage.name, stage.name + OLD):
            if name not in self._entries and _is_filled(self.folder / name):
                raise PngnatError(
                    f"{self.folder / name} holds files that were not made here; move them, or choose another work=FOLDER"
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
        # What stands aside was learned for longer, as a rule, than what has just been begun.
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
