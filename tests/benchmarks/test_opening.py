"""A sharded corpus of any size opens in little time and memory."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from prepared_toy import write_prepared

from benchmarks import opening, run_command
from benchmarks.opening import measure_opening
from pngnat.data.shar import CUTS, INDEX, SHARDS, SOUNDS
from pngnat.scale.shards import Sharding, to_shards
from pngnat.workers.pool import Workers


@pytest.fixture(scope="module")
def sharded(toy_corpus, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("sharded")
    prepared = write_prepared(toy_corpus, out / "prepared")
    to_shards(Sharding(prepared, out / "corpus", recordings=4), Workers())
    return out / "corpus"


def command(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["opening", *arguments])
    return run_command(opening.parser(), opening.run)


def test_corpus_of_any_size_is_opened_by_a_command(sharded, tmp_path, monkeypatch):
    figures = tmp_path / "figures.json"
    assert command(monkeypatch, str(sharded), "--recordings", "50", "--json", str(figures)) == 0
    found = json.loads(figures.read_text())
    assert 50 <= found["in all"] < 50 + 14 and 0 < found["recordings"] < found["in all"]
    assert command(monkeypatch, str(tmp_path)) == 2


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")
def test_million_recordings_open_in_little_memory(sharded, tmp_path):
    # As many shards as there would be, all of them copies of the first one.
    shutil.copytree(sharded, tmp_path / "large")
    rows = np.load(tmp_path / "large" / INDEX / "rows.npy")
    many = np.resize(rows[(rows["split"] == 0) & (rows["shard"] == 0)], 1_000_000)
    many["shard"] = np.arange(len(many)) // 1000
    np.save(tmp_path / "large" / INDEX / "rows.npy", many)
    for number in range(1, 1000):
        for name in (CUTS, SOUNDS):
            path = tmp_path / "large" / SHARDS / name.format(number)
            path.unlink(missing_ok=True)
            path.symlink_to(name.format(0))
    figures = measure_opening(tmp_path / "large")
    assert figures["recordings"] == 1_000_000 and figures["memory (MB)"] < 300
