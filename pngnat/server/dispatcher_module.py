"""A module for speech-dispatcher: pngnat's voices for screen readers (Orca) and browsers (speechSynthesis)."""

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

# The paces of the rates -100 and 100. They are those of speech-dispatcher's module for eSpeak (80 and 449 words a
# minute, 170 by default), to which people have set their screen readers.
_SLOWEST, _FASTEST = 80 / 170, 449 / 170
# Semitones of the pitch 100; markup in the text may add to them.
_HIGHEST = 6.0
# Samples in one event: a stop waits until an event is written.
_EVENT_SAMPLES = 4800
_MAX_PAUSE, _SECONDS_TO_END = 30.0, 1.0
_SETTINGS_ANSWERS = {
    "SET": "203 OK SETTINGS RECEIVED",
    "AUDIO": "203 OK AUDIO INITIALIZED",
    "LOGLEVEL": "203 OK LOGLEVEL SET",
}


@dataclass(frozen=True)
class SpeechSettings:
    """The settings of speech-dispatcher for a message."""

    rate: int = 0
    """The rate, -100 to 100."""
    pitch: int = 0
    """The pitch, -100 to 100."""
    volume: int = 100
    """The volume, -100 to 100."""
    spelling: bool = False
    """Whether to spell every text letter by letter."""
    voice: str | None = None
    """The name of a voice; None means the default."""

    @property
    def pace(self) -> float:
        """Return the factor that divides durations; 2 is twice as fast."""
        return (_FASTEST if self.rate > 0 else _SLOWEST) ** (abs(self.rate) / 100)

    @property
    def semitones(self) -> float:
        """Return the semitones by which to raise the pitch."""
        return _HIGHEST * self.pitch / 100

    @property
    def gain(self) -> float:
        """Return the factor for samples, 1 at the highest volume."""
        return (self.volume + 100) / 200

    def changed(self, values: dict[str, str]) -> SpeechSettings:
        """Return the settings with new values; unknown names are ignored. Raises ValueError for an invalid number."""
        numbers = {
            name: max(-100, min(100, int(values[name]))) for name in ("rate", "pitch", "volume") if name in values
        }
        voice = values.get("synthesis_voice", self.voice)
        spelling = values["spelling_mode"] == "on" if "spelling_mode" in values else self.spelling
        return replace(self, **numbers, voice=None if voice == "NULL" else voice, spelling=spelling)


@dataclass(eq=False)
class _Message:
    """A text to speak. stopped: set when it must not be spoken any further."""

    text: str
    settings: SpeechSettings
    stopped: threading.Event = field(default_factory=threading.Event)


class DispatcherModule:
    """A module that reads commands in the thread of `run` and speaks in another, so that a stop works at any time."""

    def __init__(self, reading: BinaryIO, writing: BinaryIO, load: Callable[[], VoiceTable]) -> None:
        self._read, self._write, self._load = Reader(reading), Writer(writing), load
        self._lock = threading.Lock()
        self._messages: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
        self._current: _Message | None = None
        self._settings = SpeechSettings()
        self._voices: VoiceTable

    def run(self) -> int:
        """Answer commands until QUIT or the end of the input; return the exit code."""
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
        # Python would crash if it ended while the thread works; speech-dispatcher kills modules that take longer.
        speaking.join(_SECONDS_TO_END)
        if line == "QUIT":
            self._answer("210 OK QUIT")
        return 0

    def _command(self, line: str) -> None:
        if line in MESSAGES:
            self._receive(MESSAGES[line])
        elif line in ("STOP", "PAUSE"):
            # A command that arrives after the end of its message has no answer.
            self._end_current("703 STOP" if line == "STOP" else "704 PAUSE")
        elif line == "LIST VOICES":
            with self._lock:
                self._write.voices([(one.id, LANGUAGE, "none") for one in self._voices.speakers])
        elif line in _SETTINGS_ANSWERS:
            self._receive_settings(line)
        elif line.startswith("DEBUG"):
            self._answer(f"200 OK DEBUGGING {line.split()[1] if ' ' in line.strip() else 'OFF'}")
        elif line:
            self._answer("300 ERR UNKNOWN COMMAND")

    def _receive_settings(self, command: str) -> None:
        kind = "" if command == "SET" else f"{command} "
        self._answer(f"207 OK RECEIVING {kind}SETTINGS")
        values = self._read.settings()
        if values is None:
            return self._answer("302 ERROR BAD SYNTAX")
        if command == "AUDIO" and values.get("audio_output_method", "server") != "server":
            # Older releases have their modules play the sound.
            return self._answer(
                "300-pngnat needs speech-dispatcher 0.11 or newer, with sound that works", "300 MODULE ERROR"
            )
        if command == "SET":
            try:
                self._settings = self._settings.changed(values)
            except ValueError:
                return self._answer("303 ERROR INVALID PARAMETER OR VALUE")
        self._answer(_SETTINGS_ANSWERS[command])

    def _receive(self, kind: str) -> None:
        self._answer("202 OK RECEIVING MESSAGE")
        text = "\n".join(self._read.lines())
        if not text:
            return self._answer("301 ERROR CANT SPEAK")
        message = _Message(spoken_text(text, kind, self._settings.spelling), self._settings)
        self._end_current()
        with self._lock:
            self._current = message
            self._write.send("200 OK SPEAKING")
        self._messages.put(message)

    def _end_current(self, answer: str | None = None) -> None:
        message = self._current
        if message is not None:
            # Set before the lock is taken, so that the speaking thread releases it.
            message.stopped.set()
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
            # OSError and ValueError: speech-dispatcher has gone.
            with suppress(_Stopped, OSError, ValueError):
                self._event(message, self._write.send, "701 BEGIN")
                try:
                    self._speak(message)
                except PngnatError as error:
                    # A text without words: a screen reader sees a very short one.
                    print(f"pngnat: {error}", file=sys.stderr, flush=True)
                self._event(message, self._finish)

    def _finish(self) -> None:
        self._current = None
        self._write.send("702 END")

    def _speak(self, message: _Message) -> None:
        settings, speaker = message.settings, self._speaker(message.settings.voice)
        rate = speaker.voice.sample_rate
        for sentence in sentences(
            message.text,
            speaker.voice,
            speaker=speaker.name,
            pace=settings.pace,
            pitch=settings.semitones,
            max_pause=_MAX_PAUSE,
        ):
            marks = [(round(mark.time * rate), mark.name) for mark in sentence.timings.marks]
            for part in _with_marks(sentence.blocks(), marks):
                if isinstance(part, str):
                    self._event(message, self._write.mark, part)
                else:
                    self._event(message, self._write.sound, to_pcm(part * settings.gain), rate)

    def _speaker(self, name: str | None) -> TableSpeaker:
        """Return the speaker of a name, or the default: a screen reader whose voice is gone must not fall silent."""
        try:
            return self._voices.find(name)
        except UnknownVoice:
            return self._voices.default

    def _event(self, message: _Message, send: Callable[..., None], *arguments: object) -> None:
        """Send an event of a message. Raises _Stopped where the message has been stopped."""
        if not message.stopped.is_set():
            with self._lock:
                if self._current is message and not message.stopped.is_set():
                    return send(*arguments)
        raise _Stopped


class _Stopped(Exception):
    """The signal that a message has been stopped."""


def _with_marks(blocks: Iterator[np.ndarray], marks: list[tuple[int, str]]) -> Iterator[np.ndarray | str]:
    """Yield short pieces of sound, and the name of each mark before its sample. marks: samples and names, in order."""
    place = 0
    for block in blocks:
        start = 0
        while start < len(block):
            while marks and marks[0][0] <= place:
                yield marks.pop(0)[1]
            end = min(start + _EVENT_SAMPLES, len(block), start + (marks[0][0] - place) if marks else len(block))
            yield block[start:end]
            place, start = place + end - start, end
    yield from (name for _, name in marks)


def spoken_text(text: str, kind: str, spelling: bool = False) -> str:
    """Return the text to synthesize for a message, with pngnat's markup or SSML.

    kind: a value of MESSAGES. spelling: whether to spell the text letter by letter.
    """
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


def _named(text: str) -> str:
    """Return the name of a single character, and any other text unchanged."""
    if len(text) != 1:
        return text
    spoken = say_as(text, {"interpret-as": "characters"}, lambda _: None)
    return unicodedata.name(text, text).lower() if spoken in (text, "") and not text.isalnum() else spoken


def _is_well_formed(text: str) -> bool:
    try:
        read_ssml(text)
    except PngnatError:
        return False
    return True


def load_voices(config: ModuleConfig) -> VoiceTable:
    """Load the voices, and synthesize once with the default one, so that no text waits for lazy loading."""
    voices = VoiceTable.load(config.voices, threads=config.threads)
    synthesize("Hello.", voices.default.voice)
    return voices


def run_module(config_file: str | None) -> int:
    """Run the module on standard input and output; return the exit code. config_file: None means the defaults."""
    commands, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Output that a library prints must not come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return DispatcherModule(
        commands, answers, lambda: load_voices(read_config(config_file) if config_file else ModuleConfig())
    ).run()
