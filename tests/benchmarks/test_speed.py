import json

import pytest

from benchmarks import run_command, speed
from benchmarks.process import CommandSpeed
from benchmarks.speed import ThreadSpeed, long_text, measure_command, measure_threads, table
from pngnat.errors import PngnatError


def test_speaking_is_measured(stub_voice):
    found = measure_threads(str(stub_voice), threads=1, repeat=1)
    assert found.threads == 1 and all(value > 0 for value in vars(found).values())


@pytest.mark.slow
def test_the_command_is_measured(stub_voice):
    command = measure_command(str(stub_voice), "Hello there.", threads=1)
    assert command.words == 2 and command.seconds > 0
    assert command.peak_megabytes is None or 50 < command.peak_megabytes < 4000


def test_a_command_that_fails(tmp_path):
    with pytest.raises(PngnatError, match="exit code 2"):
        measure_command(str(tmp_path / "no voice"), "Hello.")


def test_long_text():
    assert 5000 <= len(long_text(5000).split()) < 5200


def test_table_and_figures(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(
        "benchmarks.speed.measure_threads",
        lambda voice, threads, repeat: ThreadSpeed(threads, 0.05, 0.04, 0.1, 0.2, 0.3, 0.125),
    )
    monkeypatch.setattr(
        "benchmarks.speed.measure_command", lambda voice, text: CommandSpeed(len(text.split()), 2.5, None, 300.0)
    )
    monkeypatch.setattr("sys.argv", ["speed", "--json", str(tmp_path / "speed.json")])
    assert run_command(speed.parser(), speed.run) == 0
    printed = capsys.readouterr().out
    assert (
        "0.050" in printed
        and "0.125 s" in printed
        and "2.50 s" in printed
        and "300 MB" in printed
        and "unknown" in printed
    )
    figures = json.loads((tmp_path / "speed.json").read_text())
    assert [speed["threads"] for speed in figures["speaking"]] == [1, 2] and len(figures["command"]) == 2
    assert table([], [])
