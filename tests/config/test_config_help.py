import subprocess
import sys

import pytest

from pngnat.config.help import settings_of, settings_text, yaml_values

PARTS = '''
from dataclasses import dataclass, field

@dataclass(frozen=True)
class Schedule:
    """In general."""

    steps: int = 100_000
    """How long."""
    hours: float | None = None
    quick: bool = False
'''
JOB = '''
import nothing_of_that_name
from toy_settings import Schedule as Plan

@dataclass
class Base:
    run_dir: str
    """Where it
    is kept."""

@dataclass(frozen=True)
class Job(Base):
    schedule: Plan = field(default_factory=lambda: Plan(steps=3, quick=True))
    other: Plan | None = None
    sizes: tuple[int, ...] = (1, 2)
    names: list = field(default_factory=list)
    text: str = "a"
    """Some text."""
    one: int = 1
'''


@pytest.fixture
def modules(tmp_path, monkeypatch):
    package = tmp_path / "toy_settings"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')\nfrom toy_settings.parts import Schedule\n")
    (package / "parts.py").write_text(PARTS)
    (package / "job.py").write_text(JOB)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_fields_defaults_and_docs_are_read_without_importing(modules):
    found = {one.name: (one.default, one.doc) for one in settings_of("toy_settings.job.Job")}
    assert found == {
        "run_dir": ("...", "Where it is kept."),
        "schedule.steps": ("3", "How long."),
        "schedule.hours": ("null", ""),
        "schedule.quick": ("true", ""),
        "other": ("null", ""),
        "other.steps": ("100000", "How long."),
        "other.hours": ("null", ""),
        "other.quick": ("false", ""),
        "sizes": ("[1,2]", ""),
        "names": ("[]", ""),
        "text": ("a", "Some text."),
        "one": ("1", ""),
    }
    assert "nothing_of_that_name" not in sys.modules and "toy_settings" not in sys.modules


def test_values_of_yaml_stand_for_defaults(modules):
    found = {
        one.name: one.default
        for one in settings_of("toy_settings.job.Job", {"run_dir": "x", "other": {"steps": 5}, "sizes": None})
    }
    assert (found["run_dir"], found["other.steps"], found["sizes"]) == ("x", "5", "null") and "other" not in found


def test_no_class_is_an_error(modules):
    with pytest.raises(LookupError):
        settings_of("toy_settings.job.Nothing")


def test_yaml_files_are_joined_as_hydra_joins_them(tmp_path):
    (tmp_path / "sizes").mkdir()
    (tmp_path / "sizes" / "big.yaml").write_text("defaults: [base, _self_]\nwidth: 3\n")
    (tmp_path / "sizes" / "base.yaml").write_text("width: 1\ndepth: 2\n")
    (tmp_path / "first.yaml").write_text(
        "defaults: [first_schema, sizes@model.sizes: big, _self_]\nmodel: {sizes: {depth: 7}}\nhydra: {}\n"
    )
    (tmp_path / "second.yaml").write_text("defaults: [first, {override hydra/job_logging: stdout}]\nmodel: {name: x}\n")
    assert yaml_values("second", [tmp_path]) == {"model": {"sizes": {"width": 3, "depth": 7}, "name": "x"}}


def test_text_is_wrapped(modules):
    text = settings_text(settings_of("toy_settings.job.Job"), width=20)
    assert "  run_dir=...\n      Where it is\n      kept.\n" in text


def test_help_is_light():
    show = "from pngnat.cli.recipes import check; check(['--help'])"
    code = f"import sys; {show}; print([m for m in ('torch', 'numpy', 'hydra') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "limits.noise=25.0" in done.stdout
