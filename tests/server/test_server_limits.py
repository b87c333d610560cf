"""The limits of a server: many clients, and clients that go, are slow or send invalid data."""

import http.client
import json
import os
import random
import signal
import socket
import time

import pytest
from serving import HOST, LONG, ask, connect, error, eventually, memory, process, running, slow_speech, speak

from pngnat.errors import PngnatError
from pngnat.server.settings import ServerSettings, given_token


@pytest.fixture(scope="module")
def small(stub_voice, loopback):
    """A server for one text at once and one that waits, with a short timeout."""
    with (
        slow_speech(0.1),
        running(voices=(str(stub_voice),), at_once=1, waiting=1, longest_text=4000, timeout=1.0) as server,
    ):
        yield server


def request(text: str = LONG, **headers: str) -> bytes:
    body = json.dumps({"input": text, "response_format": "pcm"}).encode()
    lines = [
        "POST /v1/audio/speech HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode() + body


def is_idle(server) -> bool:
    return server.service.jobs.speaking == 0


def test_a_full_queue_is_answered_with_429(small):
    port = small.ports["http"]
    busy = [connect(port) for _ in range(2)]
    for one in busy:
        one.sendall(request())
    assert eventually(lambda: small.service.jobs.waiting == 1)
    answer = speak(port)
    assert answer[0] == 429 and int(answer[1]["retry-after"]) >= 1 and error(answer)["type"] == "rate_limit_error"
    for one in busy:
        one.close()
    assert eventually(lambda: is_idle(small)) and speak(port)[0] == 200


@pytest.mark.parametrize("count", [0, 1, 50_000])
def test_a_text_is_dropped_when_its_client_goes(small, count):
    port, before = small.ports["http"], small.service.metrics.jobs["dropped"]
    with connect(port) as client:
        client.sendall(request())
        while count > 0:
            count -= len(client.recv(count))
        assert eventually(lambda: not is_idle(small))
    assert eventually(lambda: small.service.metrics.jobs["dropped"] == before + 1) and eventually(
        lambda: is_idle(small)
    )
    assert speak(port)[0] == 200


def test_a_waiting_client_that_goes_makes_room(small):
    port = small.ports["http"]
    speaking, waiting = connect(port), connect(port)
    speaking.sendall(request())
    assert eventually(lambda: small.service.jobs.speaking == 1)
    waiting.sendall(request())
    assert eventually(lambda: small.service.jobs.waiting == 1)
    waiting.close()
    assert eventually(lambda: small.service.jobs.waiting == 0) and small.service.jobs.speaking == 1
    speaking.close()
    assert eventually(lambda: is_idle(small))


def test_hang_ups_at_any_moment(small):
    port, choose = small.ports["http"], random.Random(3)
    complete = request(LONG[:1000])
    for _ in range(25):
        with connect(port) as client:
            client.sendall(complete[: choose.randrange(len(complete) + 1)])
            if choose.random() < 0.5:
                time.sleep(choose.random() * 0.05)
            if choose.random() < 0.3:
                # Reset the connection instead of closing it.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert eventually(lambda: is_idle(small)) and speak(port)[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_100_mb_is_refused_unread(small, chunked):
    size, before = 100 * 2**20, memory(os.getpid())
    part = bytes(2**20)
    connection = http.client.HTTPConnection(HOST, small.ports["http"], timeout=20)
    try:
        connection.request(
            "POST",
            "/v1/audio/speech",
            (part for _ in range(100)),
            {} if chunked else {"Content-Length": str(size)},
            encode_chunked=chunked,
        )
        answer = connection.getresponse()
        assert answer.status == 413 and json.load(answer)["error"]["code"] == "request_too_large"
    except (ConnectionError, http.client.HTTPException):
        pass  # the server does not wait for 100 MB of a slow machine
    finally:
        connection.close()
    assert memory(os.getpid()) - before < 60 * 2**20
    assert speak(small.ports["http"])[0] == 200


def test_a_million_characters_are_refused(small):
    answer = speak(small.ports["http"], "a" * 1_000_000)
    assert answer[0] == 413
    error(answer)
    assert speak(small.ports["http"], "a" * 4001)[0] == 400


def test_invalid_requests_and_endless_heads(small):
    for sent in (b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"x" * 200_000, b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000):
        with connect(small.ports["http"]) as client:
            try:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                client.recv(100)
            except ConnectionError:
                pass
    assert speak(small.ports["http"])[0] == 200


@pytest.mark.parametrize("sent", [b"", b"POST /v1/audio/sp", request()[:-10]])
def test_a_connection_without_a_request_is_closed(small, sent):
    with connect(small.ports["http"]) as client:
        client.sendall(sent)
        started = time.monotonic()
        answer = client.recv(1000)
        assert time.monotonic() - started < 15
        assert answer == b"" or b" 408 " in answer


def test_many_idle_connections(small):
    resource = pytest.importorskip("resource")
    # Both ends are in this process; the server has raised its limit to the maximum.
    many = 1000 if resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 3000 else 300
    idle = [connect(small.ports["http"]) for _ in range(many)]
    assert speak(small.ports["http"])[0] == 200
    assert all(client.recv(10) == b"" for client in idle)
    for client in idle:
        client.close()


def slow_reader(port: int, text: str) -> socket.socket:
    """Return a client that requests speech and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((HOST, port))
    client.sendall(request(text))
    return client


def test_a_slow_reader_does_not_block_others(server):
    spoken = server.service.metrics.jobs["spoken"]
    with slow_reader(server.ports["http"], LONG[:800]):
        assert eventually(lambda: server.service.metrics.jobs["spoken"] == spoken + 1, 60)
        assert eventually(lambda: is_idle(server)) and speak(server.ports["http"])[0] == 200


def test_a_client_that_reads_nothing_is_closed(small):
    with slow_reader(small.ports["http"], LONG) as client:
        assert eventually(lambda: not is_idle(small)) and eventually(lambda: is_idle(small), 60)
        time.sleep(0.1)
        with pytest.raises(ConnectionError):
            while client.recv(2**16):
                pass


def test_a_token_is_required(stub_voice, loopback):
    with running(voices=(str(stub_voice),), token="secret") as server:
        port = server.ports["http"]
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "secret"},
            {"Authorization": "Basic secret"},
        ):
            for path in ("/v1/models", "/metrics", "/openapi.json"):
                answer = ask(port, path, headers=headers)
                assert answer[0] == 401 and error(answer)["code"] == "invalid_api_key"
        assert ask(port, "/v1/models", headers={"Authorization": "Bearer secret"})[0] == 200
        assert ask(port, "/health")[0] == 200


def test_browsers_may_call_from_allowed_origins(stub_voice, server):
    page = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in ask(server.ports["http"], "/health", headers=page)[1]
    with running(voices=(str(stub_voice),), origins=("https://page.example",), token="secret") as other:
        answer = ask(other.ports["http"], "/v1/audio/speech", headers=page, method="OPTIONS")
        assert answer[0] == 200 and answer[1]["access-control-allow-origin"] == "https://page.example"
        assert (
            "access-control-allow-origin"
            not in ask(other.ports["http"], "/health", headers={"Origin": "https://evil.example"})[1]
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_signal_ends_it_when_the_last_answer_is_complete(stub_voice, loopback, number):
    with process("--voice", str(stub_voice)) as (child, ports):
        with connect(ports["http"]) as client:
            client.sendall(request(LONG[:500]))
            client.recv(1)
            child.send_signal(number)
            received = b""
            while part := client.recv(2**16):
                received += part
        assert received.endswith(b"0\r\n\r\n")
        assert child.wait(20) == 0
        assert "Traceback" not in child.stderr.read()


def test_a_taken_port_and_a_missing_voice_are_errors(stub_voice, server, capsys):
    from pngnat.cli.main import main

    assert main(["serve", "--voice", str(stub_voice), "--port", str(server.ports["http"])]) == 2
    assert main(["serve", "--voice", "nobody", "--port", "0"]) == 2
    assert main(["serve", "--voice", str(stub_voice), "--voice", str(stub_voice), "--port", "0"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert (
        len(lines) == 3
        and "choose another one with --port" in lines[0]
        and "nobody" in lines[1]
        and "name 'stub'" in lines[2]
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": -1},
        {"port": 5, "wyoming_port": 5},
        {"at_once": 0},
        {"longest_text": 0},
        {"token": ""},
        {"zeroconf": True},
    ],
)
def test_invalid_settings_are_errors(wrong):
    with pytest.raises(PngnatError):
        ServerSettings(**wrong)


def test_where_the_token_comes_from(tmp_path, monkeypatch):
    monkeypatch.delenv("PNGNAT_TOKEN", raising=False)
    (tmp_path / "token").write_text("from file\n")
    assert given_token(None, None) is None
    monkeypatch.setenv("PNGNAT_TOKEN", "from environment")
    assert [given_token(*one) for one in ((None, None), (None, tmp_path / "token"), ("given", None))] == [
        "from environment",
        "from file",
        "given",
    ]
    (tmp_path / "token").write_text("\n")
    with pytest.raises(PngnatError, match="empty"):
        given_token(None, tmp_path / "token")
