import json

import pytest

from pngnat.errors import PngnatError
from pngnat.evaluation import commands
from pngnat.evaluation.command_speed import CommandSpeed
from pngnat.evaluation.speed import ThreadSpeed, long_text, measure_command, measure_threads, table


def test_speaking_is_measured(stub_voice):
    speed = measure_threads(str(stub_voice), threads=1, repeat=1)
    assert speed.threads == 1 and speed.real_time_factor > 0 and speed.processor_factor > 0
    assert (
        0 < speed.first_sound_short
        and 0 < speed.first_sound_long
        and 0 < speed.first_sound_sentence
        and 0 < speed.first_block_sentence
    )


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
        "pngnat.evaluation.speed.measure_threads",
        lambda voice, threads, repeat: ThreadSpeed(threads, 0.05, 0.04, 0.1, 0.2, 0.3, 0.125),
    )
    monkeypatch.setattr(
        "pngnat.evaluation.speed.measure_command", lambda voice, text: CommandSpeed(len(text.split()), 2.5, None, 300.0)
    )
    assert commands.main("speed", ["--json", str(tmp_path / "speed.json")]) == 0
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
