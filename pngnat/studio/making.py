"""A voice in the making: `create`'s stages in a process of their own, which can be stopped, and go on where they
were."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text
from pngnat.finetune.plan import ACOUSTIC_STAGE, CORPUS, SPEAKER, VOCODER_STAGE, VOICE
from pngnat.studio.project import RECORDINGS, VOICES, WORK, Project
from pngnat.untrusted import read_json

STATE, LOG = "making.json", "making.log"
NOT_YET, RUNNING, STOPPED, FAILED, DONE = "not yet", "running", "stopped", "failed", "done"
# Seconds that a stage gets to bring to the disk what it has.
_PATIENCE = 30.0
TITLES = {
    CORPUS: "Listening to your recordings",
    SPEAKER: "Looking for the voice that is most like yours",
    ACOUSTIC_STAGE: "Learning how you speak",
    VOCODER_STAGE: "Learning the sound of your voice",
    VOICE: "Trying it out",
}


@dataclass(frozen=True)
class MakingOptions:
    """The settings with which the studio makes a voice."""

    base: str | None = None
    """The voice to start from, a name or a folder; None takes the bundled one."""
    budget: float | None = None
    """Minutes of work; None takes three for each minute of speech."""
    least: float = 1.0
    """Minutes of speech that a voice needs at least."""


@dataclass(frozen=True)
class MakingState:
    """Where the making stands. state: one of the words above. title: of the stage, for a person. number, stages: which
    of how many.

    share: of the stage, 0 to 1. left: seconds, about. words: why it failed. minutes: of the recordings that it is made
    of."""

    state: str = NOT_YET
    title: str = ""
    number: int = 0
    stages: int = 0
    share: float = 0.0
    left: float = 0.0
    words: str = ""
    minutes: float = 0.0


class Making:
    """The making of one project's voice."""

    def __init__(self, project: Project, options: MakingOptions | None = None) -> None:
        self.project, self.options = project, options or MakingOptions()
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    @property
    def _path(self) -> Path:
        return self.project.folder / WORK / STATE

    @property
    def state(self) -> MakingState:
        """Where it stands now. A process that is gone without a word, or whose studio ended, was stopped."""
        state = read_state(self._path)
        is_alive = self._process is not None and self._process.poll() is None
        return replace(state, state=STOPPED) if state.state == RUNNING and not is_alive else state

    def start(self) -> None:
        """Begin, or go on. Raises PngnatError without consent, with too little recorded, and where it runs already."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                raise PngnatError("your voice is being made already")
            settings = self.project.settings
            if settings.consent is None:
                raise PngnatError("first say whose voice it is and who agrees that it is made")
            folder = make_folder(self.project.folder / WORK)
            job = {
                "name": settings.voice,
                "target": str(self.project.folder / RECORDINGS),
                "out": str(self.project.folder / VOICES / settings.voice),
                "work": str(folder / settings.voice),
                "consent": settings.consent,
                **asdict(self.options),
            }
            write_state(self._path, MakingState(RUNNING, minutes=round(self.project.takes.minutes, 2)))
            self._process = _child(
                [sys.executable, "-m", "pngnat.studio.make_process", str(self._path)], job, folder / LOG
            )

    def stop(self) -> None:
        """Stop it; what is learned is kept. Does nothing where it does not run."""
        with self._lock:
            process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        if process.stdin is not None:
            process.stdin.close()  # it watches for that
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def report_folder(self) -> Path | None:
        """Where the disfluency report of the last voice lies (disfluency.json, .txt, .png), None where there is
        none."""
        if not self.project.settings.voice:
            return None
        folder = self.project.folder / WORK / self.project.settings.voice / VOICE
        return folder if (folder / "disfluency.json").is_file() else None


def read_state(path: Path) -> MakingState:
    """What the file says; NOT_YET where there is none, or none that can be read."""
    if not path.is_file():
        return MakingState()
    try:
        content: dict[str, Any] = read_json(path)
        return MakingState(**content)
    except (PngnatError, TypeError):
        return MakingState()


def write_state(path: Path, state: MakingState) -> None:
    """Write it, whole or not at all."""
    write_text(path, json.dumps(asdict(state)) + "\n")


def _child(command: list[str], job: dict[str, Any], log: Path) -> subprocess.Popen:
    """A process that is told its job in the first line of its input, and ends where that ends."""
    with open(log, "ab") as file:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=file)
    assert process.stdin is not None
    process.stdin.write(json.dumps(job).encode() + b"\n")
    process.stdin.flush()
    return process
