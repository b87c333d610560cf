"""Where text comes from: plain text files and Hugging Face `datasets`, read as a stream of passages."""

from __future__ import annotations

import glob
import gzip
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from pngnat.errors import PngnatError


@dataclass(frozen=True)
class Passage:
    """A paragraph or less. held_out: kept for measuring, never trained on.

    markup: whether the text uses the front end's markup, as `[read](R EH1 D)` for a known pronunciation; else brackets are brackets.
    """

    text: str
    held_out: bool = False
    markup: bool = False


class TextSource(Protocol):
    """Anything that yields the same passages in the same order each time. fingerprint: JSON values that change when the text does."""

    def passages(self) -> Iterator[Passage]:
        """The passages in their order."""

    def fingerprint(self) -> list:
        """What the passages depend on, for JSON."""


@dataclass(frozen=True)
class HeldOutSpan:
    """Lines of one file that are kept for measuring."""

    name: str
    """For reports."""
    file: str
    """The file's name, without folders."""
    first_line: int = 1
    """Counted from 1."""
    last_line: int | None = None
    """Included; null is the last one."""

    def holds(self, file: str, line: int) -> bool:
        """Whether this line of the file named `file` (without folders) belongs to the span."""
        return file == self.file and self.first_line <= line and (self.last_line is None or line <= self.last_line)


@dataclass(frozen=True)
class TextFiles:
    """Text files, .gz or not, UTF-8, with blank lines between paragraphs."""

    pattern: str
    """A glob, as data/text/*.txt.gz."""
    held_out: Sequence[HeldOutSpan] = ()
    """Whole books, as spans of lines (HeldOutSpan)."""

    def fingerprint(self) -> list:
        """The spans, and each file's name, size and time of change."""
        stats = [(Path(path).name, os.stat(path)) for path in self._paths()]
        return [[asdict(span) for span in self.held_out], [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]]

    def _paths(self) -> list[str]:
        paths = sorted(glob.glob(str(Path(self.pattern).expanduser()), recursive=True))
        if not paths:
            raise PngnatError(f"no text file matches {self.pattern}: set the source's pattern to your files")
        missing = {span.file for span in self.held_out} - {Path(path).name for path in paths}
        if missing:
            raise PngnatError(f"held-out books lie in {', '.join(sorted(missing))}, which {self.pattern} does not match")
        return paths

    def passages(self) -> Iterator[Passage]:
        """Paragraphs, each on one line. Raises PngnatError where nothing matches or a file is not text."""
        for path in self._paths():
            try:
                yield from self._paragraphs(path)
            except (OSError, EOFError, UnicodeDecodeError) as error:
                raise PngnatError(f"cannot read {path} as UTF-8 text: {error}") from error

    def _paragraphs(self, path: str) -> Iterator[Passage]:
        lines: list[str] = []
        held_out = False
        name = Path(path).name
        with gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8") as file:
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
class HubText:
    """A text column of any Hugging Face dataset, streamed: nothing but the rows at hand is kept."""

    name: str
    """As for `datasets.load_dataset`."""
    config: str | None = None
    """As for `datasets.load_dataset`."""
    split: str = "train"
    """As for `datasets.load_dataset`."""
    column: str = "text"
    """The one with the text."""
    data_files: str | None = None
    """As for `datasets.load_dataset`."""
    held_out_every: int = 1000
    """Each so-many-th row is kept for measuring."""

    def fingerprint(self) -> list:
        """The fields: a dataset of one name and version is taken not to change."""
        return [asdict(self)]

    def passages(self) -> Iterator[Passage]:
        """The paragraphs of each row. Raises PngnatError without `datasets` or without the column."""
        try:
            import datasets
        except ImportError as error:
            raise PngnatError("reading from the Hugging Face hub needs `pip install datasets`") from error
        rows: Iterable[dict] = datasets.load_dataset(self.name, self.config, split=self.split, data_files=self.data_files, streaming=True)
        for number, row in enumerate(rows, start=1):
            if self.column not in row:
                raise PngnatError(f"{self.name} has no column {self.column!r}, only {', '.join(row)}: set the source's column")
            for paragraph in row[self.column].split("\n\n"):
                if text := " ".join(paragraph.split()):
                    yield Passage(text, held_out=number % self.held_out_every == 0)
