"""A server under many clients: `python -m benchmarks.load [--clients 32] [--seconds 120]`.

Each client requests speech again as soon as it has received the last text, or as an answer of 429 allows. One more
client disconnects each time, and reads in the server's counters when its text is dropped. The server is a process of
its own.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import run_command
from benchmarks.speed import SENTENCES
from pngnat.errors import PngnatError
from pngnat.evaluation.report import table, write_json

_HOST, _PATIENCE = "127.0.0.1", 300.0
_SECONDS_TO_START, _QUIET_SECONDS = 120.0, 10.0


@dataclass
class Load:
    """Counts of texts, and times in seconds.

    first_bytes: from a request to the first byte of its sound. hang_ups: from a disconnection until the server has
    dropped the text; quiet_hang_ups: the same without other clients. errors: responses that are neither sound nor 429.
    memory: MB of the server after each third of the time; None where the system does not tell.
    """

    clients: int
    spoken: int = 0
    refused: int = 0
    errors: list[str] = field(default_factory=list)
    first_bytes: list[float] = field(default_factory=list)
    hang_ups: list[float] = field(default_factory=list)
    quiet_hang_ups: list[float] = field(default_factory=list)
    memory: list[float | None] = field(default_factory=list)


def measure_load(clients: int, seconds: float, serve: Sequence[str] = ()) -> Load:
    """Start `pngnat serve` with the options `serve`, and load it for `seconds`. Raise PngnatError if it does not
    start."""
    load = Load(clients)
    with _server(serve) as (server, port):
        ends = time.monotonic() + seconds
        jobs = [lambda number=number: _receive(port, ends, random.Random(number), load) for number in range(clients)]
        threads = [
            threading.Thread(target=job) for job in (*jobs, lambda: _hang_up(port, ends, load.hang_ups, load.errors))
        ]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(seconds / 3)
            load.memory.append(_megabytes(server.pid))
        for thread in threads:
            thread.join()
        _hang_up(port, time.monotonic() + min(seconds, _QUIET_SECONDS), load.quiet_hang_ups, load.errors)
    return load


@contextmanager
def _server(options: Sequence[str]) -> Iterator[tuple[subprocess.Popen, int]]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = [sys.executable, "-m", "pngnat", "serve", "--port", "0", *options]
        with open(log, "wb") as file, subprocess.Popen(command, stderr=file) as server:
            try:
                yield server, _port(server, log)
            finally:
                server.kill()


def _port(server: subprocess.Popen, log: Path) -> int:
    ends = time.monotonic() + _SECONDS_TO_START
    while not (found := re.search(r"http on \S+:(\d+)\n", log.read_text(errors="replace"))):
        if server.poll() is not None or time.monotonic() > ends:
            raise PngnatError(f"the server does not start: {log.read_text(errors='replace')}")
        time.sleep(0.1)
    return int(found[1])


def _megabytes(process: int) -> float | None:
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else None


@contextmanager
def _response(port: int, text: str) -> Iterator[http.client.HTTPResponse]:
    """Yield the response to a request for speech, when its header has arrived."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=_PATIENCE)
    try:
        body = json.dumps({"input": text, "response_format": "pcm"})
        connection.request("POST", "/v1/audio/speech", body, {"Content-Type": "application/json"})
        yield connection.getresponse()
    finally:
        connection.close()


def _receive(port: int, ends: float, choose: random.Random, load: Load) -> None:
    """Act as one client that receives each text to its end."""
    while time.monotonic() < ends:
        begun = time.monotonic()
        try:
            with _response(port, " ".join(choose.sample(SENTENCES, 3))) as answer:
                if answer.status == 429:
                    load.refused += 1
                    time.sleep(max(0, min(float(answer.headers["Retry-After"]), ends - time.monotonic())))
                elif answer.status != 200 or not answer.read(1):
                    load.errors.append(f"status {answer.status}")
                else:
                    load.first_bytes.append(time.monotonic() - begun)
                    answer.read()
                    load.spoken += 1
        except (OSError, http.client.HTTPException) as error:
            load.errors.append(repr(error))


def _hang_up(port: int, ends: float, times: list[float], errors: list[str]) -> None:
    """Act as one client after another, each of which disconnects at the first byte of a long text."""
    while time.monotonic() < ends:
        try:
            before = _dropped(port)
            with _response(port, " ".join(SENTENCES * 6)) as answer:
                if answer.status != 200:
                    time.sleep(1)
                    continue
                answer.read(1)
            left = time.monotonic()
            while _dropped(port) == before:
                if time.monotonic() > left + 10:
                    raise OSError("the server continues a text whose client has disconnected")
                time.sleep(0.005)
            times.append(time.monotonic() - left)
        except (OSError, http.client.HTTPException) as error:
            errors.append(repr(error))


def _dropped(port: int) -> float:
    connection = http.client.HTTPConnection(_HOST, port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/metrics")
        found = re.search(r'texts_total\{result="dropped"\} (\S+)', connection.getresponse().read().decode())
    finally:
        connection.close()
    if found is None:
        raise OSError("the server does not count what it drops")
    return float(found[1])


def _of(times: Sequence[float]) -> str:
    """Return the median and the 95th percentile."""
    if len(times) < 2:
        return ", ".join(f"{one:.3f} s" for one in times)
    return f"{statistics.median(times):.3f} s, {statistics.quantiles(times, n=20, method='inclusive')[-1]:.3f} s"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Load a server with many clients.")
    add = parser.add_argument
    add("--voice", metavar="NAME", help="a bundled voice, or a voice folder")
    add("--clients", type=int, default=32, metavar="N", help="clients at the same time (default: 32)")
    add("--seconds", type=float, default=120.0, metavar="N", help="duration of the load (default: 120)")
    add("--queue", type=int, metavar="N", help="texts that may wait, as --queue of pngnat serve")
    add("--json", metavar="FILE", help="also write the figures to this file")
    return parser


def run(args: argparse.Namespace) -> None:
    """Measure, print a table, and write the figures."""
    options = [
        *(["--voice", args.voice] if args.voice else []),
        *(["--queue", str(args.queue)] if args.queue is not None else []),
    ]
    load = measure_load(args.clients, args.seconds, options)
    rows = {
        "texts spoken": load.spoken,
        "answers of 429": load.refused,
        "errors": len(load.errors),
        "first byte (median, 95 %)": _of(load.first_bytes),
        "dropped after a hang-up (median, 95 %)": f"{_of(load.hang_ups)} of {len(load.hang_ups)}",
        "the same, without the others": f"{_of(load.quiet_hang_ups)} of {len(load.quiet_hang_ups)}",
        "memory after each third": ", ".join("unknown" if one is None else f"{one:.0f} MB" for one in load.memory),
    }
    print(
        table([{"": name, f"{args.clients} clients, {args.seconds:g} s": str(value)} for name, value in rows.items()])
    )
    for error in load.errors[:5]:
        print(error, file=sys.stderr)
    if args.json:
        write_json(args.json, asdict(load))


if __name__ == "__main__":
    sys.exit(run_command(parser(), run))
