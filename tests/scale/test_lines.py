"""Texts in shards: every line once, whatever the shards' size and the file's kind."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.errors import PngnatError
from pngnat.scale.lines import read_lines, split_lines

TEXTS = st.lists(st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1, max_size=8), max_size=20)


def all_lines(paths, size):
    return [line for shard in split_lines([str(path) for path in paths], size) for line in read_lines(shard)]


def write(folder, kind, texts):
    path = folder / f"texts.{kind}"
    rows = [{"id": f"n{place}", "text": text} for place, text in enumerate(texts)]
    if kind == "txt":
        path.write_text("".join(f"{row['id']}|{row['text']}\n" for row in rows), encoding="utf-8")
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        columns = {name: arrow.array([row[name] for row in rows], arrow.string()) for name in ("id", "text")}
        parquet.write_table(arrow.table(columns), path, row_group_size=3)
    return path


@pytest.mark.parametrize("kind", ["txt", "jsonl", "parquet"])
@given(texts=TEXTS, size=st.integers(1, 7))
def test_every_line_is_in_one_shard(tmp_path_factory, kind, texts, size):
    path = write(tmp_path_factory.mktemp("lines"), kind, texts)
    assert [(line.id, line.text, line.error) for line in all_lines([path], size)] == [
        (f"n{n}", text, "") for n, text in enumerate(texts)
    ]


def test_shards_are_numbered_over_all_files_and_lines_without_a_name_are_called_by_their_place(tmp_path):
    (tmp_path / "a.txt").write_text("One.\n\nTwo.\nThree.\n")
    (tmp_path / "b.txt").write_text("Four.")
    paths = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    assert [shard.number for shard in split_lines(paths, 3)] == [0, 1, 2]
    assert [(line.id, line.text) for line in all_lines(paths, 3)] == [
        ("a-00000001", "One."),
        ("a-00000003", "Two."),
        ("a-00000004", "Three."),
        ("b-00000001", "Four."),
    ]


def test_what_is_wrong_with_a_line_is_said_of_it_alone(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"id": "x", "text": "Hi."}\nnonsense\n{"id": "y", "text": 3}\n{"id": "x", "text": "Twice."}\n[1]\n'
    )
    errors = [line.error for line in all_lines([tmp_path / "a.jsonl"], 10)]
    assert errors == [
        "",
        "is no JSON object",
        "its text is 3",
        "an earlier line is called 'x' too",
        "is no JSON object",
    ]
    (tmp_path / "b.txt").write_bytes(b"a|fine\nb|\xff\xfe\n")
    assert [line.error for line in all_lines([tmp_path / "b.txt"], 10)] == ["", "is not UTF-8 text"]


def test_names_are_safe_as_files(tmp_path):
    (tmp_path / "a.txt").write_text("../../etc/passwd|Hello.\n")
    assert "/" not in all_lines([tmp_path / "a.txt"], 5)[0].id


def test_other_file_systems_are_read_by_fsspec():
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://texts/a.txt", "wb") as file:
        file.write(b"a|One.\nb|Two.\n")
    assert [line.id for line in all_lines(["memory://texts/a.txt"], 1)] == ["a", "b"]


@pytest.mark.parametrize("path", ["no/such.txt", "nonsense://bucket/texts.txt"])
def test_a_file_that_is_not_there_is_named(path):
    with pytest.raises(PngnatError, match=path):
        list(split_lines([path], 5))


def test_parquet_without_texts_says_what_it_has(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table({"words": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(PngnatError, match="no column 'text'; it has words"):
        list(split_lines([str(tmp_path / "a.parquet")], 5))
