"""A module for speech-dispatcher, so that screen readers (Orca) and browsers (speechSynthesis) speak with pngnat's
voices."""

from __future__ import annotations

import html
import os
import queue
import re
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import numpy as np

from pngnat.audio.playback import to_pcm
from pngnat.errors import PngnatError
from pngnat.server.dispatcher_protocol import MESSAGES, ModuleConfig, Reader, Writer, read_config
from pngnat.server.voice_table import LANGUAGE, TableSpeaker, UnknownVoice, VoiceTable
from pngnat.synthesis.synthesize import sentences, synthesize
from pngnat.text.say_as import say_as
from pngnat.text.ssml import is_ssml, read_ssml

# The paces of the slowest and the fastest rate, -100 and 100: those of speech-dispatcher's module for eSpeak (80 and
# 449 words a minute, 170 usually), to which people have set their screen readers.
_SLOWEST, _FASTEST = 80 / 170, 449 / 170
# Semitones of the pitch 100; markup of the text may add to it.
_HIGHEST = 6.0
# Samples in one event: while one is written, a stop has to wait.
_PIECE = 4800
_MAX_PAUSE, _SECONDS_TO_END = 30.0, 1.0


@dataclass(frozen=True)
class Manner:
    """How to speak, from speech-dispatcher's settings. rate, pitch, volume: -100 to 100. voice: a name, None for the
    default."""

    rate: int = 0
    pitch: int = 0
    volume: int = 100
    spelling: bool = False
    voice: str | None = None

    @property
    def pace(self) -> float:
        """2 is twice as fast."""
        return (_FASTEST if self.rate > 0 else _SLOWEST) ** (abs(self.rate) / 100)

    @property
    def semitones(self) -> float:
        """How far to raise the pitch."""
        return _HIGHEST * self.pitch / 100

    @property
    def gain(self) -> float:
        """What to multiply samples with; 1 at the highest volume."""
        return (self.volume + 100) / 200

    def changed(self, values: dict[str, str]) -> Manner:
        """With these settings; what nobody here knows is passed over. Raises ValueError for a number that is none."""
        numbers = {
            name: max(-100, min(100, int(values[name]))) for name in ("rate", "pitch", "volume") if name in values
        }
        voice = values.get("synthesis_voice", self.voice)
        spelling = values["spelling_mode"] == "on" if "spelling_mode" in values else self.spelling
        return replace(self, **numbers, voice=None if voice == "NULL" else voice, spelling=spelling)


@dataclass(eq=False)
class _Message:
    """Something to say. over: stopped, or said."""

    text: str
    manner: Manner
    over: threading.Event = field(default_factory=threading.Event)


class DispatcherModule:
    """Reads commands in the thread that calls `run`, and speaks in another, so that a stop is heard at any time."""

    def __init__(self, reading: BinaryIO, writing: BinaryIO, load: Callable[[], VoiceTable]) -> None:
        self._read, self._write, self._load = Reader(reading), Writer(writing), load
        self._lock = threading.Lock()
        self._messages: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
        self._current: _Message | None = None
        self._manner = Manner()
        self._voices: VoiceTable

    def run(self) -> int:
        """Until QUIT or the end of the commands; returns the exit code."""
        line = self._read.line()
        if line != "INIT":
            self._write.send("399-the first command must be INIT", "399 ERR CANT INIT MODULE")
            return 3
        try:
            self._voices = self._load()
        except PngnatError as error:
            self._write.send(f"399-{error}", "399 ERR CANT INIT MODULE")
            return 1
        self._write.send(f"299-pngnat speaks with {', '.join(self._voices.voices)}", "299 OK LOADED SUCCESSFULLY")
        speaking = threading.Thread(target=self._speak_all, daemon=True)
        speaking.start()
        while (line := self._read.line()) not in (None, "QUIT"):
            self._command(line)
        self._messages.put(None)
        self._end_current()
        # A thread that is at work when Python ends would end it with a crash; speech-dispatcher kills who takes longer.
        speaking.join(_SECONDS_TO_END)
        if line == "QUIT":
            self._answer("210 OK QUIT")
        return 0

    def _command(self, line: str) -> None:
        if line in MESSAGES:
            self._receive(MESSAGES[line])
        elif line in ("STOP", "PAUSE"):
            # What comes late, after the end, has no answer.
            self._end_current("703 STOP" if line == "STOP" else "704 PAUSE")
        elif line == "LIST VOICES":
            with self._lock:
                self._write.voices([(one.id, LANGUAGE, "none") for one in self._voices.speakers])
        elif line in ("SET", "AUDIO", "LOGLEVEL"):
            self._settings(line)
        elif line.startswith("DEBUG"):
            self._answer(f"200 OK DEBUGGING {line.split()[1] if ' ' in line.strip() else 'OFF'}")
        elif line:
            self._answer("300 ERR UNKNOWN COMMAND")

    def _settings(self, command: str) -> None:
        about = {"SET": "", "AUDIO": "AUDIO ", "LOGLEVEL": "LOGLEVEL "}[command]
        self._answer(f"207 OK RECEIVING {about}SETTINGS")
        values = self._read.settings()
        if values is None:
            return self._answer("302 ERROR BAD SYNTAX")
        if command == "AUDIO" and values.get("audio_output_method", "server") != "server":
            # Of older ones, which have their modules play.
            return self._answer(
                "300-pngnat needs speech-dispatcher 0.11 or newer, with sound that works", "300 MODULE ERROR"
            )
        if command == "SET":
            try:
                self._manner = self._manner.changed(values)
            except ValueError:
                return self._answer("303 ERROR INVALID PARAMETER OR VALUE")
        self._answer(
            {"SET": "203 OK SETTINGS RECEIVED", "AUDIO": "203 OK AUDIO INITIALIZED", "LOGLEVEL": "203 OK LOGLEVEL SET"}[
                command
            ]
        )

    def _receive(self, kind: str) -> None:
        self._answer("202 OK RECEIVING MESSAGE")
        text = "\n".join(self._read.lines())
        if not text:
            return self._answer("301 ERROR CANT SPEAK")
        message = _Message(spoken_text(text, kind, self._manner.spelling), self._manner)
        self._end_current()
        with self._lock:
            self._current = message
            self._write.send("200 OK SPEAKING")
        self._messages.put(message)

    def _end_current(self, answer: str | None = None) -> None:
        message = self._current
        if message is not None:
            # Before the lock, so that the speaking thread lets it go.
            message.over.set()
        with self._lock:
            if message is not None and self._current is message:
                self._current = None
                if answer is not None:
                    self._write.send(answer)

    def _answer(self, *lines: str) -> None:
        with self._lock:
            self._write.send(*lines)

    def _speak_all(self) -> None:
        while (message := self._messages.get()) is not None:
            # OSError, ValueError: speech-dispatcher has gone.
            with suppress(_Over, OSError, ValueError):
                self._event(message, self._write.send, "701 BEGIN")
                try:
                    self._speak(message)
                except PngnatError as error:
                    # A text without words: to a screen reader it is a very short one.
                    print(f"pngnat: {error}", file=sys.stderr, flush=True)
                self._event(message, self._finish)

    def _finish(self) -> None:
        self._current = None
        self._write.send("702 END")

    def _speak(self, message: _Message) -> None:
        manner, speaker = message.manner, self._speaker(message.manner.voice)
        voice, rate = speaker.voice, speaker.voice.sample_rate
        said = sentences(
            message.text, voice, speaker=speaker.name, pace=manner.pace, pitch=manner.semitones, max_pause=_MAX_PAUSE
        )
        for sentence in said:
            marks = [(round(mark.time * rate), mark.name) for mark in sentence.said.marks]
            for part in _with_marks(sentence.blocks(), marks):
                if isinstance(part, str):
                    self._event(message, self._write.mark, part)
                else:
                    self._event(message, self._write.sound, to_pcm(part * manner.gain), rate)

    def _speaker(self, name: str | None) -> TableSpeaker:
        """The speaker of that name; a screen reader whose voice is gone must not fall silent."""
        try:
            return self._voices.find(name)
        except UnknownVoice:
            return self._voices.default

    def _event(self, message: _Message, send: Callable[..., None], *arguments: object) -> None:
        """Send something of this message. Raises _Over where it has been stopped."""
        if not message.over.is_set():
            with self._lock:
                if self._current is message and not message.over.is_set():
                    return send(*arguments)
        raise _Over


class _Over(Exception):
    """The message has been stopped."""


def _with_marks(blocks: Iterator[np.ndarray], marks: list[tuple[int, str]]) -> Iterator[np.ndarray | str]:
    """Short pieces of sound, with each mark's name before the sample that it stands at. marks: samples and names, in
    time."""
    place = 0
    for block in blocks:
        start = 0
        while start < len(block):
            while marks and marks[0][0] <= place:
                yield marks.pop(0)[1]
            end = min(start + _PIECE, len(block), start + (marks[0][0] - place) if marks else len(block))
            yield block[start:end]
            place, start = place + end - start, end
    yield from (name for _, name in marks)


def spoken_text(text: str, kind: str, spelling: bool = False) -> str:
    """What is said for a message, with pngnat's markup or as SSML. kind: a value of MESSAGES. spelling: whether letter
    by letter."""
    if kind == "icon":
        return re.sub(r"[_-]+", " ", text)
    if kind == "char":
        return _named(" " if text == "space" else text)
    if kind == "key":
        parts = text.replace("kp_", "keypad_").split("_")
        return ", ".join(_named(part) if len(part) == 1 else part for part in parts if part) or "underscore"
    if is_ssml(text) and (spelling or not _is_well_formed(text)):
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return ", ".join(map(_named, "".join(text.split()))) if spelling else text


def _named(sign: str) -> str:
    """A character by its name; longer texts, and characters without one, as they are."""
    said = say_as(sign, {"interpret-as": "characters"}, lambda _: None) if len(sign) == 1 else sign
    return (
        unicodedata.name(sign, sign).lower() if len(sign) == 1 and said in (sign, "") and not sign.isalnum() else said
    )


def _is_well_formed(text: str) -> bool:
    try:
        read_ssml(text)
    except PngnatError:
        return False
    return True


def load_voices(config: ModuleConfig) -> VoiceTable:
    """The voices of a configuration, of which the default one has spoken, so that the first text does not wait for what
    is loaded then."""
    voices = VoiceTable.load(config.voices, threads=config.threads)
    synthesize("Hello.", voices.default.voice)
    return voices


def run_module(config_file: str | None) -> int:
    """Be the module on standard input and output; returns the exit code. config_file: None for the usual settings."""
    commands, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints must not come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return DispatcherModule(
        commands, answers, lambda: load_voices(read_config(config_file) if config_file else ModuleConfig())
    ).run()
