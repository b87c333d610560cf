"""A server under load, measured."""

import json

import pytest

from benchmarks import load as benchmark
from benchmarks import run_command
from benchmarks.load import Load, measure_load
from pngnat.errors import PngnatError

pytest.importorskip("fastapi")


@pytest.mark.slow
def test_32_clients_at_once_get_sound_or_429_and_memory_stays(stub_voice, loopback):
    if not loopback:
        pytest.skip("no loopback")
    load = measure_load(32, 24, ["--voice", str(stub_voice), "--queue", "16"])
    assert not load.errors and load.spoken == len(load.first_bytes) > 32 and load.refused > 0 and load.quiet_hang_ups
    first, _, last = load.memory
    assert first is None or last - first < 50


def test_a_server_that_does_not_start(tmp_path):
    with pytest.raises(PngnatError, match=r"does not start.* no voice"):
        measure_load(1, 1, ["--voice", str(tmp_path / "none")])


def test_the_report(monkeypatch, tmp_path, capsys):
    load = Load(2, 3, 1, ["status 500"], [0.1, 0.2, 0.3], [0.05], [0.01, 0.01], [100.0, None, 101.0])
    monkeypatch.setattr("benchmarks.load.measure_load", lambda *_: load)
    monkeypatch.setattr("sys.argv", ["load", "--clients", "2", "--json", str(tmp_path / "load.json")])
    assert run_command(benchmark.parser(), benchmark.run) == 0
    out, err = capsys.readouterr()
    assert (
        "0.200 s, 0.290 s" in out
        and "0.050 s of 1" in out
        and "100 MB, unknown, 101 MB" in out
        and err == "status 500\n"
    )
    assert json.loads((tmp_path / "load.json").read_text())["first_bytes"] == [0.1, 0.2, 0.3]
