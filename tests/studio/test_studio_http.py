import base64
import io
import json
import zipfile

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient
from studio_help import HOST, make_studio, tone, wav_bytes

from pngnat.studio.making import STATE, MakingState, write_state
from pngnat.studio.run import studio_app

AGREED = {"speaker": "Ann Lee", "agreed_by": "Ann Lee", "purpose": "to speak with my family", "sure": True}


@pytest.fixture
def studio(tmp_path, stub_voice):
    return make_studio(tmp_path / "ann", stub_voice)


@pytest.fixture
def client(studio):
    with TestClient(studio_app(studio), base_url=HOST) as client:
        yield client
    studio.service.jobs.close()


def record(client: TestClient, prompt: str, samples: np.ndarray) -> dict:
    answer = client.post("/api/takes", params={"prompt": prompt}, content=wav_bytes(samples))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_requests_of_other_sites_are_refused(client):
    assert client.get("/api/state").status_code == 200
    for headers in (
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8890"},
        {"host": "[not"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert client.get("/api/state", headers=headers).status_code == 403, headers
        assert client.post("/api/delete", json={"sure": True}, headers=headers).status_code == 403, headers
    assert (
        client.get("/api/state", headers={"host": "localhost:8890", "origin": "http://localhost:8890"}).status_code
        == 200
    )


def test_other_machines_need_the_token(tmp_path, stub_voice):
    studio = make_studio(tmp_path / "ann", stub_voice, host="0.0.0.0", token="abc")
    address = "http://192.168.1.20:8890"
    with TestClient(studio_app(studio), base_url=address) as phone:
        assert phone.get("/").status_code == phone.get("/api/state").status_code == 401
        for wrong in ("", "ab", "abcd", "\u00e9"):
            assert phone.get("/", params={"token": wrong}).status_code == 401
        # A link in another page, such as a chat's.
        assert phone.get("/?token=abc", headers={"sec-fetch-site": "cross-site"}).status_code == 200
        (cookie,) = phone.cookies.jar
        assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite").lower() == "strict"
        assert (
            phone.get("/api/state").status_code
            == phone.get("/api/state", headers={"origin": address}).status_code
            == 200
        )
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert phone.post("/api/delete", json={"sure": True}, headers=headers).status_code == 403
        assert phone.get("/api/state", headers={"cookie": "pngnat_studio=abd"}).status_code == 401
    studio.service.jobs.close()


def test_pages_load_nothing_from_other_sites(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fsetup.cfg", "/api/takes/..%2f..%2fstudio.json/sound", "/api/takes/x/sound", "/%2e%2e/run.py"]
)
def test_no_path_leads_out_of_the_served_files(client, path):
    assert client.get(path).status_code == 404


def test_a_take_is_kept_played_left_out_and_deleted(client, studio):
    prompt = client.get("/api/prompts").json()[0]
    found = record(client, prompt["id"], tone())
    take = found["take"]
    assert take["kept"] and take["notes"] and found["standing"]["takes"] == 1
    assert client.get("/api/prompts").json()[0]["take"]["id"] == take["id"]
    assert soundfile.info(io.BytesIO(client.get(f"/api/takes/{take['id']}/sound").content)).frames == 16000
    assert client.post(f"/api/takes/{take['id']}/leave-out").json()["standing"]["takes"] == 0
    assert client.post(f"/api/takes/{take['id']}/keep").json()["standing"]["takes"] == 1
    assert client.delete(f"/api/takes/{take['id']}").json()["standing"]["takes"] == 0
    assert client.post(f"/api/takes/{take['id']}/keep").status_code == 404


@pytest.mark.parametrize("content", [b"", b"RIFF", wav_bytes(tone(0.01)), wav_bytes(np.zeros(301 * 8000), 8000)])
def test_an_invalid_take_is_an_error(client, content):
    prompt = client.get("/api/prompts").json()[0]["id"]
    answer = client.post("/api/takes", params={"prompt": prompt}, content=content)
    assert answer.status_code == 400 and answer.json()["error"]["message"]


def test_a_room_is_analyzed(client):
    assert client.post("/api/room", content=wav_bytes(np.zeros(16000))).json()["again"] is False
    assert client.post("/api/room", content=wav_bytes(tone())).json()["again"] is True


def test_old_recordings_are_imported(client, tmp_path):
    files = [
        ("files", ("a b.wav", wav_bytes(tone()))),
        ("files", ("a b.txt", b"Good evening.")),
        ("files", ("../../evil.wav", b"x")),
    ]
    found = client.post("/api/import", files=files).json()
    assert [take["text"] for take in found["takes"]] == ["Good evening."]
    assert len(found["left"]) == 1 and not (tmp_path / "evil.wav").exists()


def test_everything_can_be_exported_and_deleted(client, studio):
    client.put("/api/phrases", json={"phrases": ["Call Priya."]})
    record(client, client.get("/api/prompts").json()[-1]["id"], tone())
    with zipfile.ZipFile(io.BytesIO(client.get("/api/export").content)) as archive:
        assert sum(name.endswith(".wav") for name in archive.namelist()) == 1
    assert client.post("/api/delete", json={"sure": False}).status_code == 400
    assert client.post("/api/delete", json={"sure": True}).json()["standing"]["takes"] == 0
    assert client.get("/api/state").json()["phrases"] == []


def test_no_voice_is_made_without_consent(client):
    assert client.post("/api/making/start").status_code == 400
    assert client.post("/api/consent", json={**AGREED, "sure": False}).status_code == 400
    assert client.post("/api/consent", json={**AGREED, "agreed_by": " "}).status_code == 400
    assert client.get("/api/state").json()["consent"] is None
    assert client.post("/api/consent", json=AGREED).json()["consent"]["speaker"] == "Ann Lee"
    assert client.delete("/api/consent").json()["consent"] is None


@pytest.mark.slow
def test_a_failed_making_gives_the_reason(client, studio):
    client.post("/api/consent", json=AGREED)
    assert client.post("/api/making/start").json()["state"] == "running"
    studio.making._process.wait(120)
    state = client.get("/api/making").json()
    assert state["state"] == "failed" and "metadata.csv" in state["words"]


def test_a_making_is_stopped_after_its_studio_was_killed(client, studio):
    path = studio.project.folder / "work" / STATE
    path.parent.mkdir()
    write_state(path, MakingState("running", "Learning how you speak", 3, 5, 0.4, 600.0))
    state = client.get("/api/making").json()
    assert (state["state"], state["number"]) == ("stopped", 3)


def test_a_recorded_phrase_is_played(client, studio):
    client.put("/api/phrases", json={"phrases": ["Call Priya."]})
    record(client, client.get("/api/prompts").json()[-1]["id"], tone(0.5))
    own = client.post("/api/say", json={"text": "call priya"})
    assert own.headers["x-own-recording"] == "1" and len(own.content) == 2 * 12000
    made = client.post("/api/say", json={"text": "call priya", "own": False})
    assert made.headers["x-own-recording"] == "0" and made.content and int(made.headers["x-sample-rate"]) == 24000


def test_a_shape_has_everything_that_the_page_draws(client):
    shape = client.post("/api/shape", json={"text": "How are you?", "voice": "stub/bob"}).json()
    sound, rate = soundfile.read(io.BytesIO(base64.b64decode(shape["sound"])))
    assert (
        len(sound) / rate
        == pytest.approx(shape["duration"])
        == pytest.approx(sum(one["seconds"] for one in shape["tokens"]))
    )
    assert len(base64.b64decode(shape["mel"]["data"])) == shape["mel"]["bins"] * shape["mel"]["frames"]
    assert [word["text"] for word in shape["words"]] == ["How", "are", "you"]
    assert len(shape["pitch"]) == pytest.approx(shape["duration"] / shape["hop"], abs=1)


def test_invalid_shapes_are_errors(client):
    assert client.post("/api/shape", json={"text": "How are you?", "durations": [0.1]}).status_code == 400
    assert client.post("/api/shape", json={"text": ""}).status_code == 400
    assert client.post("/api/shape", json={"text": "Hello.", "voice": "../stub"}).status_code == 404


@pytest.mark.parametrize(
    ("format", "start"), [("wav", b"RIFF"), ("json", b"{"), ("srt", b"1\n"), ("TextGrid", b"File type")]
)
def test_shaped_sentences_are_saved_as_one_file(client, format, start):
    sentences = [
        {"text": text}
        for text in client.post("/api/shape/split", json={"text": "Hello. How are you?"}).json()["sentences"]
    ]
    saved = client.post("/api/shape/save", json={"sentences": sentences, "format": format})
    assert saved.content.startswith(start) and f"speech.{format}" in saved.headers["content-disposition"]
    if format == "json":
        assert [word["text"] for word in json.loads(saved.content)["words"]] == ["Hello", "How", "are", "you"]


def test_voices_are_listed_with_their_professionals(client):
    rows = client.get("/api/voices").json()
    assert [row["id"] for row in rows] == ["stub/ada", "stub/bob"] and rows[0]["lenders"] == ["pro", "bob"]
