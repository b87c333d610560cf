"""Utterances as bytes: a phoneme is one byte, and a shard of them is compressed as a whole.

A shard: magic, version and the number of utterances, then a zlib stream of records. A record: flags and the number of words, then
each word's text and phonemes, then each boundary's marks and pause in seconds (NaN where none is asked for).
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.text.phonemes import PHONEMES
from pngnat.text.utterance import Boundary, Utterance, Word

_HEADER = struct.Struct("<4sHI")
_MAGIC, _VERSION = b"PNGU", 1
_RECORD = struct.Struct("<BH")
_LENGTH = struct.Struct("<H")
_PAUSE = struct.Struct("<f")
_ENDS_PARAGRAPH = 1
_CODES = {phoneme: code for code, phoneme in enumerate(PHONEMES)}


def write_shard(path: Path, utterances: Iterable[Utterance]) -> int:
    """Write a shard, whole or not at all; returns the number of utterances."""
    records = [_pack(utterance) for utterance in utterances]
    with atomic_write(path) as beside:
        beside.write_bytes(_HEADER.pack(_MAGIC, _VERSION, len(records)) + zlib.compress(b"".join(records), 6))
    return len(records)


def read_shard(path: Path) -> Iterator[Utterance]:
    """The utterances of a shard, in order. Raises PngnatError when the file is missing or damaged."""
    try:
        content = path.read_bytes()
        magic, version, count = _HEADER.unpack_from(content)
        if (magic, version) != (_MAGIC, _VERSION):
            raise ValueError("not a shard of this version")
        records = zlib.decompress(content[_HEADER.size :])
    except (OSError, ValueError, struct.error, zlib.error) as error:
        raise PngnatError(f"the cached utterances {path} cannot be read ({error}): delete the file and build the cache again") from error
    offset = 0
    for _ in range(count):
        utterance, offset = _unpack(records, offset)
        yield utterance


def _pack(utterance: Utterance) -> bytes:
    parts = [_RECORD.pack(_ENDS_PARAGRAPH * utterance.ends_paragraph, len(utterance.words))]
    for word in utterance.words:
        parts += [_sized(word.text.encode()), _sized(bytes(_CODES[phoneme] for phoneme in word.phonemes))]
    for boundary in utterance.boundaries:
        parts += [_sized(boundary.marks.encode()), _PAUSE.pack(math.nan if boundary.pause is None else boundary.pause)]
    return b"".join(parts)


def _sized(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content


def _unpack(records: bytes, offset: int) -> tuple[Utterance, int]:
    def sized() -> bytes:
        nonlocal offset
        start = offset + _LENGTH.size
        offset = start + _LENGTH.unpack_from(records, offset)[0]
        return records[start:offset]

    flags, count = _RECORD.unpack_from(records, offset)
    offset += _RECORD.size
    words = []
    for _ in range(count):
        text = sized().decode()
        words.append(Word(text, tuple(PHONEMES[code] for code in sized())))
    boundaries = []
    for _ in range(count + 1):
        marks = sized().decode()
        pause = _PAUSE.unpack_from(records, offset)[0]
        offset += _PAUSE.size
        boundaries.append(Boundary(marks, None if math.isnan(pause) else pause))
    return Utterance(tuple(words), tuple(boundaries), bool(flags & _ENDS_PARAGRAPH)), offset
