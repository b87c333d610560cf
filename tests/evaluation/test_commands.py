import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pngnat.errors import PngnatError
from pngnat.evaluation import commands
from pngnat.evaluation.commands import MEASURES

FOLDER = Path(commands.__file__).parent


def test_every_module_that_is_a_command_is_in_the_table():
    modules = {
        path.stem for path in FOLDER.glob("*.py") if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    }
    assert modules == set(MEASURES)


@pytest.mark.parametrize("name", MEASURES)
def test_a_module_runs_its_own_command(name):
    assert callable(import_module(f"pngnat.evaluation.{name}").run)
    assert f'main("{name}")' in (FOLDER / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.slow
def test_it_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "pngnat.evaluation.joins", "--sentences", str(tmp_path / "none.txt")]
    done = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("error: ") and "none.txt" in done.stderr


def test_an_extra_that_is_missing_is_one_line(monkeypatch, capsys):
    def run(options):
        raise ModuleNotFoundError("No module named 'jiwer.process'", name="jiwer.process")

    monkeypatch.setattr("pngnat.evaluation.intelligibility.run", run)
    assert commands.main("intelligibility", []) == 2
    assert capsys.readouterr().err == 'error: this needs jiwer: pip install "pngnat[eval]"\n'


def test_a_fault_of_our_own_keeps_its_traceback(monkeypatch):
    def run(options):
        raise ModuleNotFoundError("No module named 'pngnat.nothing'", name="pngnat.nothing")

    monkeypatch.setattr("pngnat.evaluation.joins.run", run)
    with pytest.raises(ModuleNotFoundError):
        commands.measure("joins", [], "joins")


def test_what_is_missing_is_named(capsys):
    with pytest.raises(PngnatError, match="--vocoder"):
        commands.measure("vocoder", ["--corpus", "corpora/mine"], "vocoder")
