"""The protocol between speech-dispatcher (0.11 or newer) and its modules: lines on standard input and output.

Its reference is speech-dispatcher's src/modules/module_process.c (BSD). A module sends its sound as lines too, and
speech-dispatcher plays it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pngnat.errors import PngnatError
from pngnat.files import read_limited

_LONGEST_LINE, _LONGEST_MESSAGE, _LARGEST_CONFIG = 1_000_000, 4_000_000, 1_000_000
# HDLC's escape: a line feed or an escape within sound becomes two bytes.
_ESCAPE, _INVERT = b"\x7d", 0x20
# Kinds of messages by command.
MESSAGES = {"SPEAK": "text", "CHAR": "char", "KEY": "key", "SOUND_ICON": "icon"}


@dataclass(frozen=True)
class ModuleConfig:
    """The settings in the module's configuration file."""

    voices: tuple[str, ...] = ()
    """Names and folders of voices; empty means the bundled voices."""
    threads: int | None = None
    """Processor threads; None leaves the number to the engine."""


def read_config(path: str | Path) -> ModuleConfig:
    """Read a file of lines `Name "value"`, as speech-dispatcher has them; unknown names are ignored.

    Raises PngnatError for a file that cannot be read and for an invalid value.
    """
    voices, threads = [], None
    for number, line in enumerate(read_limited(path, _LARGEST_CONFIG).decode("utf-8", "replace").splitlines(), 1):
        try:
            name, *values = shlex.split(line, comments=True) or [""]
            if name.lower() == "pngnatvoice":
                (value,) = values
                voices.append(value)
            elif name.lower() == "pngnatthreads":
                (value,) = values
                threads = int(value)
        except ValueError as error:
            raise PngnatError(f'{path}: line {number} should be a name and a value, like PngnatVoice "ann"') from error
    return ModuleConfig(tuple(voices), threads)


class Reader:
    """A reader of commands from speech-dispatcher."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def line(self) -> str | None:
        """Return the next line without its end, or None at the end of the input."""
        line = self._stream.readline(_LONGEST_LINE)
        return line.decode("utf-8", "replace").rstrip("\n") if line else None

    def lines(self) -> Iterator[str]:
        """Yield the lines of a message up to a line with only a dot; a dot at the start of a line arrives doubled."""
        size = 0
        while (line := self.line()) is not None and line != ".":
            size += len(line)
            if size <= _LONGEST_MESSAGE:
                yield line.removeprefix(".") if line.startswith("..") else line

    def settings(self) -> dict[str, str] | None:
        """Return the `name=value` lines of a message, or None where a line has another form."""
        pairs = [line.partition("=") for line in self.lines()]
        return {name: value for name, _, value in pairs} if all(equals for _, equals, _ in pairs) else None


class Writer:
    """A writer of answers and events to speech-dispatcher. The module's lock keeps several parts together."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def send(self, *lines: str) -> None:
        """Send an answer; its last line ends it."""
        self._stream.write("".join(" ".join(line.split("\n")) + "\n" for line in lines).encode())
        self._stream.flush()

    def mark(self, name: str) -> None:
        """Send the event that playback reaches the mark of this name."""
        self.send(f"700-{name}", "700 INDEX MARK")

    def sound(self, pcm: bytes, sample_rate: int) -> None:
        """Send 16-bit mono little-endian sound, which is played next."""
        head = (f"bits=16 num_channels=1 sample_rate={sample_rate} num_samples={len(pcm) // 2} big_endian=0").split()
        self._stream.write(
            "".join(f"705-{one}\n" for one in head).encode() + b"705-AUDIO\0" + escaped(pcm) + b"\n705 AUDIO\n"
        )
        self._stream.flush()

    def voices(self, rows: list[tuple[str, str, str]]) -> None:
        """Send the list of voices: name, language, variant."""
        self.send(
            *(f"200-{'	'.join(' '.join(part.split()) for part in row)}" for row in rows), "200 OK VOICE LIST SENT"
        )


def escaped(data: bytes) -> bytes:
    """Return the data without line feeds, as `705-AUDIO` requires."""
    for sign in (_ESCAPE, b"\n"):
        data = data.replace(sign, _ESCAPE + bytes([sign[0] ^ _INVERT]))
    return data
