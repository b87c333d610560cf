"""The reader of metadata.csv: the roles of its columns, from their names or their content, never from a guess.

A line that does not fit the others is left out, by its number. A file whose columns could have two meanings is refused:
otherwise every clip would be trained with wrong words.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pngnat.data.corpus import SPLITS
from pngnat.errors import PngnatError

# Names of columns in corpora and other engines (LJSpeech, Common Voice, Coqui, Piper, Hugging Face, NeMo, ...).
_NAMES = {
    "name": "audio audio_file audio_filename audio_path audio_filepath audiofile file "
    "file_id file_name file_path fileid filename filepath "
    "path wav wavs wav_file wav_filename wav_path id utt utt_id utterance_id clip clip_id sound key recording",
    "text": "text texts transcription transcript sentence raw raw_text raw_transcription "
    "original_text utterance prompt words",
    "normalized": "normalized normalised normalized_text normalised_text text_normalized "
    "normalized_transcription normalized_transcript "
    "norm_text text_norm",
    "speaker": "speaker speaker_name speaker_id speakers spk spk_id client_id voice reader",
    "split": "split set subset partition",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}
_HELP = "give the file a first line with their names, as in `id|text` or `id|speaker|text`"
_LONGEST_LABEL = 40
# Two spellings of a text ("Dr. Lee paid $5" and "doctor lee paid five dollars") share this fraction of their words, as
# a mean over the file.
_ALIKE = 0.2
# So similar that either can be used.
_SAME = 0.5


@dataclass(frozen=True)
class Row:
    """A line with a file and its text.

    line: its number. name: the file, as written. speaker, split: "" without such a column.
    """

    line: int
    name: str
    text: str
    speaker: str = ""
    split: str = ""


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be used. name: the text in the place of the file, or ""."""

    line: int
    name: str
    reason: str


@dataclass(frozen=True)
class _Columns:
    """Indices of the columns; a normalized text is used in the place of the text if it is not empty."""

    count: int
    name: int
    text: int
    normalized: int | None = None
    speaker: int | None = None
    split: int | None = None


_Line = tuple[int, list[str]]


def read_metadata(path: Path, is_file: Callable[[str], bool]) -> tuple[list[Row], list[BadLine]]:
    """Return the rows of a metadata.csv, and the lines that cannot be used.

    Columns are separated by `|`, tabs or commas. The first line names them, or their content does: `id|text`,
    `id|text|normalized text` (the last is used), `id|speaker|text`, `id|text|speaker` or `id|speaker|split|text`.
    is_file: whether a name is that of a sound file.

    Raises PngnatError for a file that is not UTF-8, or whose columns could have several meanings.
    """
    lines, loose = _lines(path)
    if not lines:
        return [], []
    header = _header(lines[0][1], is_file)
    if header:
        lines = lines[1:]
        columns = _named(path, header, lines, is_file)
    else:
        columns = _recognized(path, lines, is_file, loose)
    rows = [_row(number, fields, columns) for number, fields in lines]
    return [row for row in rows if isinstance(row, Row)], [row for row in rows if isinstance(row, BadLine)]


def _lines(path: Path) -> tuple[list[_Line], bool]:
    """Return the fields of every line that is not blank, with its number, and whether a text may contain a comma."""
    text = _decoded(path)
    # Only these characters end a line: a text may contain U+0085 or U+2028.
    lines = re.split(r"\r\n|\n|\r", text)
    filled = [line for line in lines if line.strip()]
    separator = next((sign for sign in "|\t," if 2 * sum(sign in line for line in filled) > len(filled)), None)
    if separator is None and filled:
        raise PngnatError(
            f"{path}, line 1: there is no `|` between a file's name and its text; write one line `id|text` for each "
            "sound file"
        )
    if separator == "," or all(re.match(r'\s*"[^"]+"\s*(?:\||\t)', line) for line in filled):
        loose = separator == "," and not all(line.lstrip().startswith('"') for line in filled)
        return _quoted(path, text, separator), loose
    # As in LJSpeech, a quotation mark is part of the text.
    return [
        (number, [field.strip() for field in line.split(separator)])
        for number, line in enumerate(lines, 1)
        if line.strip()
    ], False


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:1000]:
        raise PngnatError(f"{path} is UTF-16 or no text at all; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PngnatError(f"{path}, line {line}: is not UTF-8 text; save the file as UTF-8") from error


def _quoted(path: Path, text: str, separator: str | None) -> list[_Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator or ",", strict=True, skipinitialspace=True)
    lines: list[_Line] = []
    before = 0
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return lines
        except csv.Error as error:
            raise PngnatError(
                f'{path}, line {before + 1}: the quotation marks do not fit ({error}); write "" for one inside'
            ) from error
        if reader.line_num > before + 1:
            raise PngnatError(
                f'{path}, line {before + 1}: a quotation mark is not closed on this line; write "" for one inside a '
                "text"
            )
        before = reader.line_num
        if any(field.strip() for field in fields):
            lines.append((before, [field.strip() for field in fields]))


def _header(fields: Sequence[str], is_file: Callable[[str], bool]) -> list[str] | None:
    """Return the roles of the columns ("" for others), if the first line names them."""
    roles = [_ROLES.get(re.sub(r"\W+", "_", field.strip().lower()).strip("_"), "") for field in fields]
    known = [role for role in roles if role]
    if len(set(known)) < 2 or any(
        is_file(field) for field, role in zip(fields, roles, strict=True) if field and role != "text"
    ):
        return None
    return roles


def _named(path: Path, roles: Sequence[str], lines: Sequence[_Line], is_file: Callable[[str], bool]) -> _Columns:
    """Return the columns by name: of several with one role the first, of several file names (`id|path|text`) the one
    with files."""
    place = {role: roles.index(role) for role in reversed(roles) if role}
    if "name" not in place:
        raise PngnatError(f"{path}, line 1: names no column of sound files; call it `id` or `audio_file`")
    if "text" not in place and "normalized" not in place:
        raise PngnatError(f"{path}, line 1: names no column of texts; call it `text`")
    names = [column for column, role in enumerate(roles) if role == "name"]
    name = max(names, key=lambda column: sum(is_file(fields[column]) for _, fields in lines if column < len(fields)))
    text = place["text"] if "text" in place else place["normalized"]
    return _Columns(len(roles), name, text, place.get("normalized"), place.get("speaker"), place.get("split"))


def _recognized(path: Path, lines: Sequence[_Line], is_file: Callable[[str], bool], loose: bool) -> _Columns:
    count = Counter(len(fields) for _, fields in lines).most_common(1)[0][0]
    usual = [fields for _, fields in lines if len(fields) == count]
    number = next(number for number, fields in lines if len(fields) == count)
    if loose and count > 2:
        raise PngnatError(f"{path}, line {number}: texts with commas must stand in quotation marks, or {_HELP}")
    names = [2 * sum(is_file(fields[column]) for fields in usual) > len(usual) for column in range(count)]
    # If no file is found, the messages name the first column.
    name = names.index(True) if any(names) else 0
    rest = [column for column in range(count) if column != name]
    # A separator at the end of each line gives an empty column.
    while len(rest) > 1 and not any(fields[rest[-1]] for fields in usual):
        rest.pop()
    if len(rest) == 1:
        return _Columns(count, name, rest[0])
    if len(rest) == 2:
        return _two(path, number, usual, _Columns(count, name, rest[0]), rest[1])
    if len(rest) == 3 and sum(fields[rest[1]] in SPLITS for fields in usual) * 2 > len(usual):
        return _Columns(count, name, rest[2], speaker=rest[0], split=rest[1])
    raise PngnatError(f"{path}, line {number}: it is not clear what the {count} columns are; {_HELP}")


def _two(path: Path, number: int, rows: Sequence[Sequence[str]], columns: _Columns, second: int) -> _Columns:
    """Return which of two columns is the text: they are two spellings of it, or a speaker and a text, in either
    order."""
    first = columns.text
    pairs = [(fields[first], fields[second]) for fields in rows if fields[first] and fields[second]]
    alike = sum(_alike(*pair) for pair in pairs) / max(len(pairs), 1)
    labels = [_are_labels([pair[place] for pair in pairs], [pair[1 - place] for pair in pairs]) for place in (0, 1)]
    if labels[0] != labels[1] and alike < _SAME:
        text, speaker = (second, first) if labels[0] else (first, second)
        return _Columns(columns.count, columns.name, text, speaker=speaker)
    if alike > (_SAME if any(labels) else _ALIKE):
        return _Columns(columns.count, columns.name, first, normalized=second)
    shown = " | ".join(field[:20] for field in (pairs or rows)[0])
    raise PngnatError(f"{path}, line {number}: it is not clear which column is the text ({shown}); {_HELP}")


def _alike(first: str, second: str) -> float:
    """Return the fraction of the longer text's words that both texts have."""
    words = [set(re.findall(r"[^\W_]+", text.casefold())) for text in (first, second)]
    longest = max(map(len, words))
    return len(words[0] & words[1]) / longest if longest else 0.0


def _are_labels(values: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether `values` are names of speakers and `others` are not: short, neither sentences nor durations, and
    fewer or shorter."""
    if not all(len(value) <= _LONGEST_LABEL and not re.search(r"[.?!,;:…]$|^\d+\.\d+$", value) for value in values):
        return False
    single = all(len(value.split()) == 1 for value in values)
    repeated = len(values) > 1 and 2 * len(set(values)) <= len(values) and len(set(values)) < len(set(others))
    sentences = 2 * sum(len(other.split()) > 1 for other in others) > len(others)
    return repeated or (single and sentences)


def _row(number: int, fields: Sequence[str], columns: _Columns) -> Row | BadLine:
    shorter = columns.normalized is not None and len(fields) == columns.normalized == columns.count - 1
    if len(fields) != columns.count and not shorter:
        name = fields[min(columns.name, len(fields) - 1)]
        return BadLine(
            number,
            name,
            f"the line has {len(fields)} column{'s' * (len(fields) != 1)}, where the others have {columns.count}",
        )
    text = fields[columns.text]
    if columns.normalized is not None and not shorter:
        text = fields[columns.normalized] or text
    name = fields[columns.name]
    speaker, split = ("" if place is None else fields[place] for place in (columns.speaker, columns.split))
    reason = None
    if not name:
        reason = "the line has no id"
    elif columns.speaker is not None and not speaker:
        reason = "the line has no speaker"
    elif columns.split is not None and split not in SPLITS:
        reason = f"the split is '{split}', not one of {', '.join(SPLITS)}"
    elif not text:
        reason = "there is no text"
    return BadLine(number, name, reason) if reason else Row(number, name, text, speaker, split)
