"""OpenAI's interface, used by OpenAI's own client and by plain HTTP."""

import base64
import io
import json
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
from serving import HOST, ask, error, running, speak

import pngnat
from pngnat.audio.playback import to_pcm
from pngnat.server.app import MODELS

TEXT = "Hello there, my friend. How are you?"


@pytest.fixture(scope="module")
def client(server):
    openai = pytest.importorskip("openai")
    return openai.OpenAI(base_url=f"http://{HOST}:{server.ports['http']}/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def port(server):
    return server.ports["http"]


def test_the_sound_equals_the_librarys(port, voice):
    sound = speak(port, TEXT, voice="stub/bob", speed=2.0)[2]
    expected = np.concatenate(list(pngnat.stream_samples(TEXT, voice, speaker="bob", pace=2.0)))
    assert sound == to_pcm(expected)


@pytest.mark.parametrize("kind", ["mp3", "opus", "flac", "wav"])
def test_the_client_saves_every_format(client, tmp_path, kind, voice):
    path = tmp_path / f"speech.{kind}"
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="nova", input=TEXT, response_format=kind
    ) as answer:
        answer.stream_to_file(path)
    samples, rate = soundfile.read(path)
    assert rate == voice.sample_rate and len(samples) / rate == pytest.approx(
        pngnat.synthesize(TEXT, voice).duration, abs=0.15
    )


def test_mp3_is_the_default(client, port):
    assert (
        client.audio.speech.create(model="tts-1", voice="alloy", input="Hello.").response.headers["content-type"]
        == "audio/mpeg"
    )
    status, headers, sound = ask(port, "/v1/audio/speech", {"input": "Hello."})
    assert (status, headers["content-type"]) == (200, "audio/mpeg") and soundfile.info(
        io.BytesIO(sound)
    ).format == "MP3"


def test_sound_arrives_before_it_is_complete(client):
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=TEXT * 4, response_format="pcm"
    ) as answer:
        sizes = [len(part) for part in answer.iter_bytes()]
    assert len(sizes) > 3 and max(sizes) < sum(sizes) / 2


def test_events(port):
    status, headers, body = speak(port, TEXT, stream_format="sse")
    assert status == 200 and headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in body.decode().split("\n\n") if line]
    assert [event["type"] for event in events[:-1]] == ["speech.audio.delta"] * (len(events) - 1)
    assert events[-1]["type"] == "speech.audio.done" and set(events[-1]["usage"]) == {
        "input_tokens",
        "output_tokens",
        "total_tokens",
    }
    assert b"".join(base64.b64decode(event["audio"]) for event in events[:-1]) == speak(port, TEXT)[2]


def test_names_of_voices(port):
    default = speak(port, voice="stub/ada")[2]
    assert all(
        speak(port, voice=name)[2] == default for name in ("ada", "stub", "alloy", "coral", None, {"id": "stub/ada"})
    )
    assert speak(port, voice="bob")[2] == speak(port, voice="stub/bob")[2] != default


def test_lists(client, port):
    assert {model.id for model in client.models.list()} == set(MODELS)
    assert client.models.retrieve("tts-1").id == "tts-1"
    listed = json.loads(ask(port, "/v1/audio/voices")[2])
    assert [voice["id"] for voice in listed["voices"]] == ["stub/ada", "stub/bob"] and listed["default"] == "stub/ada"
    assert json.loads(ask(port, "/health")[2])["status"] == "ok"


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"voice": "zoe"}, 404, "voice"),
        ({"voice": "../../etc/passwd"}, 404, "voice"),
        ({"voice": "/"}, 404, "voice"),
        ({"voice": "english/../stub"}, 404, "voice"),
        ({"voice": 7}, 400, "voice"),
        ({"response_format": "aac"}, 400, "response_format"),
        ({"response_format": "../x"}, 400, "response_format"),
        ({"speed": 0.2}, 400, "speed"),
        ({"speed": 4.1}, 400, "speed"),
        ({"speed": "fast"}, 400, "speed"),
        ({"input": ""}, 400, "input"),
        ({"input": "   "}, 400, "input"),
        ({"input": "☃"}, 400, "input"),
        ({"input": None}, 400, "input"),
        ({"input": "\ud800"}, 400, "input"),
        ({"input": "<speak><break time='9s'/>" * 9}, 400, "input"),
        ({"input": "a [pause:20] b [pause:20] c"}, 400, "input"),
        ({"input": "a" * 5000}, 400, "input"),
        ({"stream_format": "morse"}, 400, "stream_format"),
    ],
)
def test_invalid_fields_are_errors_of_openais_shape(port, fields, status, param):
    answer = speak(port, **({"text": fields.pop("input")} if "input" in fields else {}), **fields)
    assert answer[0] == status, answer
    found = error(answer)
    assert found["type"] == "invalid_request_error" and found["param"].startswith(param)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"input": NaN}', b"[" * 5000, b'{"voice": "alloy"}']
)
def test_an_invalid_body_is_an_error(port, body):
    answer = ask(port, "/v1/audio/speech", body)
    assert answer[0] == 400
    error(answer)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nothing", "GET", 404), ("/v1/audio/speech", "GET", 405), ("/v1/models", "DELETE", 405)],
)
def test_other_paths_and_methods(port, path, method, status):
    answer = ask(port, path, method=method)
    assert answer[0] == status
    error(answer)


def test_the_client_raises_its_own_errors(client):
    openai = pytest.importorskip("openai")
    with pytest.raises(openai.NotFoundError, match="there is no voice 'zoe'; there are: stub/ada, stub/bob"):
        client.audio.speech.create(model="tts-1", voice="zoe", input="Hello.")
    with pytest.raises(openai.BadRequestError, match="aac"):
        client.audio.speech.create(model="tts-1", voice="alloy", input="Hello.", response_format="aac")


def test_ssml_and_instructions(client):
    create = client.audio.speech.create
    plain = create(
        model="gpt-4o-mini-tts", voice="alloy", input="Hello. Goodbye.", response_format="pcm", instructions="Whisper."
    ).content
    paused = create(
        model="tts-1", voice="alloy", input="<speak>Hello. <break time='2s'/> Goodbye.</speak>", response_format="pcm"
    ).content
    assert len(paused) > len(plain) + 1.5 * 48_000


def test_metrics_count_requests_and_texts(stub_voice):
    with running(voices=(str(stub_voice),)) as server:
        port = server.ports["http"]
        sound = speak(port, TEXT)[2]
        speak(port, voice="zoe")
        ask(port, "/made-up-path")
        text = ask(port, "/metrics")[2].decode()
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert values['pngnat_requests_total{path="/v1/audio/speech",status="200"}'] == "1"
        assert values['pngnat_requests_total{path="/v1/audio/speech",status="404"}'] == "1"
        assert values['pngnat_requests_total{path="other",status="404"}'] == "1"
        assert (
            values['pngnat_texts_total{result="spoken"}'] == "1" and values["pngnat_first_sound_seconds_count"] == "1"
        )
        assert float(values["pngnat_speech_seconds_total"]) == pytest.approx(len(sound) / 48_000, abs=0.01)
        assert values["pngnat_texts_speaking"] == values["pngnat_texts_waiting"] == "0"


@pytest.mark.parametrize("stream", [True, False])
def test_captions(port, voice, stream):
    body = {"input": TEXT, "voice": "stub/ada", "response_format": "pcm", "stream": stream}
    status, _, answer = ask(port, "/v1/audio/speech/captions", body)
    assert status == 200
    expected = pngnat.synthesize(TEXT, voice)
    parts = [json.loads(line) for line in answer.decode().splitlines()]
    assert len(parts) == (3 if stream else 1)
    assert b"".join(base64.b64decode(part["audio"]) for part in parts) == speak(port, TEXT)[2]
    words = [(row["word"], row["start_time"], row["end_time"]) for part in parts for row in part["timestamps"]]
    assert [word for word, _, _ in words] == [word.text for word in expected.words]
    np.testing.assert_allclose(
        [word[1:] for word in words], [(word.start, word.end) for word in expected.words], atol=2e-4
    )
    phonemes = [row for part in parts for row in part["phonemes"]]
    assert [row["symbol"] for row in phonemes] == [one.symbol for one in expected.phonemes]
    np.testing.assert_allclose([row["end_time"] for row in phonemes], [one.end for one in expected.phonemes], atol=2e-4)
    if not stream:
        assert [row["word"] for row in phonemes] == [one.word for one in expected.phonemes]
    assert ask(port, "/dev/captioned_speech", body)[2] == answer


NODE = """
const OpenAI = require('openai');
(async () => {
  const client = new OpenAI({ baseURL: process.argv[1], apiKey: 'none', maxRetries: 0 });
  const answer = await client.audio.speech.create({
    model: 'tts-1', voice: 'stub/bob', input: process.argv[2], response_format: 'pcm' });
  let parts = 0, size = 0;
  for await (const part of answer.body) { parts += 1; size += part.length; }
  let refused = null;
  try {
    await client.audio.speech.create({ model: 'tts-1', voice: 'zoe', input: 'Hello.' });
  } catch (error) { refused = error; }
  console.log(JSON.stringify({ parts, size, status: refused.status, code: refused.code }));
})();
"""


@pytest.mark.slow
def test_the_client_for_node(port):
    """Needs npm's `openai` in a folder of NODE_PATH."""
    if (
        not shutil.which("node")
        or subprocess.run(["node", "-e", "require('openai')"], capture_output=True, check=False).returncode
    ):
        pytest.skip("npm's openai is not installed")
    text = TEXT * 4
    done = subprocess.run(
        ["node", "-e", NODE, f"http://{HOST}:{port}/v1", text], capture_output=True, text=True, timeout=60, check=True
    )
    found = json.loads(done.stdout)
    assert found["parts"] > 1 and found["size"] == len(speak(port, text, voice="stub/bob")[2])
    assert (found["status"], found["code"]) == (404, "voice_not_found")
