"""`--batch`: each line of a file into a sound file of its own, in several processes, going on where a run was
stopped."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pngnat.cli.manifest import Entry, Manifest
from pngnat.errors import PngnatError
from pngnat.stamps import digest
from pngnat.synthesis.speech import Speech
from pngnat.voice.card import CARD, find_voice
from pngnat.workers.processes import Lost, run

if TYPE_CHECKING:
    from pngnat.engine.voice import Voice

# What can be the name of a file on every system, and is not hidden.
_IDENTIFIED = re.compile(r"(?P<id>\w(?:[\w.-]{0,99}[\w-])?)\|(?P<text>.*)")
# On a GPU, the sentences that are read together, and the texts that are handed over at a time, of which some have about
# a length.
_TOGETHER, _HANDED_OVER = 16, 128


@dataclass(frozen=True)
class Line:
    """One text of a batch. number: of its line in the file, from 1. id: the name of its files, without an ending."""

    number: int
    id: str
    text: str


@dataclass(frozen=True)
class Batch:
    """How a batch is spoken.

    loaded: what `load_voice` takes. options: the fields of SpeechOptions. sound, timings: endings of the files.
    """

    folder: Path
    loaded: dict[str, Any]
    options: dict[str, Any]
    sound: str
    timings: str | None

    def files(self, line: Line) -> list[Path]:
        """The sound file, and that of the timings where they are written."""
        return [self.folder / f"{line.id}.{ending}" for ending in (self.sound, self.timings) if ending]

    def provenance(self) -> str:
        """A digest of all that makes a text's sound: of another one, what is there is made again."""
        options = {name: value for name, value in self.options.items() if name not in ("lexicon", "blend")}
        blend, lexicon = self.options["blend"], self.options["lexicon"]
        card = find_voice(self.loaded["voice"]) / CARD
        vocoder = self.loaded["vocoder"] and str(Path(self.loaded["vocoder"]).resolve())
        return digest(options, blend and asdict(blend), vocoder, card, *([Path(lexicon)] if lexicon else []))


def batch_lines(text: str) -> list[Line]:
    """The lines that are no blank ones: `id|text` each where the first one is that, else texts, whose ids are their
    lines' numbers.

    Raises PngnatError for a line without an id among those with one, and for an id that is there twice.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines or not _IDENTIFIED.fullmatch(lines[0][1]):
        return [Line(number, f"{number:04d}", line) for number, line in lines]
    found: dict[str, Line] = {}
    for number, line in lines:
        match = _IDENTIFIED.fullmatch(line)
        if match is None:
            raise PngnatError(
                f"line {number}: has no id before its text (id|text), as the lines before it have; an id is a file's name"
            )
        # Some systems take Ann.wav and ann.wav for the same file.
        if (before := found.get(match["id"].casefold())) is not None:
            raise PngnatError(f"line {number}: has the id '{match['id']}', which line {before.number} has already")
        found[match["id"].casefold()] = Line(number, match["id"], match["text"].strip())
    return list(found.values())


def speak_batch(lines: list[Line], batch: Batch, jobs: int, quiet: bool) -> int:
    """Speak what is not there yet and can be spoken, and name the lines that cannot; returns the exit code.

    The folder's manifest says what is there. Raises PngnatError where the folder cannot be written to.
    """
    started, provenance = time.monotonic(), batch.provenance()
    manifest = Manifest(batch.folder / "manifest.jsonl")
    missing = [line for line in lines if not _is_there(line, batch, manifest, provenance)]
    for line in missing:
        manifest.forget(line.id)
    report = _Report(len(lines), len(lines) - len(missing), quiet)
    with manifest, report:
        together = _TOGETHER if batch.loaded["device"] not in (None, "cpu") else 1
        for results in _results(missing, batch, jobs, together):
            for result in results:
                report.tell(result)
                if result.error is None:
                    line = result.line
                    manifest.add(Entry(line.id, line.text, batch.files(line)[0].name, result.seconds, provenance))
        manifest.sort([line.id for line in lines])
    if not quiet:
        there = f"; {len(lines) - len(missing)} were there" if len(missing) < len(lines) else ""
        seconds = f"{report.seconds:.2f} s of speech in {time.monotonic() - started:.2f} s"
        print(f"{batch.folder}: {report.spoken} files, {seconds}{there}", file=sys.stderr)
    return 2 if report.failed else 0


@dataclass(frozen=True)
class Result:
    """What became of a line. skipped: what of it cannot be spoken. error: why none of it can."""

    line: Line
    seconds: float = 0.0
    skipped: tuple[str, ...] = ()
    error: str | None = None


class Speaker:
    """Speaks lines into files; each process of a batch has one."""

    def __init__(self, batch: Batch, together: int) -> None:
        self._batch, self._together = batch, together

    @cached_property
    def _voice(self) -> Voice:
        # Not before the first line: what goes wrong in a process that starts is nobody's result.
        from pngnat.engine.loading import load_voice

        return load_voice(**self._batch.loaded)

    def __call__(self, lines: Sequence[Line]) -> list[Result]:
        """Each line's result. Raises PngnatError where a file cannot be written."""
        from pngnat.synthesis.synthesize import each_result

        speeches = each_result(
            [line.text for line in lines], self._voice, batch_size=self._together, **self._batch.options
        )
        return [self._written(line, speech) for line, speech in zip(lines, speeches, strict=True)]

    def _written(self, line: Line, speech: Speech | PngnatError) -> Result:
        if isinstance(speech, PngnatError):
            return Result(line, error=str(speech))
        sound, *timings = self._batch.files(line)
        # The sound comes last: where it is, all is.
        for path in timings:
            speech.save_timings(path)
        speech.save(sound)
        return Result(line, speech.duration, tuple(speech.skipped))


class _Report:
    """One bar, what is wrong in lines above it, and the sums for the end."""

    def __init__(self, lines: int, there: int, quiet: bool) -> None:
        from tqdm import tqdm

        shown = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._quiet, self._bar = quiet, tqdm(total=lines, initial=there, unit=" texts", disable=not shown, leave=False)
        self.spoken, self.failed, self.seconds = 0, 0, 0.0

    def __enter__(self) -> None:
        self._bar.__enter__()

    def __exit__(self, *_) -> None:
        self._bar.close()

    def tell(self, result: Result) -> None:
        self._bar.update(1)
        if result.error is None:
            self.spoken, self.seconds = self.spoken + 1, self.seconds + result.seconds
            said = [] if self._quiet else [f"skipped {name}" for name in result.skipped]
        else:
            self.failed += 1
            said = [result.error]
        for words in said:
            self._bar.write(f"pngnat: line {result.line.number}: {words}", file=sys.stderr)


def _is_there(line: Line, batch: Batch, manifest: Manifest, provenance: str) -> bool:
    entry = manifest.get(line.id)
    same = entry is not None and (entry.text, entry.file, entry.provenance) == (
        line.text,
        batch.files(line)[0].name,
        provenance,
    )
    return same and all(path.is_file() for path in batch.files(line))


def _results(lines: list[Line], batch: Batch, jobs: int, together: int) -> Iterator[list[Result]]:
    rest = iter(lines)
    size = _HANDED_OVER if together > 1 else 1
    parts = iter(lambda: list(islice(rest, size)), [])
    for part, results in run(Speaker, (batch, together), parts, min(jobs, -(-len(lines) // size))):
        if isinstance(results, Lost):
            yield [Result(line, error=str(results)) for line in part]
        elif isinstance(results, Exception):
            raise results
        else:
            yield results
