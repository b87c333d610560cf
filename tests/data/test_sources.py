import numpy as np
import pytest
import soundfile

from pngnat.data.sources import Source, assign_splits, plain_text, read_folder, safe_name
from pngnat.errors import PngnatError


def folder(tmp_path, metadata: str, *names: str):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / name, np.zeros(100), 16000)
    (tmp_path / "metadata.csv").write_text(metadata, encoding="utf-8")
    return tmp_path


def test_id_and_text(tmp_path):
    sources, skipped = read_folder(folder(tmp_path, "a|Hello.\nb.wav|There.\n\n", "wavs/a.wav", "wavs/b.wav"), "anna")
    assert [(s.id, s.text, s.speaker, s.split) for s in sources] == [
        ("a", "Hello.", "anna", ""),
        ("b", "There.", "anna", ""),
    ]
    assert sources[0].path == tmp_path / "wavs/a.wav" and not skipped


def test_ljspeech_s_form_takes_the_normalized_text(tmp_path):
    sources, _ = read_folder(folder(tmp_path, "a|In 1829.|In eighteen twenty-nine.", "wavs/a.wav"))
    assert sources[0].text == "In eighteen twenty-nine." and sources[0].speaker == tmp_path.name


def test_speaker_and_split(tmp_path):
    sources, _ = read_folder(
        folder(tmp_path, "001|ann|train|Yes.\n001|bob|test|No.", "audio/ann/001.flac", "audio/bob/001.flac")
    )
    assert [(s.id, s.speaker, s.split, s.path.parent.name) for s in sources] == [
        ("ann_001", "ann", "train", "ann"),
        ("bob_001", "bob", "test", "bob"),
    ]


def test_every_bad_line_is_named(tmp_path):
    lines = [
        "good|Fine.",
        "lost|No file.",
        "silent|",
        "good|Again.",
        "alone",
        "|No id.",
        "a|b|dev|Wrong split.",
        "1|2|3|4|5",
        "twice|Which one?",
    ]
    sources, skipped = read_folder(
        folder(tmp_path, "\n".join(lines), "wavs/good.wav", "wavs/silent.wav", "x/twice.wav", "y/twice.wav")
    )
    assert [source.id for source in sources] == ["good"]
    assert [item.id for item in skipped] == ["lost", "silent", "alone", "line 6", "a", "1", "twice", "good"]
    assert all(item.reason for item in skipped)


def test_no_list_or_not_text(tmp_path):
    with pytest.raises(PngnatError, match=r"metadata.csv"):
        read_folder(tmp_path)
    (tmp_path / "metadata.csv").write_bytes(b"a|\xff\xfe")
    with pytest.raises(PngnatError, match="UTF-8"):
        read_folder(tmp_path)


def test_names_are_safe():
    assert (
        safe_name("../../etc/passwd") == "_.._etc_passwd"
        and safe_name("..") == "_"
        and safe_name("a b|c.wav") == "a_b_c.wav"
    )


def test_splits_go_by_text_and_only_where_there_is_none(tmp_path):
    sources = [Source(f"{speaker}{i}", tmp_path, f"text {i}", speaker) for i in range(100) for speaker in "ab"]
    sources.append(Source("given", tmp_path, "text 0", "a", "train"))
    found = assign_splits(sources, 0.05)
    assert found[-1].split == "train"
    by_text = {}
    for source in found[:-1]:
        by_text.setdefault(source.text, set()).add(source.split)
    assert all(len(splits) == 1 for splits in by_text.values())
    counts = {split: sum(splits == {split} for splits in by_text.values()) for split in ("train", "valid", "test")}
    assert counts == {"train": 90, "valid": 5, "test": 5}
    assert assign_splits(list(reversed(sources[:-1])), 0.05) == list(reversed(found[:-1])), (
        "the order of lines does not matter"
    )


def test_small_corpora_keep_something_out(tmp_path):
    found = assign_splits([Source(str(i), tmp_path, str(i), "a") for i in range(12)], 0.025)
    assert sorted(source.split for source in found) == ["test"] + ["train"] * 10 + ["valid"]
    assert {s.split for s in assign_splits([Source("1", tmp_path, "1", "a")], 0.025)} == {"train"}


def test_a_text_is_its_words():
    assert plain_text("For.") == plain_text("for") == plain_text(" FOR! ") == "for"
    assert plain_text("Don\u2019t \u2013 'stop' at 5:30.") == plain_text("don't stop, at 5 30") == "don't stop at 5 30"
    assert plain_text("cant") != plain_text("can't")


def test_no_text_is_held_out_and_learned_from_in_another_spelling(tmp_path):
    spellings = ("text {}", "Text {}.", "TEXT, {}!", "Text - {}?")
    sources = [Source(f"{n}{i}", tmp_path, text.format(i), "a") for i in range(40) for n, text in enumerate(spellings)]
    splits = {}
    for source in assign_splits(sources, 0.1):
        splits.setdefault(plain_text(source.text), set()).add(source.split)
    assert all(len(found) == 1 for found in splits.values())
    assert [sum(found == {split} for found in splits.values()) for split in ("train", "valid", "test")] == [32, 4, 4]
