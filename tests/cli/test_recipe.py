"""A function of settings as a command."""

import importlib.util
import sys
from pathlib import Path

import pytest

from pngnat.cli.recipe import recipe
from pngnat.errors import PngnatError

JOB = '''
from dataclasses import dataclass, field

@dataclass(frozen=True)
class Part:
    noise: float = 1.0

@dataclass(frozen=True)
class Job:
    run_dir: str
    """Where it is kept."""
    name: str
    part: Part = field(default_factory=Part)
    steps: int = 3
    """How long."""
'''
YAML = "defaults: [toy_schema, _self_]\nname: nobody\nhydra: {run: {dir: '${run_dir}'}}\n"


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Makes a command of a function of a toy's settings."""
    (tmp_path / "toy_job.py").write_text(JOB)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "toy.yaml").write_text(YAML)
    (tmp_path / "conf" / "other.yaml").write_text("defaults: [toy, _self_]\nsteps: 7\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "toy_job", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda function: recipe("toy", "toy_job.Job", folder=tmp_path / "conf")(function)


def test_it_runs_with_its_settings_in_the_folder_of_the_run(command, tmp_path):
    seen = []
    assert command(seen.append)(["run_dir=out", "--config-name", "other", "part.noise=2"]) == 0
    (job,) = seen
    assert (type(job).__name__, job.run_dir, job.name, job.part.noise, job.steps) == ("Job", "out", "nobody", 2.0, 7)
    assert (tmp_path / "out" / ".hydra" / "overrides.yaml").exists()


def test_another_process_of_the_training_gets_the_same_command_line(command, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pngnat", "toy", "run_dir=out"])
    seen = []
    command(lambda job: seen.append(list(sys.argv)))(["run_dir=out"])
    assert seen == [["pngnat", "toy", "run_dir=out"]] and sys.argv == seen[0]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "toy: no value for run_dir: give run_dir=... (--help says what it is)"),
        (["run_dir=x", "name=???"], "toy: no value for name: give name=... (--help says what it is)"),
        (
            ["run_dir=x", "part.noice=2"],
            "toy: there is no setting 'part.noice'; do you mean part.noise? (--help lists them)",
        ),
        (["run_dir=x", "zzz=2"], "toy: there is no setting 'zzz' (--help lists them)"),
        (["run_dir=x", "steps=many"], "toy: steps: Value 'many' of type 'str' could not be converted to Integer"),
        (["run_dir=x", "steps==2"], "toy: 'steps==2' is no setting: write NAME=VALUE"),
        (["run_dir=${nothing}"], "toy: run_dir: Interpolation key 'nothing' not found"),
        (["run_dir=x", "--config-name", "nothing"], "toy: Cannot find primary config 'nothing'"),
        (["run_dir=x", "~name"], "toy: the settings have lost their 'name'"),
    ],
)
def test_a_wrong_setting_is_one_line(command, arguments, line, capsys, tmp_path):
    assert command(lambda job: pytest.fail("it ran"))(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(line) and said.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_what_a_person_did_wrong_is_one_line(command, capsys):
    def refuse(job):
        raise PngnatError("this cannot be")

    assert command(refuse)(["run_dir=out"]) == 2
    assert capsys.readouterr().err == "toy: this cannot be\n"


def test_a_missing_extra_is_one_line(command, capsys):
    def need(job):
        import nothing_of_that_name.part  # noqa: F401

    assert command(need)(["run_dir=out"]) == 2
    assert capsys.readouterr().err == 'toy: this needs nothing_of_that_name: pip install "pngnat[train]"\n'


def test_a_fault_of_the_program_keeps_its_traceback(command):
    def fail(job):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command(fail)(["run_dir=out"])


def test_help_works_without_what_the_extra_brings(command, monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in ("hydra", "lightning") else find(name)
    )
    assert command(lambda job: pytest.fail("it ran"))(["--help", "--config-name", "other"]) == 0
    said = capsys.readouterr().out
    assert "run_dir=...\n      Where it is kept." in said and "steps=7\n      How long." in said
    assert said.splitlines()[-1] == 'This needs more than is installed: pip install "pngnat[train]"'


def test_the_settings_are_there_for_python(command):
    toy = command(lambda job: None)
    assert toy.settings("run_dir=x", config="other").steps == 7
    with pytest.raises(PngnatError, match="no value for run_dir"):
        toy.settings()
    assert Path(toy.compose("run_dir=x").run_dir) == Path("x")
