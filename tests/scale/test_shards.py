"""A corpus in shards is the corpus in its folder: the same recordings, read one by one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from prepared_toy import write_prepared

from pngnat.audio.config import AudioConfig
from pngnat.cli.main import main
from pngnat.data.dataset import AcousticDataset
from pngnat.data.features import FeatureStore
from pngnat.data.paused_corpus import PauseSettings, change_corpus
from pngnat.data.recordings import corpus_digest, is_corpus, open_corpora, read_corpus
from pngnat.data.shar import INDEX, SharCorpus
from pngnat.errors import PngnatError
from pngnat.evaluation.vocoder import clips
from pngnat.finetune.data import read_professionals
from pngnat.scale.shards import Sharding, to_shards
from pngnat.training.vocoder_data import STAY, SegmentConfig, Segments
from pngnat.training.vocoder_job import at_most
from pngnat.workers.pool import Workers


@pytest.fixture(scope="module")
def prepared(toy_corpus, tmp_path_factory) -> Path:
    return write_prepared(toy_corpus, tmp_path_factory.mktemp("prepared") / "corpus")


@pytest.fixture(scope="module")
def sharded(prepared, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("sharded") / "corpus"
    assert to_shards(Sharding(prepared, out, recordings=4), Workers()) == 14
    return out


def by_name(recordings):
    return {recording.id: recording for recording in recordings}


def test_every_recording_is_there_once_and_is_the_same(prepared, sharded):
    folder, shards = open_corpora([prepared]), open_corpora([sharded])
    assert len(shards) == 14 and shards.speakers == folder.speakers == ["a", "b"]
    for split in ("train", "valid"):
        expected, found = by_name(folder.part(split)), by_name(shards.part(split))
        assert set(found) == set(expected)
        for name, one in expected.items():
            other = found[name]
            assert (other.speaker, other.split, other.utterance, other.symbols) == (
                one.speaker,
                one.split,
                one.utterance,
                one.symbols,
            )
            np.testing.assert_array_equal(other.durations, one.durations)
            np.testing.assert_array_equal(other.sound(24000), one.sound(24000))
    lengths = {recording.id: seconds for recording, seconds in zip(shards, shards.seconds, strict=True)}
    assert lengths == pytest.approx({recording.id: recording.seconds for recording in folder}, abs=1e-3)


def test_lhotse_reads_them(sharded):
    lhotse = pytest.importorskip("lhotse")
    cuts = list(lhotse.CutSet.from_shar(in_dir=sharded / "shar"))
    assert len(cuts) == 14
    assert all(cut.load_audio().shape[1] == cut.num_samples for cut in cuts)


def test_corpora_in_folders_and_in_shards_are_one_list(prepared, sharded):
    both = open_corpora([prepared, sharded])
    assert [recording.id for recording in both[:14]] == [recording.id for recording in open_corpora([prepared])]
    assert both.is_sharded and len(set(both.shard[:14])) == 1 and not set(both.shard[:14]) & set(both.shard[14:])


def test_the_examples_are_those_of_the_folder(prepared, sharded, toy_corpus, tmp_path):
    def examples(folder, name):
        train = open_corpora([folder]).part("train")
        data = AcousticDataset(train, toy_corpus.tokenizer, ["a", "b"], FeatureStore(tmp_path / name, AudioConfig()))
        return data, {example.id: example for example in map(data.__getitem__, range(len(data)))}

    (one, expected), (other, found) = examples(prepared, "folder"), examples(sharded, "shards")
    assert one.shards is None and len(set(other.shards)) > 1
    assert {round(float(seconds), 4) for seconds in one.padded_seconds} == {
        round(float(seconds), 4) for seconds in other.padded_seconds
    }
    for name, example in expected.items():
        np.testing.assert_array_equal(found[name].mel, example.mel)
        np.testing.assert_array_equal(found[name].tokens.ids, example.tokens.ids)


def test_what_reads_a_corpus_reads_both(prepared, sharded):
    folder, shards = read_corpus(prepared, "train"), read_corpus(sharded, "train")
    assert set(by_name(folder)) == set(by_name(shards)) and folder.speakers == shards.speakers
    assert set(by_name(read_corpus(sharded, speakers=["b"]))) == {one.id for one in folder.spoken_by(["b"])} | {
        "r11",
        "r13",
    }
    with pytest.raises(PngnatError, match="none of the speakers zoe in the split 'train'"):
        read_corpus(sharded, "train", ["zoe"])
    with pytest.raises(PngnatError, match="no recordings in the split 'test'"):
        read_corpus(sharded, "test")
    assert is_corpus(sharded) and is_corpus(prepared) and not is_corpus(sharded.parent)
    assert len({corpus_digest(folder) for folder in (prepared, sharded)}) == 2
    sounds = [dict(clips(folder, "train", 0, AudioConfig())) for folder in (prepared, sharded)]
    assert set(sounds[0]) == set(sounds[1]) and all(
        np.array_equal(sounds[1][name], sound) for name, sound in sounds[0].items()
    )
    professionals = [
        {one.id.split("-")[1] for one in read_professionals([folder], ["a", "b"])} for folder in (prepared, sharded)
    ]
    assert professionals[0] == professionals[1]


def test_pauses_of_shards_are_changed_as_those_of_a_folder(prepared, sharded, tmp_path):
    made = [tmp_path / "folder", tmp_path / "shards"]
    counts = [change_corpus(PauseSettings(path, out)) for path, out in zip((prepared, sharded), made, strict=True)]
    assert counts[0] == counts[1] and counts[0]["recordings"] == 14
    expected, found = (by_name(read_corpus(folder)) for folder in made)
    for name, one in expected.items():
        np.testing.assert_array_equal(found[name].durations, one.durations)
        np.testing.assert_array_equal(found[name].sound(24000), one.sound(24000))


def test_a_vocoder_draws_from_a_few_shards_at_a_time(sharded, monkeypatch):
    read, get = [], SharCorpus.__getitem__

    def reading(corpus, place):
        read.append(place)
        return get(corpus, place)

    monkeypatch.setattr(SharCorpus, "__getitem__", reading)
    train = open_corpora([sharded]).part("train")
    shard_of = dict(zip(train.place.tolist(), train.shard.tolist(), strict=True))
    store, config = FeatureStore(None, AudioConfig(), "dio"), SegmentConfig(frames=8, window=1)
    assert store.missing(at_most(train, 60)) == [] and not read
    shards = []
    for number in (0, STAY - 1, *range(STAY, 8 * STAY, STAY)):
        read.clear()
        batch = Segments(store, train, 4, config).batch(number)
        assert Segments(store, train, 4, config, first=number).batch(number).ids == batch.ids
        shards.append({shard_of[place] for place in read})
    assert all(len(one) == 1 for one in shards) and shards[0] == shards[1] and len(set.union(*shards)) > 1


def test_shares_and_opus(prepared, tmp_path):
    sharding = Sharding(prepared, tmp_path / "out", "opus", 4)
    assert to_shards(sharding, Workers(partition=(1, 2))) == 0
    assert to_shards(sharding, Workers(partition=(2, 2))) == 14
    recording = open_corpora([tmp_path / "out"])[0]
    assert abs(len(recording.sound(24000)) / 24000 - recording.seconds) < 0.01


def test_the_command(prepared, tmp_path, capsys):
    assert main(["bulk", "shards", str(prepared), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("14 recordings in ")
    assert main(["bulk", "shards", str(tmp_path), "--out", str(tmp_path / "other")]) == 2
    assert "no prepared corpus" in capsys.readouterr().err


def test_a_spoilt_shard_is_named(sharded, tmp_path):
    shutil.copytree(sharded, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / INDEX)
    path = tmp_path / "copy" / "shar" / "recording.000001.tar"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(PngnatError, match=r"cuts\.000001\.jsonl"):
        open_corpora([tmp_path / "copy"])


def test_the_index_says_where_each_cut_lies(sharded):
    rows = np.load(sharded / INDEX / "rows.npy")
    for row in rows:
        with open(sharded / "shar" / f"cuts.{row['shard']:06d}.jsonl", "rb") as file:
            file.seek(row["cut"])
            assert json.loads(file.read(row["cut_size"]))["duration"] == pytest.approx(row["seconds"])
