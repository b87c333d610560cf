"""What `pip install pngnat` brings, offline: a folder with the wheel and what it requires, taken from this environment,
and no more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).resolve().parent.parent
MOST_MEGABYTES, MOST_PACKAGES = 250, 16
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy, since a build leaves files behind."""
    checkout, dist = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    for folder in ("pngnat", "conf"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, checkout)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(dist)], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> dict[str, float]:
    """Megabytes by package; the folder is that of `site`."""
    folder = site(wheel)
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    sizes = {"pngnat": _megabytes(path for path in folder.rglob("*"))}
    own = Distribution.at(next(folder.glob("pngnat-*.dist-info")))
    for package in _required(own, {}).values():
        sizes[package.metadata["Name"]] = _megabytes(_linked(package, folder))
    return sizes


def site(wheel: Path) -> Path:
    return wheel.parent / "site"


def _required(package: Distribution, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """What a package requires without extras, and what that requires, by name."""
    from packaging.requirements import Requirement

    for line in package.requires or []:
        requirement = Requirement(line)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            found[name] = distribution(name)
            _required(found[name], found)
    return found


def _linked(package: Distribution, folder: Path) -> Iterator[Path]:
    """The package's files, linked into the folder; not its commands, which lie elsewhere."""
    for file in package.files or []:
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file.locate(), target)
        except OSError:  # another file system
            shutil.copy(file.locate(), target)
        yield target


def _megabytes(paths: Iterator[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 2**20


def _offline() -> list[str]:
    """What begins a command that is to have no network, where the system lets us."""
    unshare = ["unshare", "--map-root-user", "--net"]
    able = (
        shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0
    )
    return unshare if able else []


def _run(wheel: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    # -S: without the packages of this environment.
    environment = {"PYTHONPATH": str(site(wheel)), "PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [*_offline(), sys.executable, "-S", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def test_it_is_light(installed):
    table = "\n".join(f"{size:8.1f} MB  {name}" for name, size in sorted(installed.items(), key=lambda one: -one[1]))
    print(f"\n{table}\n{sum(installed.values()):8.1f} MB  {len(installed)} packages")
    assert sum(installed.values()) < MOST_MEGABYTES and len(installed) <= MOST_PACKAGES, table


def test_it_speaks_without_a_network(wheel, installed, tmp_path):
    done = _run(wheel, tmp_path, "-m", "pngnat", "Dr. Zyxgrop read it on May 3rd.", "-o", "a.wav", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert soundfile.info(tmp_path / "a.wav").duration > 1


def test_what_it_speaks_with_is_what_is_installed(wheel, installed, tmp_path):
    code = (
        "import sys, pngnat; pngnat.synthesize('Hi.'); "
        "print([m for m in ('torch', 'scipy', 'safetensors', 'onnx') if m in sys.modules])"
    )
    done = _run(wheel, tmp_path, "-c", code)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--print-completion", "bash"], ["voices"], ["create", "--help"], ["train", "--help"]]
)
def test_other_commands(wheel, installed, tmp_path, arguments):
    done = _run(wheel, tmp_path, "-m", "pngnat", *arguments)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout
