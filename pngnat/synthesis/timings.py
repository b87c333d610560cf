"""Times of words and phonemes as files: JSON, SubRip subtitles and Praat TextGrids; JSON and TextGrids are read too."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pngnat.errors import PngnatError
from pngnat.files import read_limited, write_text
from pngnat.untrusted import MIB, MOST_VALUES, parse_json, shown

FORMATS = ("json", "srt", "TextGrid")
# Of five hours of speech.
_LARGEST_FILE = 16 * MIB
_CUE_LETTERS = 80
_CUE_SECONDS = 6.0
_SENTENCE_END = re.compile("[.?!…]")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A spoken word."""

    text: str
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    marks: str = ""
    """The punctuation after the word, with its spaces (", ")."""


@dataclass(frozen=True, slots=True)
class TimedPhoneme:
    """A token of the phoneme segment: a phoneme or a silence."""

    symbol: str
    """ARPAbet with stress, or for a silence `[CLS]` (before a sentence), a space (a plain word boundary, which may last
    0 seconds) or a punctuation mark."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    word: int | None = None
    """The index of the phoneme's word; None for a silence."""

    @property
    def duration(self) -> float:
        """Return the seconds from start to end."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class TimedMark:
    """A place that the text names with `[mark:NAME]` or SSML's `<mark>`."""

    name: str
    time: float
    """Seconds."""


@dataclass
class Timings:
    """Times of words and phonemes, of one sentence or of consecutive ones."""

    words: list[TimedWord] = field(default_factory=list)
    phonemes: list[TimedPhoneme] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    """The spoken text of each sentence."""
    skipped: list[str] = field(default_factory=list)
    """Descriptions of the characters and tags of the text that cannot be spoken."""
    voice: str = ""
    """The voice's name."""
    speaker: str = ""
    """The speaker's name."""
    duration: float = 0.0
    """Seconds of sound."""
    marks: list[TimedMark] = field(default_factory=list)
    """The places that the text names."""

    def add(self, other: Timings) -> None:
        """Append timings that follow these in time."""
        for phoneme in other.phonemes:
            word = None if phoneme.word is None else phoneme.word + len(self.words)
            self.phonemes.append(
                TimedPhoneme(phoneme.symbol, phoneme.start + self.duration, phoneme.end + self.duration, word)
            )
        self.words += [
            replace(word, start=word.start + self.duration, end=word.end + self.duration) for word in other.words
        ]
        self.marks += [TimedMark(mark.name, mark.time + self.duration) for mark in other.marks]
        self.text += other.text
        self.skipped += other.skipped
        self.voice, self.speaker = other.voice, other.speaker
        self.duration += other.duration

    def write(self, path: str | os.PathLike) -> None:
        """Write the format of the path's ending: .json, .srt or .TextGrid. Raises PngnatError for another ending, or
        for a path that cannot be written."""
        makers = {".json": self.to_json, ".srt": self.to_srt, ".textgrid": self.to_textgrid}
        maker = makers.get(Path(path).suffix.lower())
        if maker is None:
            raise PngnatError(
                f"{path}: cannot write timings of this kind; use one of {', '.join('.' + name for name in FORMATS)}"
            )
        write_text(path, maker())

    def to_json(self) -> str:
        """Return all fields as JSON. A duration is `end` - `start`: editing one `end` moves no later token."""
        words = [
            {"text": w.text, "marks": w.marks, "start": round(w.start, 6), "end": round(w.end, 6)} for w in self.words
        ]
        phonemes = [
            {"symbol": p.symbol, "word": p.word, "start": round(p.start, 6), "end": round(p.end, 6)}
            for p in self.phonemes
        ]
        head = {
            "voice": self.voice,
            "speaker": self.speaker,
            "duration": round(self.duration, 6),
            "text": " ".join(self.text),
        }
        head["skipped"] = self.skipped
        # One entry a line: that is what a person edits, and what a diff shows.
        lines = [f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in head.items()]
        marks = [{"name": mark.name, "time": round(mark.time, 6)} for mark in self.marks]
        for key, rows in (("marks", marks), ("words", words), ("phonemes", phonemes)):
            if key == "marks" and not rows:
                continue
            lines.append(
                f'"{key}": [\n' + ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"
            )
        return "{\n" + ",\n".join(lines) + "\n}\n"

    def to_srt(self) -> str:
        """Return subtitles, each of at most a sentence, 80 letters or 6 seconds."""
        cues = []
        for number, words in enumerate(_cues(self.words), 1):
            text = "".join(word.text + (word.marks or " ") for word in words).strip()
            cues.append(f"{number}\n{_srt_time(words[0].start)} --> {_srt_time(words[-1].end)}\n{text}\n")
        return "\n".join(cues)

    def to_textgrid(self) -> str:
        """Return Praat's long text format with the interval tiers `words` and `phonemes`.

        Tokens of no length have no interval."""
        words = _fill_gaps([(word.start, word.end, word.text) for word in self.words], self.duration)
        phonemes = _fill_gaps([(p.start, p.end, p.symbol) for p in self.phonemes], self.duration)
        lines = [
            'File type = "ooTextFile"',
            'Object class = "TextGrid"',
            "",
            "xmin = 0",
            f"xmax = {_number(self.duration)}",
        ]
        lines += ["tiers? <exists>", "size = 2", "item []:"]
        for index, (name, rows) in enumerate((("words", words), ("phonemes", phonemes)), 1):
            lines += [
                f"    item [{index}]:",
                '        class = "IntervalTier"',
                f'        name = "{name}"',
                "        xmin = 0",
            ]
            lines += [f"        xmax = {_number(self.duration)}", f"        intervals: size = {len(rows)}"]
            for row, (start, end, label) in enumerate(rows, 1):
                lines += [
                    f"        intervals [{row}]:",
                    f"            xmin = {_number(start)}",
                    f"            xmax = {_number(end)}",
                ]
                quoted = label.replace('"', '""')
                lines.append(f'            text = "{quoted}"')
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Span:
    """A label of a timings file and its duration in seconds."""

    label: str
    seconds: float


@dataclass(frozen=True)
class TimingsFile:
    """The durations in a timings file: of tokens of the phoneme segment, or of words where it has no phonemes."""

    spans: tuple[Span, ...]
    of_words: bool


def read_timings(path: str | os.PathLike) -> TimingsFile:
    """Return the durations in a JSON or TextGrid file that `Timings.write` wrote, edited or not.

    Raises PngnatError for a file that is missing, too large, of another format, or has a length that is negative or no
    number."""
    path = Path(path)
    readers = {".json": _read_json, ".textgrid": _read_textgrid}
    if path.suffix.lower() not in readers:
        raise PngnatError(f"{path}: durations are read from .json and .TextGrid files, as --timings writes them")
    data = read_limited(path, _LARGEST_FILE)
    try:
        tiers = readers[path.suffix.lower()](_decode(data))
    except StopIteration as error:
        raise PngnatError(f"{path}: is no timings file as --timings writes it (it ends too early)") from error
    except KeyError as error:
        raise PngnatError(f"{path}: is no timings file as --timings writes it (an entry has no {error})") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise PngnatError(f"{path}: is no timings file as --timings writes it ({error})") from error
    # A space is a token, the boundary between two words; what lies between intervals has no label at all.
    of_words = not any(label for _, _, label in tiers.get("phonemes", []))
    spans = [Span(label, end - start) for start, end, label in tiers.get("words" if of_words else "phonemes", [])]
    if of_words:
        spans = [span for span in spans if span.label.strip()]
    if not spans:
        raise PngnatError(f"{path}: has neither phonemes nor words")
    for span in spans:
        if not 0 <= span.seconds < float("inf"):
            raise PngnatError(f"{path}: {shown(span.label)} lasts {span.seconds} seconds; lengths must be 0 or more")
    return TimingsFile(tuple(spans), of_words)


Row = tuple[float, float, str]


def _read_json(text: str) -> dict[str, list[Row]]:
    data = parse_json(text)
    if not isinstance(data, dict):
        raise ValueError("it is no JSON object")
    tiers = {}
    for tier, label in (("words", "text"), ("phonemes", "symbol")):
        tiers[tier] = [(float(row["start"]), float(row["end"]), str(row[label])) for row in data.get(tier, [])]
    return tiers


_NUMBER = re.compile(r"-?\d+(\.\d*)?([eE][-+]?\d+)?")


def _textgrid_items(text: str) -> Iterator[str | float]:
    """Yield the numbers and the quoted strings of a file in Praat's long or short text format.

    The format ignores other words."""
    if text.count('"') > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES} quotation marks")
    label: list[str] = []
    # Labels are every other part, and what stands between the two halves of a doubled mark is empty.
    parts = text.split('"')
    for place, part in enumerate(parts):
        if place % 2:
            label.append(part)
        elif part or place == len(parts) - 1:
            if label:
                yield '"'.join(label)
            label = []
            yield from (float(word[0]) for word in re.finditer(r"\S+", part) if _NUMBER.fullmatch(word[0]))


def _read_textgrid(text: str) -> dict[str, list[Row]]:
    items = _textgrid_items(text)
    if (next(items), next(items)) != ("ooTextFile", "TextGrid"):
        raise ValueError("it does not start as a TextGrid")
    _, _, size = next(items), next(items), next(items)
    tiers: dict[str, list[Row]] = {}
    for _ in range(int(size)):
        kind, name, _, _, rows = _next(items, 5)
        if kind == "IntervalTier":
            tiers[str(name)] = [_interval(*_next(items, 3)) for _ in range(int(rows))]
        else:
            for _ in range(2 * int(rows)):
                next(items)
    return tiers


def _next(items: Iterator[str | float], count: int) -> list[str | float]:
    return [next(items) for _ in range(count)]


def _interval(start: str | float, end: str | float, label: str | float) -> Row:
    if not isinstance(label, str):
        raise ValueError(f"it has {label} in the place of a label")
    return float(start), float(end), label


def _decode(data: bytes) -> str:
    """Return the text of a file; Praat writes UTF-16 with a byte order mark where a label is not ASCII."""
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def _fill_gaps(rows: Iterable[Row], end: float) -> list[Row]:
    """Return the rows that have a length, with empty rows between them: a tier must cover all of the time."""
    filled, now = [], 0.0
    for start, stop, label in rows:
        # Neighbours share their border to the last digit, or Praat would see a gap of a nanosecond.
        start = now if abs(start - now) < 1e-6 else start
        if stop - start < 1e-6:
            continue
        if start > now:
            filled.append((now, start, ""))
        filled.append((start, stop, label))
        now = stop
    if end - now > 1e-6:
        filled.append((now, end, ""))
    elif filled:
        filled[-1] = (filled[-1][0], end, filled[-1][2])
    return filled


def _cues(words: list[TimedWord]) -> Iterator[list[TimedWord]]:
    cue: list[TimedWord] = []
    letters = 0
    for word in words:
        length = len(word.text) + max(1, len(word.marks))
        if cue and (letters + length > _CUE_LETTERS or word.end - cue[0].start > _CUE_SECONDS):
            yield cue
            cue, letters = [], 0
        cue.append(word)
        letters += length
        if _SENTENCE_END.search(word.marks):
            yield cue
            cue, letters = [], 0
    if cue:
        yield cue


def _srt_time(time: float) -> str:
    milliseconds = round(time * 1000)
    minutes, seconds = milliseconds // 60000, milliseconds // 1000 % 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d},{milliseconds % 1000:03d}"


def _number(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".") or "0"
