import wave
from pathlib import Path

import numpy as np
import pytest

from pngnat.data.corpus import Recording
from pngnat.errors import PngnatError
from pngnat.finetune.data import TargetData, mixed, read_professionals, speech_seconds, target_sources
from pngnat.text.utterance import Boundary, Utterance


def record(folder: Path, count: int, seconds: float = 6.0, line: str = "r{0}|text number {0}") -> Path:
    (folder / "wavs").mkdir(parents=True)
    for index in range(count):
        with wave.open(str(folder / "wavs" / f"r{index}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(b"\0\0" * round(8000 * seconds))
    (folder / "metadata.csv").write_text("".join(line.format(index) + "\n" for index in range(count)))
    return folder


@pytest.mark.parametrize(("count", "held"), [(10, 1), (30, 3), (60, 6), (70, 6), (200, 16)])
def test_six_texts_are_kept_out_where_there_are_enough(tmp_path, count, held):
    parts = splits(target_sources(TargetData(record(tmp_path, count, 8.0)), "ann")[0])
    assert len(parts["valid"]) == len(parts["test"]) == held


def splits(sources):
    return {split: {source.id for source in sources if source.split == split} for split in ("train", "valid", "test")}


def test_a_part_is_kept_out_by_a_rule(tmp_path):
    folder = record(tmp_path / "a", 50)
    sources, skipped = target_sources(TargetData(folder, held_out=0.1), "ann")
    parts = splits(sources)
    assert {split: len(ids) for split, ids in parts.items()} == {"train": 40, "valid": 5, "test": 5} and not skipped
    assert parts == splits(target_sources(TargetData(record(tmp_path / "b", 50), held_out=0.1), "ben")[0])
    assert {source.speaker for source in sources} == {"ann"}


def test_fewer_minutes_are_a_part_of_more_and_the_rest_stays_kept_out(tmp_path):
    folder = record(tmp_path, 60)
    found = {
        minutes: splits(target_sources(TargetData(folder, 0.1, minutes), "ann")[0]) for minutes in (1.0, 2.0, 3.0, None)
    }
    assert found[1.0]["train"] < found[2.0]["train"] < found[3.0]["train"] < found[None]["train"]
    assert [len(found[minutes]["train"]) for minutes in (1.0, 2.0, 3.0)] == [10, 20, 30]
    for split in ("valid", "test"):
        assert len({frozenset(parts[split]) for parts in found.values()}) == 1


def test_splits_of_the_folder_win(tmp_path):
    folder = record(tmp_path, 12, 10.0, "r{0}|ann|train|text {0}")
    lines = (
        (folder / "metadata.csv")
        .read_text()
        .replace("r3|ann|train", "r3|ann|valid")
        .replace("r4|ann|train", "r4|ann|test")
    )
    (folder / "metadata.csv").write_text(lines)
    parts = splits(target_sources(TargetData(folder), "voice")[0])
    assert parts["valid"] == {"r3"} and parts["test"] == {"r4"}


def test_too_little(tmp_path):
    with pytest.raises(PngnatError, match="ten or more"):
        target_sources(TargetData(record(tmp_path / "few", 4, 60.0)), "ann")
    with pytest.raises(PngnatError, match=r"0.8 minutes to learn from"):
        target_sources(TargetData(record(tmp_path / "short", 10)), "ann")


def test_a_voice_is_one_person_s(tmp_path):
    folder = record(tmp_path, 12, 10.0, "r{0}|ann|train|text {0}")
    (folder / "metadata.csv").write_text((folder / "metadata.csv").read_text().replace("r3|ann", "r3|ben"))
    with pytest.raises(PngnatError, match="ann, ben"):
        target_sources(TargetData(folder), "voice")


def test_a_damaged_file_has_no_seconds(tmp_path):
    folder = record(tmp_path, 12, 10.0)
    sources, _ = target_sources(TargetData(folder), "ann")
    (folder / "wavs" / "r0.wav").write_text("no sound")
    assert speech_seconds(sources) == pytest.approx(110.0)


def recordings(speaker: str, count: int, seconds: float) -> list[Recording]:
    nothing = Utterance((), (Boundary(),))
    return [
        Recording(f"{speaker}{i}", speaker, "train", Path("x"), nothing, np.array([seconds], np.float32))
        for i in range(count)
    ]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_professionals_have_their_share_of_the_time(share):
    own, others = recordings("ann", 10, 6.0), recordings("pro", 300, 5.0)
    both = mixed(own, others, share)
    seconds = {name: sum(r.seconds for r in both if r.speaker == name) for name in ("ann", "pro")}
    assert seconds["pro"] / sum(seconds.values()) == pytest.approx(share, abs=0.03)
    assert len({r.id for r in both}) == 310


def test_without_professionals_the_target_is_alone():
    own = recordings("ann", 3, 6.0)
    assert mixed(own, [], 0.5) == mixed(own, recordings("pro", 3, 6.0), 0.0) == own


def test_a_stranger_among_the_professionals(tmp_path, monkeypatch):
    monkeypatch.setattr("pngnat.finetune.data.read_corpus", lambda folder, split: recordings("eve", 2, 1.0))
    with pytest.raises(PngnatError, match="eve"):
        read_professionals([tmp_path / "corpus"], ["ada"])
    assert [r.id for r in read_professionals([tmp_path / "corpus"], ["eve"])] == ["corpus-eve0", "corpus-eve1"]
