"""The start and the end of the studio, without a browser."""

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

CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=studio -addext subjectAltName=IP:127.0.0.1 "
    "-keyout key.pem -out cert.pem"
)


@contextmanager
def running(settings: StudioSettings) -> Iterator[int]:
    """Run a studio in a thread within the block; yield its port."""
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


def test_two_studios_cannot_share_a_folder(tmp_path, stub_voice):
    mine = settings(tmp_path / "ann", stub_voice)
    with running(mine):
        with pytest.raises(PngnatError, match="another studio uses"):
            run_studio(mine)
    with Project(tmp_path / "ann").locked():
        pass


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate with")
def test_phones_connect_over_https_with_the_printed_token(tmp_path, stub_voice, capfd):
    subprocess.run(CERTIFICATE.split(), cwd=tmp_path, check=True, capture_output=True)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    with running(settings(tmp_path / "ann", stub_voice, host="0.0.0.0", certificate=certificate, key=key)) as port:
        printed = capfd.readouterr().err
        address = next(word for word in printed.split() if word.startswith("https://127.0.0.1"))
        assert f":{port}/?token=" in address and "on a phone" in printed and "--certificate" not in printed
        context = ssl.create_default_context(cafile=certificate)
        browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        browser.open(address, timeout=20).close()
        assert json.load(browser.open(f"https://127.0.0.1:{port}/api/state", timeout=20))["voice"] is None


def test_without_a_certificate_the_limits_of_phones_are_printed(tmp_path, stub_voice, capfd):
    with running(settings(tmp_path / "ann", stub_voice, host="0.0.0.0", token="secret")):
        printed = capfd.readouterr().err
        assert "/?token=secret" in printed and "--certificate and --key" in printed


def test_an_invalid_certificate_is_an_error(tmp_path, stub_voice):
    (tmp_path / "key.pem").write_text("no key")
    for certificate in (tmp_path / "key.pem", tmp_path / "missing.pem"):
        with pytest.raises(PngnatError, match="not a certificate"):
            run_studio(settings(tmp_path / "ann", stub_voice, certificate=certificate, key=tmp_path / "key.pem"))
    with pytest.raises(PngnatError, match="both"):
        ServerSettings(key=tmp_path / "key.pem")


def test_it_starts_without_the_packages_for_training():
    code = (
        "import sys, pngnat.studio.run; "
        "print([m for m in ('torch', 'lightning', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
