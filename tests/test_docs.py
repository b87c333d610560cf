"""What README.md and docs/ tell people to type works as written; the site is built of pages whose links lead
somewhere."""

import os
import re
import shlex
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pngnat.cli.train import STAGES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- ([^>]*) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Commands that the pages use and a test must not: they would install, or play.
STANDING_IN = {"pip": "exit 0", "aplay": "cat > /dev/null"}


@dataclass(frozen=True)
class Block:
    """A block of code. note: the comment before it, which says where a block cannot be run, and why."""

    page: str
    number: int
    note: str
    language: str
    code: str

    @property
    def is_run(self) -> bool:
        return not self.note.startswith(("not run: ", "test command"))

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"


BLOCKS = [
    Block(page.name, number, note or "", language, code)
    for page in PAGES
    for number, (note, language, code) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
]


@pytest.fixture
def shell(tmp_path):
    """Runs a script of bash in an empty folder, with the `pngnat` of this checkout."""
    commands = tmp_path / "commands"
    commands.mkdir()
    scripts = {
        **STANDING_IN,
        "pngnat": f'PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m pngnat "$@"',
    }
    for name, script in scripts.items():
        file = commands / name
        file.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "here").mkdir()
    environment = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}

    def run(script: str) -> subprocess.CompletedProcess:
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=tmp_path / "here", env=environment, capture_output=True, text=True, timeout=300
        )

    return run


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the pages' commands are bash's")
@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "bash" and block.is_run], ids=str)
def test_commands_run_as_written(block, shell):
    done = shell(block.code)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS if block.language == "python"}))
def test_python_runs_as_written(page, tmp_path, monkeypatch):
    """The blocks of a page follow each other, as a reader types them."""
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in BLOCKS:
        if block.page == page and block.language == "python" and block.is_run:
            exec(compile(block.code, str(block), "exec"), names)


def test_what_is_not_run_says_why():
    assert all(re.fullmatch(r"(not run: .{10,}|test command|)", block.note) for block in BLOCKS)


LINES = [
    line
    for block in BLOCKS
    for line in block.code.replace("\\\n", " ").splitlines()
    if line.startswith("pngnat train ")
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split()[2])
def test_trainings_that_are_not_run_have_the_settings_that_they_name(line):
    _, _, stage, *settings = shlex.split(line)
    config = None
    if settings[0] == "--config-name":
        config, settings = settings[1], settings[2:]
    assert STAGES[stage].compose(*settings, config=config)


@pytest.mark.slow
def test_the_site_is_built(tmp_path):
    pytest.importorskip("mkdocs", reason="needs the extra docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    sounds = re.findall(r'<audio [^>]*src="([^"]+)"', page)
    assert len(sounds) >= 8 and all((tmp_path / "site" / name).stat().st_size > 5000 for name in sounds)
    elsewhere = re.findall(r'<(?:script|link|img|audio)[^>]+(?:src|href)="(https?://[^"]+)"', page)
    assert not [address for address in elsewhere if "canonical" not in address]
