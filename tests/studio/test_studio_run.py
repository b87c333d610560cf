"""The studio from its start to its end, without a browser."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

import pngnat
from pngnat.errors import PngnatError
from pngnat.server.settings import ServerSettings
from pngnat.studio.project import Project
from pngnat.studio.run import StudioSettings, run_studio

CERTIFICATE = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=studio -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"


@contextmanager
def running(settings: StudioSettings) -> Iterator[int]:
    """A studio in a thread; its port."""
    ready, found = threading.Event(), []
    thread = threading.Thread(target=run_studio, args=(settings, lambda one: (found.append(one), ready.set())))
    thread.start()
    assert ready.wait(60)
    try:
        yield found[0].ports["http"]
    finally:
        found[0].stop()
        found[0].stop()
        thread.join(30)
        assert not thread.is_alive()


def settings(folder: Path, voice: Path, **server) -> StudioSettings:
    return StudioSettings(folder, ServerSettings(port=0, voices=(str(voice),), **server), opens_browser=False)


def test_two_studios_cannot_have_one_folder(tmp_path, stub_voice):
    mine = settings(tmp_path / "ann", stub_voice)
    with running(mine):
        with pytest.raises(PngnatError, match="another studio uses"):
            run_studio(mine)
    with Project(tmp_path / "ann").locked():
        pass


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate with")
def test_phones_come_over_https_with_the_token_that_is_printed(tmp_path, stub_voice, capfd):
    subprocess.run(CERTIFICATE.split(), cwd=tmp_path, check=True, capture_output=True)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    with running(settings(tmp_path / "ann", stub_voice, host="0.0.0.0", certificate=certificate, key=key)) as port:
        said = capfd.readouterr().err
        address = next(word for word in said.split() if word.startswith("https://127.0.0.1"))
        assert f":{port}/?token=" in address and "on a phone" in said and "--certificate" not in said
        context = ssl.create_default_context(cafile=certificate)
        browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        browser.open(address, timeout=20).close()
        assert json.load(browser.open(f"https://127.0.0.1:{port}/api/state", timeout=20))["voice"] is None


def test_without_a_certificate_it_says_what_a_phone_cannot(tmp_path, stub_voice, capfd):
    with running(settings(tmp_path / "ann", stub_voice, host="0.0.0.0", token="secret")):
        said = capfd.readouterr().err
        assert "/?token=secret" in said and "--certificate and --key" in said


def test_what_is_no_certificate_is_told(tmp_path, stub_voice):
    (tmp_path / "key.pem").write_text("no key")
    for certificate in (tmp_path / "key.pem", tmp_path / "missing.pem"):
        with pytest.raises(PngnatError, match="not a certificate"):
            run_studio(settings(tmp_path / "ann", stub_voice, certificate=certificate, key=tmp_path / "key.pem"))
    with pytest.raises(PngnatError, match="both"):
        ServerSettings(key=tmp_path / "key.pem")


def test_it_starts_without_what_makes_voices():
    code = "import sys, pngnat.studio.run; print([m for m in ('torch', 'lightning', 'matplotlib', 'scipy') if m in sys.modules])"
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
