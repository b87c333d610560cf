"""Voices on the Hugging Face Hub, by the Hub's own library against a stub of the Hub on this machine."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import pngnat
from pngnat.errors import PngnatError
from pngnat.voice.hub import PREFIX, download, model_card, upload

pytest.importorskip("huggingface_hub")
SHA = "a" * 40
REPO, REVISION = r"(?P<repo>[\w.-]+/[\w.-]+)", r"(?P<revision>[\w.-]+)"


class StubHub(BaseHTTPRequestHandler):
    """The parts of the Hub's interface that fetching and pushing a model use, with its repositories in
    `server.repos`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if match := re.fullmatch(rf"/api/models/{REPO}(/revision/{REVISION})?", path):
            return self._info(match["repo"], match["revision"])
        if match := re.fullmatch(rf"/api/models/{REPO}/tree/{REVISION}", path):
            return self._json(
                [self._entry(name, data) for name, data in self.server.repos.get(match["repo"], {}).items()]
            )
        if match := re.fullmatch(rf"/{REPO}/resolve/{REVISION}/(?P<file>.+)", path):
            return self._file(match["repo"], match["file"])
        self._json({"error": "not found"}, 404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.split("?")[0]
        if path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            name = json.loads(body)
            repo = f"{name.get('organization') or 'me'}/{name['name']}"
            self.server.repos.setdefault(repo, {})
            return self._json({"url": f"{self._home()}/{repo}"})
        if match := re.fullmatch(rf"/api/models/{REPO}/preupload/{REVISION}", path):
            files = [
                {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                for one in json.loads(body)["files"]
            ]
            return self._json({"files": files})
        if match := re.fullmatch(rf"/api/models/{REPO}/commit/{REVISION}", path):
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.server.repos[match["repo"]][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            return self._json(
                {
                    "success": True,
                    "commitOid": SHA,
                    "commitUrl": f"{self._home()}/{match['repo']}/commit/{SHA}",
                    "hookOutput": "",
                }
            )
        self._json({"error": "not found"}, 404)

    def _home(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def _info(self, repo: str, revision: str | None) -> None:
        files = self.server.repos.get(repo)
        if files is None or revision not in (None, "main", "v1", SHA):
            return self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        sizes = self.server.sizes
        siblings = [
            {"rfilename": name, "size": sizes.get(name, len(data)), "blobId": "b"} for name, data in files.items()
        ]
        self._json(
            {
                "id": repo,
                "modelId": repo,
                "sha": SHA,
                "private": False,
                "tags": [],
                "downloads": 0,
                "siblings": siblings,
            }
        )

    def _entry(self, name: str, data: bytes) -> dict:
        return {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}

    def _file(self, repo: str, file: str) -> None:
        data = self.server.repos[repo].get(file)
        if data is None:
            return self._json({"error": "no such file"}, 404, {"X-Error-Code": "EntryNotFound"})
        self.server.fetched.append(file)
        self._answer(
            200, data, {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
        )

    def _json(self, value: object, status: int = 200, headers: dict | None = None) -> None:
        self._answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _answer(self, status: int, data: bytes, headers: dict) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def hub(stub_voice, loopback):
    """A Hub with the voice me/ann."""
    if not loopback:
        pytest.skip("no loopback")
    server = ThreadingHTTPServer(("127.0.0.1", 0), StubHub)
    server.repos = {"me/ann": {path.name: path.read_bytes() for path in stub_voice.iterdir()}}
    server.sizes, server.fetched = {}, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(hub, tmp_path):
    """Runs `pngnat` with that Hub, whose address is read when its library is imported, and a home of its own."""
    environment = os.environ | {
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_TOKEN": "hf_stub",
        "HF_HUB_DISABLE_XET": "1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(Path(pngnat.__file__).parents[1]),
    }

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "pngnat", *arguments]
        return subprocess.run(
            command, env=environment | more, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120
        )

    return call


@pytest.mark.slow
def test_a_voice_on_the_hub_speaks(run, hub, tmp_path):
    hub.repos["me/ann"]["diary.txt"] = b"not a voice's"
    done = run("Hello.", "-o", "hello.wav", "--voice", "hf://me/ann")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hello.wav").stat().st_size > 1000 and "diary.txt" not in hub.fetched
    folder = tmp_path / "cache/pngnat/hub/me--ann/main"
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    hub.repos.clear()
    assert run("voices", "hf://me/ann", HF_HUB_OFFLINE="1").stdout.startswith("stub: ")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hf://me/nobody", "hf://me/nobody: "),
        ("hf://me/ann@v9", "hf://me/ann@v9: "),
        ("hf://ann", "names no voice on the Hub"),
        ("hf://../../etc", "names no voice on the Hub"),
        ("hf://me/ann@../..", "names no voice on the Hub"),
    ],
)
def test_missing_voice_is_a_one_line_error(run, name, said):
    done = run("voices", name)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.slow
def test_downloaded_folder_gets_the_same_checks(run, hub):
    hub.sizes["acoustic.safetensors"] = 2**40
    done = run("voices", "hf://me/ann")
    assert done.returncode == 2 and "too large" in done.stderr and hub.fetched == []
    hub.sizes.clear()
    hub.repos["me/ann"]["voice.json"] = b"{}"
    assert "voice.json is damaged" in run("voices", "hf://me/ann").stderr
    del hub.repos["me/ann"]["voice.json"]
    assert run("voices", "hf://me/ann@v1").returncode == 2


def test_a_voice_is_pushed_with_its_card(run, hub, stub_voice, tmp_path):
    shutil.copytree(stub_voice, tmp_path / "voices/ben")
    (tmp_path / "voices/ben/diary.txt").write_text("private")
    assert "--yes" in run("voices", "push", "ben", "hf://me/ben").stderr and "me/ben" not in hub.repos
    done = run("voices", "push", "ben", "hf://me/ben", "--yes")
    assert done.returncode == 0 and "me/ben" in done.stdout, done.stderr
    sent = hub.repos["me/ben"]
    assert (
        sent["acoustic.safetensors"] == (stub_voice / "acoustic.safetensors").read_bytes() and "diary.txt" not in sent
    )
    assert sent["README.md"].startswith(b"---\nlibrary_name: pngnat\n") and b"# A voice of noise" in sent["README.md"]
    assert run("voices", "hf://me/ben").returncode == 0


def test_the_card_has_a_head_and_the_consent():
    import yaml

    text = model_card("---\nold: head\n---\n# Ann\n", "CC-BY-4.0", {"who": "Ann\nherself", "what": "to speak"})
    head, body = text.removeprefix("---\n").split("---\n", 1)
    assert yaml.safe_load(head)["license"] == "cc-by-4.0" and yaml.safe_load(head)["pipeline_tag"] == "text-to-speech"
    assert "old: head" not in text and "- who: Ann herself\n- what: to speak" in body
    other = yaml.safe_load(model_card("", "my own: terms\n", None).split("---\n")[1])
    assert other["license"] == "other" and other["license_name"].startswith("my own")


def test_names_are_checked_before_any_request(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("", "a", "a/b/c", "a/b@", "/a/b", "a/..", "a b/c", "a/b@c/d"):
        with pytest.raises(PngnatError, match="names no voice"):
            download(PREFIX + name, ())
    with pytest.raises(PngnatError, match="revision"):
        upload(tmp_path, (), "hf://a/b@c", "")
    assert list(tmp_path.iterdir()) == []
