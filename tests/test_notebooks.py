"""The notebooks of docs/ run from their first cell to their last, in an empty folder."""

import os
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "docs" / "notebooks"


def run(name: str, folder: Path, monkeypatch) -> list:
    """The outputs of all cells; a cell that raises fails the test with what it says."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are not kept: clear them before you commit"
    nbclient.NotebookClient(
        notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def pictures(outputs: list) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs)


def printed(outputs: list) -> str:
    return "".join(output.get("text", "") for output in outputs if output.get("name") == "stdout")


def test_speech_is_shaped(tmp_path, monkeypatch):
    outputs = run("speak-and-shape.ipynb", tmp_path, monkeypatch)
    before, after = (float(part.split()[0]) for part in printed(outputs).split("became"))
    assert after > before and pictures(outputs) == 3
    assert (tmp_path / "tea.TextGrid").read_text().count('"tea"') == 1 and (tmp_path / "tea.wav").stat().st_size > 24000


@pytest.mark.slow
def test_a_voice_is_made_and_blended(tmp_path, monkeypatch):
    outputs = run("make-and-blend.ipynb", tmp_path, monkeypatch)
    own, half, theirs = (float(line.split(": ")[1].split()[0]) for line in printed(outputs).strip().splitlines()[-3:])
    # Of geometric means: Cauchy and Schwarz. The figures are rounded.
    assert half <= (own * theirs) ** 0.5 + 0.05 and pictures(outputs) == 4
