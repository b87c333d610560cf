"""The making of a voice: the stages of `pngnat create` in a separate process, which can be stopped and resumed."""

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
# Seconds that a stage has to save its work.
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
    """The state of the making, as it is in the file and on the page."""

    state: str = NOT_YET
    """NOT_YET, RUNNING, STOPPED, FAILED or DONE."""
    title: str = ""
    """The title of the current stage, in words for a person."""
    number: int = 0
    """The number of the current stage, from 1."""
    stages: int = 0
    """The number of all stages."""
    share: float = 0.0
    """The progress of the current stage, from 0 to 1."""
    left: float = 0.0
    """The estimated seconds until the voice is ready."""
    words: str = ""
    """The reason of a failure."""
    minutes: float = 0.0
    """Minutes of speech in the recordings that the voice is made from."""


class Making:
    """The making of a project's voice, in at most one process."""

    def __init__(self, project: Project, options: MakingOptions | None = None) -> None:
        self.project, self.options = project, options or MakingOptions()
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    @property
    def _path(self) -> Path:
        return self.project.folder / WORK / STATE

    @property
    def state(self) -> MakingState:
        """Return the current state. A process that ended without a final state, or with its studio, is stopped."""
        state = read_state(self._path)
        is_alive = self._process is not None and self._process.poll() is None
        return replace(state, state=STOPPED) if state.state == RUNNING and not is_alive else state

    def start(self) -> None:
        """Start or resume. Raises PngnatError without consent and where the process runs already."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                raise PngnatError("your voice is being made already")
            settings = self.project.settings
            if settings.consent is None:
                raise PngnatError("first say whose voice it is, and who agrees to it")
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
            command = [sys.executable, "-m", "pngnat.studio.make_process", str(self._path)]
            self._process = _start_process(command, job, folder / LOG)

    def stop(self) -> None:
        """Stop the process, which keeps its progress. Does nothing where none runs."""
        with self._lock:
            process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        if process.stdin is not None:
            process.stdin.close()  # the process ends with its input
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def report_folder(self) -> Path | None:
        """Return the folder with the disfluency report of the last voice (disfluency.json, .txt, .png), or None."""
        if not self.project.settings.voice:
            return None
        folder = self.project.folder / WORK / self.project.settings.voice / VOICE
        return folder if (folder / "disfluency.json").is_file() else None


def read_state(path: Path) -> MakingState:
    """Return the state in a file; NOT_YET where the file is missing or damaged."""
    if not path.is_file():
        return MakingState()
    try:
        content: dict[str, Any] = read_json(path)
        return MakingState(**content)
    except (PngnatError, TypeError):
        return MakingState()


def write_state(path: Path, state: MakingState) -> None:
    """Write the state to a file, atomically."""
    write_text(path, json.dumps(asdict(state)) + "\n")


def _start_process(command: list[str], job: dict[str, Any], log: Path) -> subprocess.Popen:
    """Start a process that reads its job from the first line of its input, and ends with its input."""
    with open(log, "ab") as file:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=file)
    assert process.stdin is not None
    process.stdin.write(json.dumps(job).encode() + b"\n")
    process.stdin.flush()
    return process
