"""Servers for tests: in a thread of the test, or as the command in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pngnat
from pngnat.server import service
from pngnat.server.run import Running, serve
from pngnat.server.settings import ServerSettings

LONG = "The boy was there when the sun rose, and a rod is used to catch pink salmon. " * 40
HOST = "127.0.0.1"


@contextmanager
def running(**settings) -> Iterator[Running]:
    """Run a server with these settings on free ports within the block."""
    ready, found, raised = threading.Event(), [], []

    def run() -> None:
        try:
            serve(ServerSettings(port=0, **settings), lambda server: (found.append(server), ready.set()))
        except BaseException as error:
            raised.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(60) and not raised, raised
    try:
        yield found[0]
    finally:
        found[0].stop()
        found[0].stop()
        thread.join(30)
        assert not thread.is_alive() and not raised, raised


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen, dict[str, int]]]:
    """Run `pngnat serve ...` in a process within the block; yield it and its ports by interface."""
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pngnat", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as child:
        ports: dict[str, int] = {}
        expected = 1 + sum(one.endswith("-port") for one in arguments)
        while len(ports) < expected:
            line = child.stderr.readline()
            assert line, f"the server ended with {child.wait(10)}"
            if match := re.match(r"pngnat serve: (\w+) on .*:(\d+)$", line):
                ports[match[1]] = int(match[2])
        try:
            yield child, ports
        finally:
            child.kill()


@contextmanager
def slow_speech(seconds: float) -> Iterator[None]:
    """Make each sentence take at least so many seconds within the block: the stub voice is too quick for some tests."""
    original = service.sentences

    def slowly(*arguments, **options):
        for sentence in original(*arguments, **options):
            time.sleep(seconds)
            yield sentence

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "sentences", slowly)
        yield


def connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), timeout=20)


def ask(
    port: int, path: str, body: object = None, headers: dict | None = None, method: str | None = None
) -> tuple[int, dict, bytes]:
    """Send one request; return the status, headers (in lower case) and body of the answer.

    body: bytes, or an object that is sent as JSON.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        connection.request(
            method or ("GET" if body is None else "POST"),
            path,
            data,
            {"Content-Type": "application/json", **(headers or {})},
        )
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def speak(port: int, text: str = "Hello.", **fields) -> tuple[int, dict, bytes]:
    """Send one request for speech; return the answer as `ask` does."""
    return ask(
        port,
        "/v1/audio/speech",
        {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm", **fields},
    )


def error(answer: tuple[int, dict, bytes]) -> dict:
    """Return the error in an answer, which must have OpenAI's shape."""
    body = json.loads(answer[2])
    assert set(body) == {"error"} and set(body["error"]) == {"message", "type", "param", "code"}, body
    assert (
        isinstance(body["error"]["message"], str) and body["error"]["message"] and "\n" not in body["error"]["message"]
    )
    return body["error"]


def eventually(true, seconds: float = 10.0) -> bool:
    """Return whether `true()` becomes true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def memory(pid: int) -> int:
    """Return the bytes of memory that a process uses."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
