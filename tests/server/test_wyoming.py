"""The Wyoming protocol, used by its own client and by hostile clients."""

import asyncio
import json
import random
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import HOST, LONG, connect, eventually, running, slow_speech

import pngnat
from pngnat.audio.playback import to_pcm

wyoming = pytest.importorskip("wyoming")
from wyoming.audio import AudioChunk, AudioStart, AudioStop  # noqa: E402
from wyoming.client import AsyncTcpClient  # noqa: E402
from wyoming.error import Error  # noqa: E402
from wyoming.info import Describe, Info  # noqa: E402
from wyoming.ping import Ping, Pong  # noqa: E402
from wyoming.tts import (  # noqa: E402
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

TEXT = "Hello there, my friend. How are you?"


@pytest.fixture(scope="module")
def assistant(stub_voice, loopback):
    if not loopback:
        pytest.skip("no loopback")
    with running(voices=(str(stub_voice),), wyoming_port=0, timeout=5.0) as server:
        yield server


def talk(server, events, until, seconds: float = 60.0) -> list:
    """Return the server's answers to these events, up to one of the type `until` or the end."""

    async def conversation() -> list:
        answers = []
        async with AsyncTcpClient(HOST, server.ports["wyoming"]) as client:
            for event in events:
                await client.write_event(event.event())
            while (event := await client.read_event()) is not None:
                answers.append(event)
                if until.is_type(event.type):
                    break
        return answers

    return asyncio.run(asyncio.wait_for(conversation(), seconds))


def sound(answers) -> bytes:
    return b"".join(AudioChunk.from_event(event).audio for event in answers if AudioChunk.is_type(event.type))


def types(answers) -> list[str]:
    """Return the types of events, with adjacent chunks as one."""
    return [one.type for number, one in enumerate(answers) if number == 0 or one.type != answers[number - 1].type]


def test_it_describes_its_voices(assistant):
    (program,) = Info.from_event(talk(assistant, [Describe()], Info)[-1]).tts
    assert program.installed and program.supports_synthesize_streaming
    assert [voice.name for voice in program.voices] == ["stub/ada", "stub/bob"]
    assert all(voice.installed and voice.languages == ["en-US"] for voice in program.voices)


def test_it_answers_a_ping(assistant):
    assert Pong.from_event(talk(assistant, [Ping("here?")], Pong)[-1]).text == "here?"


@pytest.mark.parametrize(
    "requested",
    [None, SynthesizeVoice("stub/bob"), SynthesizeVoice("stub", speaker="bob"), SynthesizeVoice(language="en")],
)
def test_a_complete_text(assistant, voice, requested):
    answers = talk(assistant, [Synthesize(TEXT, requested)], AudioStop)
    assert types(answers) == ["audio-start", "audio-chunk", "audio-stop"]
    start = AudioStart.from_event(answers[0])
    assert (start.rate, start.width, start.channels) == (voice.sample_rate, 2, 1)
    speaker = "bob" if requested is not None and requested.name else "ada"
    expected = b"".join(to_pcm(block) for block in pngnat.stream_samples(TEXT, voice, speaker=speaker))
    assert sound(answers) == expected


def test_an_empty_text_is_an_empty_sound(assistant):
    assert types(talk(assistant, [Synthesize("  ")], AudioStop)) == ["audio-start", "audio-stop"]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_text_in_pieces(assistant, size):
    pieces = [SynthesizeChunk(TEXT[start : start + size]) for start in range(0, len(TEXT), size)]
    # Home Assistant repeats the complete text for servers without streaming.
    answers = talk(assistant, [SynthesizeStart(), *pieces, Synthesize(TEXT), SynthesizeStop()], SynthesizeStopped)
    assert types(answers) == ["audio-start", "audio-chunk", "audio-stop", "synthesize-stopped"]
    complete = sound(talk(assistant, [SynthesizeStart(), SynthesizeChunk(TEXT), SynthesizeStop()], SynthesizeStopped))
    assert sound(answers) == complete
    assert abs(len(complete) - len(sound(talk(assistant, [Synthesize(TEXT)], AudioStop)))) < 48_000


def test_a_sentence_is_spoken_before_the_text_is_complete(assistant):
    async def conversation() -> None:
        async with AsyncTcpClient(HOST, assistant.ports["wyoming"]) as client:
            for event in (SynthesizeStart(), SynthesizeChunk("Hello there, my friend. How ")):
                await client.write_event(event.event())
            assert AudioStart.is_type((await client.read_event()).type)
            assert AudioChunk.is_type((await client.read_event()).type)

    asyncio.run(asyncio.wait_for(conversation(), 60))


def test_streams_with_texts_that_cannot_be_spoken(assistant):
    assert types(talk(assistant, [SynthesizeStart(), SynthesizeStop()], SynthesizeStopped)) == ["synthesize-stopped"]
    pieces = [SynthesizeStart(), SynthesizeChunk("☃\n\nHello.\n\n☃"), SynthesizeStop()]
    answers = talk(assistant, pieces, SynthesizeStopped)
    assert types(answers) == ["error", "audio-start", "audio-chunk", "error", "audio-stop", "synthesize-stopped"]


@pytest.mark.parametrize(
    "event",
    [
        Synthesize(TEXT, SynthesizeVoice("zoe")),
        Synthesize("☃"),
        Synthesize("a" * 5000),
        SynthesizeStart(SynthesizeVoice("../x")),
    ],
)
def test_an_error_ends_the_connection(assistant, event):
    (answer,) = talk(assistant, [event], AudioStop)
    assert Error.from_event(answer).text


def test_a_text_is_dropped_when_its_client_goes(assistant):
    before = assistant.service.metrics.jobs["dropped"]
    with slow_speech(0.1), connect(assistant.ports["wyoming"]) as client:
        client.sendall(json.dumps({"type": "synthesize", "data": {"text": LONG}}).encode() + b"\n")
        client.recv(100)
    assert eventually(lambda: assistant.service.metrics.jobs["dropped"] == before + 1)


def test_a_client_that_reads_nothing_is_closed(assistant):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((HOST, assistant.ports["wyoming"]))
        client.sendall(json.dumps({"type": "synthesize", "data": {"text": LONG}}).encode() + b"\n")
        assert eventually(lambda: assistant.service.jobs.speaking == 1)
        assert eventually(lambda: assistant.service.jobs.speaking == 0, 60)
    assert talk(assistant, [Ping()], Pong)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TYPES = ["describe", "ping", "synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop", "audio-chunk", ""]
FIELDS = ["type", "data", "data_length", "payload_length", "version"]
DATA = st.dictionaries(
    st.sampled_from(["text", "voice", "name", "speaker", "text_format", "context"]) | st.text(max_size=5),
    VALUES,
    max_size=4,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={"type": st.sampled_from(TYPES) | VALUES, "data": DATA | VALUES, **{name: VALUES for name in FIELDS[2:]}},
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS.map(lambda event: json.dumps(event).encode()) | st.binary(max_size=60), min_size=1, max_size=5))
def test_no_event_stops_the_server(assistant, lines):
    with connect(assistant.ports["wyoming"]) as client:
        client.settimeout(0.02)
        try:
            client.sendall(b"\n".join(lines) + b"\n")
            client.recv(1000)
        except (ConnectionError, TimeoutError):
            pass
    assert Pong.from_event(talk(assistant, [Ping("here?")], Pong)[-1]).text == "here?"


@pytest.mark.parametrize(
    "sent",
    [
        b"x" * 1_000_000,
        b'{"type": "synthesize", "data_length": 100000000000}\n',
        b'{"type": "synthesize", "payload_length": 100000000000}\n',
        b'{"type": "synthesize", "data_length": -1}\n',
        b'{"type": "synthesize", "data_length": true}\n',
        b'{"type": "synthesize", "data": []}\n' + b"[]\n",
        b'{"type": "ping", "data_length": 4}\nnull',
        b"[" * 60_000 + b"\n",
        b'{"type": ' + b"[" * 60_000 + b"\n",
    ],
)
def test_invalid_events_are_errors_and_end_the_connection(assistant, sent):
    with connect(assistant.ports["wyoming"]) as client:
        try:
            client.sendall(sent)
            answer = b""
            while part := client.recv(65_536):
                answer += part
            assert b'"error"' in answer
        except ConnectionError:
            pass
    assert talk(assistant, [Ping()], Pong)


def test_hang_ups_at_any_moment(assistant):
    choose = random.Random(5)
    events = [SynthesizeStart(), SynthesizeChunk(LONG[:300]), SynthesizeStop()]
    stream = b"".join(
        json.dumps({"type": one.event().type, "data": one.event().data}).encode() + b"\n" for one in events
    )
    for _ in range(20):
        with connect(assistant.ports["wyoming"]) as client:
            client.sendall(stream[: choose.randrange(len(stream) + 1)])
    assert eventually(lambda: assistant.service.jobs.speaking == 0)
    assert talk(assistant, [Ping()], Pong)


def test_the_port_is_announced_to_home_assistant(stub_voice, loopback):
    zeroconf = pytest.importorskip("zeroconf")
    name, found = "_wyoming._tcp.local.", []
    try:
        browser = zeroconf.Zeroconf(interfaces=["127.0.0.1"])
    except OSError:
        pytest.skip("no multicast here")

    class Listener(zeroconf.ServiceListener):
        def add_service(self, zc, kind, service):
            info = zc.get_service_info(kind, service, 5000)
            found.append((info.port, info.parsed_addresses()) if info else None)

        def update_service(self, zc, kind, service):
            pass

        remove_service = update_service

    try:
        with running(voices=(str(stub_voice),), wyoming_port=0, zeroconf=True) as server:
            zeroconf.ServiceBrowser(browser, name, Listener())
            if not eventually(lambda: bool(found), 10):
                pytest.skip("no multicast here")
            assert (server.ports["wyoming"], ["127.0.0.1"]) in found
    finally:
        browser.close()
