"""Sources of text: text files, and tables in JSON lines or Parquet, local or remote, read as a stream of passages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from pngnat.data.remote_files import fingerprint, matching, open_bytes, open_parquet, open_text
from pngnat.errors import PngnatError


@dataclass(frozen=True)
class Passage:
    """A paragraph or less. held_out: kept for evaluation, never trained on. markup: whether the text has the front
    end's markup, such as `[read](R EH1 D)`; otherwise brackets are brackets."""

    text: str
    held_out: bool = False
    markup: bool = False


class TextSource(Protocol):
    """A source that yields the same passages in the same order each time. fingerprint: JSON values that change with the
    text."""

    def passages(self) -> Iterator[Passage]:
        """Yield the passages in order."""

    def fingerprint(self) -> list:
        """Return JSON values on which the passages depend."""


@dataclass(frozen=True)
class HeldOutSpan:
    """Lines of one file that are kept for evaluation."""

    name: str
    """Name in reports."""
    file: str
    """Name of the file, without folders."""
    first_line: int = 1
    """First line, counted from 1."""
    last_line: int | None = None
    """Last line, included; null is the end of the file."""

    def holds(self, file: str, line: int) -> bool:
        """Return whether a line of the file named `file` (without folders) belongs to the span."""
        return file == self.file and self.first_line <= line and (self.last_line is None or line <= self.last_line)


@dataclass(frozen=True)
class TextFiles:
    """Text files, .gz or not, UTF-8, with blank lines between paragraphs."""

    pattern: str
    """A glob, such as data/text/*.txt.gz or s3://bucket/*.txt."""
    held_out: Sequence[HeldOutSpan] = ()
    """Held-out books, as spans of lines (HeldOutSpan)."""

    def fingerprint(self) -> list:
        """Return the spans, and each file's name, size and time of change."""
        return [[asdict(span) for span in self.held_out], [fingerprint(path) for path in self._paths()]]

    def _paths(self) -> list[str]:
        paths = _matching(self.pattern)
        missing = {span.file for span in self.held_out} - {Path(path).name for path in paths}
        if missing:
            raise PngnatError(
                f"held-out books lie in {', '.join(sorted(missing))}, which {self.pattern} does not match"
            )
        return paths

    def passages(self) -> Iterator[Passage]:
        """Yield paragraphs, each as one line. Raise PngnatError if no file matches, or a file is not text."""
        for path in self._paths():
            try:
                yield from self._paragraphs(path)
            except (OSError, EOFError, UnicodeDecodeError) as error:
                raise PngnatError(f"cannot read {path} as UTF-8 text: {error}") from error

    def _paragraphs(self, path: str) -> Iterator[Passage]:
        lines: list[str] = []
        held_out = False
        name = Path(path).name
        with open_text(path) as file:
            for number, line in enumerate(file, start=1):
                in_span = any(span.holds(name, number) for span in self.held_out)
                if lines and (in_span != held_out or not line.strip()):
                    yield Passage(" ".join(lines), held_out)
                    lines = []
                held_out = in_span
                if line.strip():
                    lines.append(line.strip())
        if lines:
            yield Passage(" ".join(lines), held_out)


@dataclass(frozen=True)
class TextRows:
    """A column of text in tables, .parquet or .jsonl, .gz or not, read a few rows at a time.

    A dataset of the Hugging Face Hub is hf://datasets/USER/NAME/FOLDER/*.parquet, which needs huggingface_hub.
    """

    pattern: str
    """A glob, such as texts/*.jsonl.gz or s3://bucket/*.parquet."""
    column: str = "text"
    """Name of the column."""
    held_out_every: int = 1000
    """Every nth row of a file is kept for evaluation."""

    def fingerprint(self) -> list:
        """Return the column, the rule for held-out rows, and each file's name, size and state."""
        return [self.column, self.held_out_every, [fingerprint(path) for path in _matching(self.pattern)]]

    def passages(self) -> Iterator[Passage]:
        """Yield the paragraphs of each row. Raise PngnatError if no file matches, or a file has no such column."""
        for path in _matching(self.pattern):
            try:
                for number, text in enumerate(self._texts(path), start=1):
                    if not isinstance(text, str):
                        raise PngnatError(f"{path}, row {number}: its '{self.column}' is no text")
                    for paragraph in text.split("\n\n"):
                        if line := " ".join(paragraph.split()):
                            yield Passage(line, held_out=number % self.held_out_every == 0)
            except (OSError, EOFError, ValueError) as error:
                raise PngnatError(f"cannot read {path}: {error}") from error

    def _texts(self, path: str) -> Iterator[Any]:
        """Yield the column's values; a row without one gives ""."""
        if path.endswith(".parquet"):
            with open_bytes(path) as file:
                for rows in open_parquet(path, file, self.column).iter_batches(_ROWS, columns=[self.column]):
                    yield from ("" if text is None else text for text in rows.column(0).to_pylist())
            return
        with open_text(path) as lines:
            for number, line in enumerate(lines, start=1):
                row = json.loads(line) if line.strip() else {self.column: ""}
                if not isinstance(row, dict) or self.column not in row:
                    raise PngnatError(
                        f"{path}, line {number}: is no JSON object with '{self.column}'; set the source's column"
                    )
                yield "" if row[self.column] is None else row[self.column]


# Rows of a Parquet file read at once.
_ROWS = 1000


def _matching(pattern: str) -> list[str]:
    if not (paths := matching(pattern)):
        raise PngnatError(f"no text file matches {pattern}: set the source's pattern to your files")
    return paths
