"""What is done shard by shard gives the same, whoever does it."""

import json
from pathlib import Path

import pytest
import soundfile
from formant_speech import formant_speech
from prepared_toy import write_prepared

from pngnat.audio.config import AudioConfig
from pngnat.cli.main import main
from pngnat.data import prepare_shards
from pngnat.data.corpus import manifest_lines
from pngnat.data.features import FeatureStore
from pngnat.data.prepare import PrepareConfig
from pngnat.data.prepare_shards import Preparation
from pngnat.data.pretraining.cache import cached_utterances
from pngnat.data.pretraining.sources import TextFiles
from pngnat.data.pretraining.text import PretrainingText
from pngnat.data.recordings import open_corpora
from pngnat.data.sources import Source
from pngnat.scale.shards import Sharding, to_shards
from pngnat.workers.pool import Workers
from pngnat.workers.processes import Lost

SLOW = ["processes", "ray"]


@pytest.fixture(params=["local", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def engine(request, loopback) -> str:
    if request.param == "ray":
        pytest.importorskip("ray")
        if not loopback:
            pytest.skip("needs a network of this machine's own")
    return request.param


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for number in range(4):
        sound = formant_speech([("", 0.3), ("OW", 0.3), ("N", 0.28), ("OW", 0.3 + 0.02 * number), ("", 0.3)], 24000)
        soundfile.write(folder / f"r{number}.wav", sound, 24000)
    (folder / "bad.wav").write_bytes(b"RIFF")
    (folder / "metadata.csv").write_text("".join(f"{name}|oh no\n" for name in ("r0", "r1", "bad", "r2", "r3")))
    return folder


@pytest.fixture(scope="module")
def aligned(recordings, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("aligned") / "corpus"
    assert main(["prepare", str(recordings), "--out", str(out), "--engine", "local"]) == 0
    return out


@pytest.fixture(scope="module")
def prepared(toy_corpus, tmp_path_factory) -> Path:
    return write_prepared(toy_corpus, tmp_path_factory.mktemp("prepared") / "corpus")


def same(out: Path, whole: Path) -> bool:
    reports = [json.loads((folder / "report.json").read_text()) for folder in (out, whole)]
    return list(manifest_lines(out)) == list(manifest_lines(whole)) and reports[0] == reports[1]


def test_alignment(engine, recordings, aligned, tmp_path):
    assert main(["prepare", str(recordings), "--out", str(tmp_path / "out"), "--engine", engine, "--jobs", "2"]) == 0
    assert same(tmp_path / "out", aligned) and not (tmp_path / "out" / "parts").exists()
    assert len(list(manifest_lines(aligned))) == 4


def test_shares_of_an_alignment(recordings, aligned, tmp_path, capsys):
    command = ["prepare", str(recordings), "--out", str(tmp_path / "out"), "--engine", "local", "--shard"]
    assert main([*command, "2/2"]) == 0
    assert "other shares are missing" in capsys.readouterr().out and not (tmp_path / "out" / "report.json").exists()
    assert main([*command, "1/2"]) == 0
    assert same(tmp_path / "out", aligned) and not (tmp_path / "out" / "parts").exists()
    assert main([*command, "3/2"]) == 2


def test_a_recording_that_kills_its_worker_takes_no_other_with_it(recordings, tmp_path, monkeypatch):
    compute_missing = prepare_shards.compute_missing

    def deadly(make, settings, shards, workers, is_there):
        for shard in shards:
            if any(source.id == "r1" for source in shard.items):
                yield shard, Lost()
            else:
                yield from compute_missing(make, settings, [shard], workers, is_there)

    monkeypatch.setattr(prepare_shards, "compute_missing", deadly)
    monkeypatch.setattr(prepare_shards, "fair_size", lambda _: 3)
    sources = [Source(f"r{number}", recordings / f"r{number}.wav", "oh no", "ann", "train") for number in range(4)]
    preparation = Preparation(sources, PrepareConfig(tmp_path / "out"))
    preparation.make()
    report = preparation.join([])
    assert report["prepared"] == 3 and [(one["id"], "died" in one["reason"]) for one in report["failed"]] == [
        ("r1", True)
    ]


def test_recordings_that_came_later_are_prepared_alone(recordings, aligned, tmp_path, monkeypatch):
    sources = [Source(f"r{number}", recordings / f"r{number}.wav", "oh no", "ann", "train") for number in range(3)]
    config = PrepareConfig(tmp_path / "out")
    prepare_shards.prepare(sources[1:], [], config)
    made = []
    monkeypatch.setattr(prepare_shards, "_part", lambda _, shard: made.extend(shard.items) or f"{shard.number}.jsonl")
    assert prepare_shards.prepare(sources, [], config)["prepared"] == 3
    assert made == sources[:1]
    assert [json.loads(line)["id"] for line in manifest_lines(tmp_path / "out")] == ["r0", "r1", "r2"]


def test_checks(engine, aligned, tmp_path):
    for name, chosen in (("whole", "local"), ("out", engine)):
        assert main(["check", str(aligned), "--out", str(tmp_path / name), "--engine", chosen, "--jobs", "2"]) == 0
    for name in ("checks.csv", "checks.json", "checks.txt"):
        assert (tmp_path / "out" / name).read_text() == (tmp_path / "whole" / name).read_text()
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_shares_of_a_check_of_a_corpus_in_shards(prepared, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("pngnat.data.check_report._CUTS", 5)
    to_shards(Sharding(prepared, tmp_path / "shards", recordings=4), Workers())
    for share in ("1/3", "3/3", "2/3"):
        assert main(["check", str(tmp_path / "shards"), "--out", str(tmp_path / "out"), "--shard", share]) == 0
        assert ("other shares are missing" in capsys.readouterr().out) == (share != "2/3")
    assert json.loads((tmp_path / "out" / "checks.json").read_text())["recordings"] == 14


def test_features(engine, prepared, tmp_path):
    to_shards(Sharding(prepared, tmp_path / "shards", recordings=4), Workers())
    out = tmp_path / "features"
    command = [
        "bulk",
        "features",
        str(tmp_path / "shards"),
        "--out",
        str(out),
        "--pitch",
        "dio",
        "--engine",
        engine,
        "--jobs",
        "2",
    ]
    assert main([*command, "--shard", "1/2"]) == 0
    store, recordings = FeatureStore(out, AudioConfig(), "dio"), open_corpora([tmp_path / "shards"])
    assert len(store.missing(recordings)) == 7
    assert main(command) == 0
    assert store.missing(recordings) == []
    for recording in recordings[:3]:
        assert (store.mel(recording) == FeatureStore(None, AudioConfig()).mel(recording).astype("float16")).all()


def test_text(engine, tmp_path):
    (tmp_path / "a.txt").write_text("\n\n".join(f"Number {number} is here." for number in range(12)))
    texts = {"a": TextFiles(str(tmp_path / "a.txt"))}
    for name, chosen in (("whole", "local"), ("out", engine)):
        assert PretrainingText(texts, str(tmp_path / name), shard_characters=60, engine=chosen, workers=2).phonemize()
    found, expected = (list(cached_utterances(tmp_path / name / "utterances", "train")) for name in ("out", "whole"))
    assert found == expected and len(found) == 12
