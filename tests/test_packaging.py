"""The package as setup.cfg describes it, against the files that are there."""

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENT = re.compile(r"^([A-Za-z0-9_.-]+)")


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def names(lines: str) -> set[str]:
    """The packages that requirement lines name, in the spelling that pip compares."""
    found = (REQUIREMENT.match(line) for line in lines.splitlines() if line and not line.startswith("#"))
    return {re.sub(r"[-_.]+", "-", match[1]).lower() for match in found if match}


def built_files() -> set[Path]:
    """What setuptools would install, without building anything."""
    from setuptools import Distribution

    before = Path.cwd()
    os.chdir(ROOT)
    try:
        distribution = Distribution({"script_name": "setup.py"})
        distribution.parse_config_files()
        build = distribution.get_command_obj("build_py")
        build.ensure_finalized()
        modules = {Path(file) for _, _, file in build.find_all_modules()}
        return modules | {Path(folder) / name for _, folder, _, files in build.data_files for name in files}
    finally:
        os.chdir(before)


def test_every_file_of_the_package_is_installed():
    present = {
        path.relative_to(ROOT) for path in (ROOT / "pngnat").rglob("*") if path.is_file() and path.suffix != ".pyc"
    }
    assert present - built_files() == set()


def test_the_settings_are_installed_as_a_part_of_the_package():
    present = {path.relative_to(ROOT) for path in (ROOT / "conf").rglob("*.yaml")}
    assert present and present - built_files() == set()


def test_every_requirement_has_a_tested_version(setup):
    extras = setup["options.extras_require"]
    required = names(setup["options"]["install_requires"]).union(*(names(extras[extra]) for extra in extras)) - {
        "pngnat"
    }
    tested = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert required - names(tested) == set()
    assert all("==" in line for line in tested.splitlines() if line and not line.startswith("#"))


def test_nothing_needs_torchaudio(setup):
    # Its releases fit one PyTorch each, and not the one used here.
    assert "torchaudio" not in names((ROOT / "constraints.txt").read_text(encoding="utf-8"))


def test_ci_finds_the_test_command_in_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    awk = re.search(r"^test_command=\$\((awk .*)\)$", script, re.MULTILINE)[1]
    command = subprocess.run(["bash", "-c", awk], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert command == 'pip install -c constraints.txt ".[test-all]" && pytest -n auto --dist loadfile'
