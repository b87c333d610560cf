"""The process that makes a voice for the studio: `python -m pngnat.studio.make_process STATE`.

The first line of its input is the job in JSON. The process ends with its input: the studio has stopped it, or has ended
itself."""

from __future__ import annotations

import _thread
import json
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pngnat.errors import PngnatError

# Worker processes that align recordings import this module too. It imports the rest where it is used, so that they
# start quickly.
if TYPE_CHECKING:
    from pngnat.finetune.progress import ProgressReport
    from pngnat.finetune.run import FinetuneConfig
    from pngnat.studio.making import MakingState

# Seconds after an interruption until the process ends, even within a stage.
_PATIENCE = 20.0


def main(state: Path) -> int:
    """Make the voice; return the exit code."""
    from pngnat.studio.making import DONE, read_state, write_state

    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_watch_input, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # the browser comes first
    begun = read_state(state)
    end = _make(job, state, begun)
    write_state(state, end)
    return 0 if end.state == DONE else 1


def _make(job: dict[str, Any], state: Path, begun: MakingState) -> MakingState:
    """Make the voice; return the state at the end."""
    from pngnat.finetune.run import finetune
    from pngnat.studio.making import DONE, FAILED, STOPPED, TITLES, read_state, write_state

    def write_progress(report: ProgressReport) -> None:
        title = TITLES[report.stage]
        write_state(
            state,
            replace(
                begun, title=title, number=report.number, stages=report.stages, share=report.share, left=report.left
            ),
        )

    try:
        finetune(_config(job), watch=write_progress)
    except PngnatError as error:
        return replace(begun, state=FAILED, words=str(error))
    except (KeyboardInterrupt, SystemExit):
        return replace(read_state(state), state=STOPPED)
    except Exception:
        import traceback

        traceback.print_exc()
        return replace(
            begun, state=FAILED, words="an unexpected error occurred; making.log in the folder `work` has the details"
        )
    return replace(begun, state=DONE)


def _config(job: dict[str, Any]) -> FinetuneConfig:
    from pngnat.finetune.run import FinetuneConfig

    places: dict[str, Any] = {name: Path(job.pop(name)) for name in ("target", "out", "work")}
    return FinetuneConfig(**job, **places, workers=os.cpu_count() or 1)


def _watch_input() -> None:
    # Not through the buffer of sys.stdin: a waiting thread would hold its lock when the process ends.
    os.read(sys.stdin.fileno(), 1)
    _thread.interrupt_main()
    time.sleep(_PATIENCE)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
