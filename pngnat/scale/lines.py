"""Files of millions of lines, split into shards that hold places instead of lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from pngnat.data.remote_files import open_bytes, open_parquet
from pngnat.data.sources import safe_name
from pngnat.untrusted import shown

_LONGEST_NAME = 100


@dataclass(frozen=True)
class Lines:
    """Consecutive lines of a file.

    start: offset of the first line in bytes, or its row in Parquet. first: number of the first line in the file, from
    0.
    """

    number: int
    path: str
    start: int
    first: int
    count: int


@dataclass(frozen=True)
class Line:
    """A text and its id. error: the fault of a line that cannot be used, which has no text."""

    id: str
    text: str
    error: str = ""


def split_lines(paths: Sequence[str], count: int) -> Iterator[Lines]:
    """Yield shards of `count` lines, the last one of each file shorter, numbered across files.

    paths: text files of lines `id|text`, JSON lines (.jsonl), or Parquet (.parquet), both with `id` and `text`.
    """
    number = 0
    for path in paths:
        for start, first, held in _pieces(path, count):
            yield Lines(number, path, start, first, held)
            number += 1


def _pieces(path: str, count: int) -> Iterator[tuple[int, int, int]]:
    """Yield the start of each shard, its first line, and its number of lines."""
    with open_bytes(path) as file:
        if path.endswith(".parquet"):
            rows = open_parquet(path, file, "text").metadata.num_rows
            yield from ((first, first, min(count, rows - first)) for first in range(0, rows, count))
            return
        start = first = 0
        while sizes := [len(line) for line in islice(file, count)]:
            yield start, first, len(sizes)
            start, first = start + sum(sizes), first + len(sizes)


def read_lines(shard: Lines) -> list[Line]:
    """Read the lines of a shard, without empty ones. An id that occurred earlier in the shard is an error of its line.

    A line without an id gets the file's name and its number. Raises PngnatError if the file cannot be read.
    """
    with open_bytes(shard.path) as file:
        if shard.path.endswith(".parquet"):
            raw: list[Any] = _parquet_rows(shard, file)
        else:
            file.seek(shard.start)
            raw = list(islice(file, shard.count))
    stem = Path(shard.path).name.split(".")[0]
    lines, seen = [], set()
    for place, content in enumerate(raw, shard.first):
        line = _line(content, f"{safe_name(stem)}-{place + 1:08d}", shard.path.endswith(".jsonl"))
        if line is None:
            continue
        if line.id in seen:
            line = Line(f"{line.id}@{place + 1}", "", f"an earlier line is called '{line.id}' too")
        seen.add(line.id)
        lines.append(line)
    return lines


def _line(content: bytes | Mapping[str, Any], usual: str, is_json: bool) -> Line | None:
    if isinstance(content, Mapping):
        return _row(content, usual)
    try:
        written = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return Line(usual, "", "is not UTF-8 text")
    if not written:
        return None
    if is_json:
        try:
            row = json.loads(written)
        except (ValueError, RecursionError):
            row = None
        return _row(row, usual) if isinstance(row, dict) else Line(usual, "", "is no JSON object")
    name, bar, text = written.partition("|")
    return Line(_name(name.strip()), text.strip()) if bar else Line(usual, written)


def _row(row: Mapping[str, Any], usual: str) -> Line:
    name, text = row.get("id"), row.get("text")
    called = usual if name is None else _name(str(name))
    return Line(called, text) if isinstance(text, str) else Line(called, "", f"its text is {shown(text)}")


def _name(name: str) -> str:
    return safe_name(name)[:_LONGEST_NAME]


def _parquet_rows(shard: Lines, file: BinaryIO) -> list[dict[str, Any]]:
    opened = open_parquet(shard.path, file, "text")
    columns = [name for name in ("id", "text") if name in opened.schema_arrow.names]
    rows: list[dict[str, Any]] = []
    begin = 0
    for group in range(opened.metadata.num_row_groups):
        end = begin + opened.metadata.row_group(group).num_rows
        low, high = max(begin, shard.start), min(end, shard.start + shard.count)
        if low < high:
            rows += opened.read_row_group(group, columns).slice(low - begin, high - low).to_pylist()
        begin = end
    return rows
