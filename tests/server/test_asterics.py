"""AsTeRICS Grid's external speech service: the requests that its speechServiceExternal.js makes."""

import io
import json
from urllib.parse import quote

import pytest
import soundfile
from serving import ask, error, running

import pngnat

PAGE = {"Origin": "https://grid.asterics.eu"}


@pytest.fixture(scope="module")
def board(stub_voice, loopback):
    if not loopback:
        pytest.skip("no loopback")
    with running(voices=(str(stub_voice),), asterics_port=0, token="secret") as server:
        yield server


def get(board, path: str, **headers: str):
    return ask(board.ports["asterics"], path, headers={**PAGE, **headers})


def url(name: str, *parts: str) -> str:
    return "/".join(["", name, *(quote(part, safe="") for part in parts)])


def test_voices_are_listed(board):
    status, headers, body = get(board, "/voices")
    assert status == 200 and headers["access-control-allow-origin"] == "*"
    assert [voice["id"] for voice in json.loads(body)] == ["stub/ada", "stub/bob"]
    assert all(
        voice["type"] == "VOICE_TYPE_EXTERNAL_DATA" and voice["lang"] and voice["name"] for voice in json.loads(body)
    )
    assert get(board, "/voices/")[0] in (200, 307)


@pytest.mark.parametrize("text", ["I want to go home.", "either/or", "50% of #1?", "naïve"])
def test_a_button_speaks_its_text(board, voice, text):
    status, headers, body = get(board, url("speakdata", text, "pngnat", "stub/bob"))
    assert status == 200 and headers["content-type"] == "audio/wav" and headers["access-control-allow-origin"] == "*"
    samples, rate = soundfile.read(io.BytesIO(body))
    assert rate == voice.sample_rate and len(samples) == len(pngnat.synthesize(text, voice, speaker="bob").samples)


def test_the_voice_is_optional(board):
    assert get(board, url("speakdata", "Yes."))[2] == get(board, url("speakdata", "Yes.", "pngnat", "stub/ada"))[2]


def test_a_cached_text_is_not_spoken_again(board):
    spoken = board.service.metrics.jobs["spoken"]
    assert json.loads(get(board, url("cache", "Good morning.", "pngnat", "ada"))[2]) is True
    assert get(board, url("speakdata", "Good morning.", "pngnat", "ada"))[0] == 200
    assert board.service.metrics.jobs["spoken"] == spoken + 1


def test_the_server_plays_no_sound(board):
    assert json.loads(get(board, "/speaking")[2]) is False and json.loads(get(board, "/stop")[2]) is True
    assert error(get(board, url("speak", "Hello.", "pngnat", "ada")))["code"] == "not_playing"


@pytest.mark.parametrize(
    "path",
    [
        url("speakdata", "Hi.", "pngnat", "zoe"),
        url("speakdata", "Hi.", "pngnat", "../x"),
        "/speakdata/",
        "/speakdata/a/b/c/d",
        "/speakdata/%ff%fe",
    ],
)
def test_invalid_requests_are_errors(board, path):
    answer = get(board, path)
    assert answer[0] in (400, 404)
    error(answer)


def test_a_preflight_request_is_allowed(board):
    asking = {**PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Private-Network": "true"}
    status, headers, _ = ask(board.ports["asterics"], "/voices", headers=asking, method="OPTIONS")
    assert status == 200 and headers["access-control-allow-private-network"] == "true"


def test_the_token_still_protects_the_http_port(board):
    assert ask(board.ports["http"], "/v1/models")[0] == 401


def test_the_cache_has_a_limit():
    from pngnat.server.asterics import SoundCache

    cache = SoundCache(10)
    for number in range(5):
        cache.add(("ada", str(number)), bytes(4))
        cache.add(("ada", str(number)), bytes(4))
    assert [cache.get(("ada", str(number))) for number in range(5)] == [None, None, None, bytes(4), bytes(4)]
    cache.add(("ada", "long"), bytes(11))
    assert cache.get(("ada", "long")) is None
