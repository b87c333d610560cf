"""Debian's Chromium with a microphone that plays a file, in front of a studio in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import pngnat

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# On a machine that does other work too.
PATIENCE = 120.0


@contextmanager
def studio_process(folder: Path, voice: Path | str) -> Iterator[tuple[str, subprocess.Popen]]:
    """`pngnat studio` on a free port; its address, and the process, which is killed at the end."""
    environment = os.environ | {"PYTHONPATH": str(Path(pngnat.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    options = [
        "--port",
        "0",
        "--no-browser",
        "--voice",
        str(voice),
        "--base",
        str(voice),
        "--budget",
        "0.2",
        "--least",
        "0.05",
    ]
    command = [sys.executable, "-m", "pngnat", "studio", str(folder), *options]
    with (
        open(folder.with_suffix(".log"), "a+") as log,
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as child,
    ):
        try:
            for line in child.stderr:
                log.write(line)
                if found := re.search(r"open (http://\S+/)", line):
                    break
            else:
                pytest.fail(f"the studio ended with {child.wait(10)}; {log.name} says why")
            yield found[1], child
        finally:
            child.kill()


@contextmanager
def browser(microphone: Path | None = None, *more: str, env: dict[str, str] | None = None) -> Iterator[object]:
    """Chromium. microphone: a wav file that it hears from the moment on at which a page opens the microphone; read anew
    each time.
    more: flags. env: its environment, None for the one here."""
    flags = [
        *more,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    with _playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags, env=env)
        try:
            yield chromium
        finally:
            chromium.close()


_started: list[Any] = []


@contextmanager
def _playwright() -> Iterator[Any]:
    """The one that there is, or a new one: a second beside it is refused, and one that is left behind stands in
    asyncio's way."""
    from playwright.sync_api import sync_playwright

    if _started:
        yield _started[0]
        return
    with sync_playwright() as playwright:
        _started.append(playwright)
        try:
            yield playwright
        finally:
            _started.clear()


@contextmanager
def page_of(chromium, address: str, width: int = 1200, scheme: str = "light") -> Iterator[object]:
    """A page, on which nothing may go wrong unseen. scheme: light or dark, as the person's machine is set."""
    wrong: list[str] = []
    page = chromium.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce", color_scheme=scheme)
    page.set_default_timeout(1000 * PATIENCE)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(address)
    yield page
    page.close()
    assert not wrong


def faults(page) -> list[str]:
    """What axe-core finds of WCAG 2.2 A and AA and of good practice, each with the elements in question."""
    from axe_playwright_python.sync_playwright import Axe

    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": rules}).response["violations"]
    return [f"{one['id']}: {[node['html'][:150] for node in one['nodes']]}" for one in found]
