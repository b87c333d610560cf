"""Bulk speech by Ray, one of whose workers is killed, then its driver: started again, it has every line once.

    python tests/support/killed_speech.py FOLDER 20000

speaks that many texts of one to three words with the default voice, and says what was there after each step.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class KilledSpeech:
    """texts: a file of lines. out: the folder to make. words: what else the command is given."""

    texts: Path
    out: Path
    words: tuple[str, ...] = ()

    def start(self) -> subprocess.Popen:
        """Start the command."""
        command = [
            sys.executable,
            "-m",
            "pngnat",
            "bulk",
            "speak",
            str(self.texts),
            "--out",
            str(self.out),
            *self.words,
        ]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)

    def shards(self) -> int:
        """How many are finished."""
        return len(list((self.out / "reports").glob("[!.]*.json")))

    def wait_for(self, count: int, process: subprocess.Popen, longest: float = 3600) -> None:
        """Wait until so many shards are there, while the process works."""
        end = time.monotonic() + longest
        while self.shards() < count:
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.02)

    def kill_a_worker(self, longest: float = 600) -> int:
        """Kill a process that writes a shard; returns its id."""
        end = time.monotonic() + longest
        while time.monotonic() < end:
            for descriptors in Path("/proc").glob("[0-9]*/fd"):
                try:
                    files = [os.readlink(one) for one in descriptors.iterdir()]
                except OSError:
                    continue  # it ended, or is another user's
                if any(file.startswith(str(self.out / "unfinished")) for file in files):
                    os.kill(int(descriptors.parent.name), signal.SIGKILL)
                    return int(descriptors.parent.name)
            time.sleep(0.02)
        raise AssertionError("no process writes a shard")

    def names(self) -> Counter[str]:
        """How often each name is there, over all shards."""
        found: Counter[str] = Counter()
        for path in sorted((self.out / "shar").glob("*.tar")):
            with tarfile.open(path) as tar:
                found.update(name.removesuffix(".flac") for name in tar.getnames() if name.endswith(".flac"))
        return found


def kill_and_go_on(speech: KilledSpeech, first: int, second: int) -> list[int]:
    """Kill a worker when `first` shards are there, the driver at `second`, and start again; returns the shards there at
    each step."""
    process = speech.start()
    speech.wait_for(first, process)
    counts = [speech.shards()]
    speech.kill_a_worker()
    speech.wait_for(second, process)
    counts.append(speech.shards())
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert speech.start().wait() == 0
    return [*counts, speech.shards()]


def main(folder: str, count: str) -> None:
    words = (ROOT / "pngnat" / "text" / "data" / "common_words.txt").read_text(encoding="utf-8").split()
    texts, draw = Path(folder) / "texts.txt", random.Random(0)
    texts.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"n{number}|{' '.join(draw.choices(words, k=draw.randint(1, 3))).capitalize()}.\n"
        for number in range(int(count))
    ]
    texts.write_text("".join(lines), encoding="utf-8")
    size = max(1, int(count) // 200)
    speech = KilledSpeech(texts, Path(folder) / "out", ("--engine", "ray", "--jobs", "2", "--lines", str(size)))
    begun = time.monotonic()
    counts = kill_and_go_on(speech, 40, 80)
    names = speech.names()
    print(
        f"shards when a worker, then the driver was killed, and at the end: {counts}; {time.monotonic() - begun:.0f} s"
    )
    print(f"{len(names)} of {count} lines are there, {sum(times > 1 for times in names.values())} twice")
    assert names == Counter(f"n{number}" for number in range(int(count)))


if __name__ == "__main__":
    main(*sys.argv[1:])
