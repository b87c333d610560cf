"""The module for speech-dispatcher: its protocol, byte by byte, and speech-dispatcher itself where it is installed."""

import os
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import LONG

import pngnat
from pngnat.audio.playback import to_pcm
from pngnat.cli import speech_dispatcher
from pngnat.errors import PngnatError
from pngnat.server.dispatcher_module import DispatcherModule, SpeechSettings, spoken_text
from pngnat.server.dispatcher_protocol import escaped, read_config
from pngnat.server.voice_table import VoiceTable


def unescaped(data: bytes) -> bytes:
    """Decode sound as speech-dispatcher does (output.c)."""
    plain, place = bytearray(), 0
    while place < len(data):
        if data[place] == 0x7D:
            place += 1
            plain.append(data[place] ^ 0x20)
        else:
            plain.append(data[place])
        place += 1
    return bytes(plain)


class Dispatcher:
    """A test's speech-dispatcher, which sends commands to a module in a thread and reads its answers."""

    def __init__(self, voices: VoiceTable) -> None:
        from_us, self._to_module = os.pipe()
        self._from_module, to_us = os.pipe()
        self._reading = os.fdopen(self._from_module, "rb")
        module = DispatcherModule(os.fdopen(from_us, "rb"), os.fdopen(to_us, "wb"), lambda: voices)
        self._codes: list[int] = []
        self._thread = threading.Thread(target=lambda: self._codes.append(module.run()))
        self._thread.start()

    def send(self, *lines: str) -> None:
        os.write(self._to_module, "".join(line + "\n" for line in lines).encode())

    def answer(self) -> list[bytes]:
        """Return the lines of the next answer or event."""
        lines = []
        while not lines or lines[-1][3:4] != b" ":
            line = self._reading.readline()
            assert line.endswith(b"\n"), (lines, line)
            lines.append(line[:-1])
        return lines

    def ask(self, *lines: str) -> list[str]:
        self.send(*lines)
        return [line.decode() for line in self.answer()]

    def set(self, **values) -> list[str]:
        self.ask("SET")
        return self.ask(*(f"{name}={value}" for name, value in values.items()), ".")

    def speak(self, text: str, command: str = "SPEAK") -> None:
        assert self.ask(command) == ["202 OK RECEIVING MESSAGE"]
        assert self.ask(text, ".") == ["200 OK SPEAKING"]

    def events(self, until: tuple[str, ...] = ("702 END", "703 STOP", "704 PAUSE")) -> list:
        """Return events as lines, marks as ("mark", NAME), and sounds as bytes, with adjacent ones joined."""
        found: list = []
        while not found or found[-1] not in until:
            lines = self.answer()
            if lines[-1] == b"705 AUDIO":
                about = dict(line[4:].split(b"=") for line in lines[:-2])
                head, _, data = lines[-2].partition(b"\0")
                sound = unescaped(data)
                assert head == b"705-AUDIO" and len(sound) == 2 * int(about[b"num_samples"])
                assert (about[b"bits"], about[b"num_channels"], about[b"big_endian"]) == (b"16", b"1", b"0")
                if found and isinstance(found[-1], bytes):
                    found[-1] += sound
                else:
                    found.append(sound)
            else:
                found.append(("mark", lines[0].decode()[4:]) if lines[-1] == b"700 INDEX MARK" else lines[-1].decode())
        return found

    def quit(self) -> int:
        self.send("QUIT")
        while self.answer() != [b"210 OK QUIT"]:
            pass
        self._thread.join(20)
        os.close(self._to_module)
        self._reading.close()
        return self._codes[0]


@pytest.fixture
def dispatcher(voice):
    one = Dispatcher(VoiceTable({"stub": voice}))
    assert one.ask("INIT") == ["299-pngnat speaks with stub", "299 OK LOADED SUCCESSFULLY"]
    yield one
    assert one.quit() == 0


def expected_sound(text: str, voice, **options) -> bytes:
    return b"".join(to_pcm(block) for block in pngnat.stream_samples(text, voice, **options))


def test_voices_are_listed(dispatcher):
    rows = ["200-stub/ada\ten-US\tnone", "200-stub/bob\ten-US\tnone", "200 OK VOICE LIST SENT"]
    assert dispatcher.ask("LIST VOICES") == rows


def test_a_text_is_spoken(dispatcher, voice):
    dispatcher.speak("<speak>Hello there.\nHow are you?</speak>")
    begin, sound, end = dispatcher.events()
    assert (begin, end) == ("701 BEGIN", "702 END") and sound == expected_sound("Hello there.\nHow are you?", voice)


def test_a_dot_at_the_start_of_a_line_comes_doubled(dispatcher, voice):
    assert dispatcher.ask("SPEAK") == ["202 OK RECEIVING MESSAGE"]
    assert dispatcher.ask("A", "..5 b", ".") == ["200 OK SPEAKING"]
    assert dispatcher.events()[1] == expected_sound("A\n.5 b", voice)


def test_marks_come_at_their_places(dispatcher, voice):
    text = '<speak>Hello <mark name="one"/>there, my friend. <mark name="2"/> How are <mark name="last"/></speak>'
    dispatcher.speak(text)
    events = dispatcher.events()
    assert [event[1] for event in events if isinstance(event, tuple)] == ["one", "2", "last"]
    times = {mark.name: mark.time for mark in pngnat.synthesize(text, voice).marks}
    place = 0
    for event in events:
        if isinstance(event, bytes):
            place += len(event) // 2
        elif isinstance(event, tuple):
            assert place / voice.sample_rate == pytest.approx(times[event[1]], abs=2e-3)
    assert b"".join(event for event in events if isinstance(event, bytes)) == expected_sound(text, voice)


def test_settings(dispatcher, voice):
    assert (
        dispatcher.set(rate=100, pitch=50, volume=0, synthesis_voice="stub/bob", language="en", spelling_mode="off")[-1]
        == "203 OK SETTINGS RECEIVED"
    )
    dispatcher.speak("Hello there.")
    loud = np.frombuffer(expected_sound("Hello there.", voice, speaker="bob", pace=449 / 170, pitch=3.0), "<i2")
    np.testing.assert_allclose(np.frombuffer(dispatcher.events()[1], "<i2"), loud / 2, atol=1)
    assert dispatcher.set(rate="fast") == ["303 ERROR INVALID PARAMETER OR VALUE"]
    dispatcher.ask("SET")
    assert dispatcher.ask("nonsense", ".") == ["302 ERROR BAD SYNTAX"]
    assert dispatcher.set(synthesis_voice="gone", rate=0, volume=100, pitch=0)
    dispatcher.speak("Hello there.")
    assert dispatcher.events()[1] == expected_sound("Hello there.", voice)


def test_rates_are_those_of_espeak():
    paces = [SpeechSettings(rate=rate).pace for rate in (-100, -50, 0, 50, 100)]
    assert (
        paces == sorted(paces)
        and paces[2] == 1
        and paces[0] == pytest.approx(80 / 170)
        and paces[4] == pytest.approx(449 / 170)
    )
    assert SpeechSettings().changed({"rate": "1000", "pitch": "-1000"}).pace == paces[4]
    assert SpeechSettings(volume=100).gain == 1 and SpeechSettings(volume=-100).gain == 0


def test_a_stop_ends_speech_at_once(dispatcher):
    for _ in range(3):
        dispatcher.speak(LONG)
        assert dispatcher.events(("701 BEGIN",)) == ["701 BEGIN"]
        dispatcher.send("STOP")
        assert dispatcher.events()[-1] == "703 STOP"
    dispatcher.speak("Hello.")
    assert dispatcher.events()[-1] == "702 END"


def test_a_late_pause_or_stop_has_no_answer(dispatcher):
    dispatcher.speak(LONG)
    dispatcher.send("PAUSE")
    assert dispatcher.events()[-1] == "704 PAUSE"
    dispatcher.send("STOP", "PAUSE")
    assert dispatcher.ask("LIST VOICES")[-1] == "200 OK VOICE LIST SENT"


@pytest.mark.parametrize(
    "text",
    [
        "...",
        "<speak></speak>",
        "<speak>a < b & c</speak>",
        "<speak>a <b></speak>",
        "☃",
        "<speak><break time='90s'/></speak>",
    ],
)
def test_a_text_that_cannot_be_spoken_is_short(dispatcher, text):
    dispatcher.speak(text)
    events = dispatcher.events()
    assert events[0] == "701 BEGIN" and events[-1] == "702 END"


def test_other_commands(dispatcher):
    assert dispatcher.ask("AUDIO")[0].startswith("207 ")
    assert dispatcher.ask("audio_output_method=server", ".") == ["203 OK AUDIO INITIALIZED"]
    assert dispatcher.ask("AUDIO")[0].startswith("207 ")
    assert dispatcher.ask("audio_output_method=alsa", ".")[-1] == "300 MODULE ERROR"
    assert dispatcher.ask("LOGLEVEL")[0].startswith("207 ")
    assert dispatcher.ask("log_level=3", ".") == ["203 OK LOGLEVEL SET"]
    assert dispatcher.ask("DEBUG ON /tmp/x") == ["200 OK DEBUGGING ON"] and dispatcher.ask("DEBUG OFF ") == [
        "200 OK DEBUGGING OFF"
    ]
    assert dispatcher.ask("SING") == ["300 ERR UNKNOWN COMMAND"]
    assert dispatcher.ask("SPEAK") == ["202 OK RECEIVING MESSAGE"] and dispatcher.ask(".") == ["301 ERROR CANT SPEAK"]


@pytest.mark.parametrize(
    ("text", "kind", "spelling", "words"),
    [
        ("a", "char", False, ["A"]),
        ("#", "char", False, ["hash"]),
        ("(", "char", False, ["left", "parenthesis"]),
        ("space", "char", False, ["space"]),
        ("control_a", "key", False, ["control", "A"]),
        ("kp_5", "key", False, ["keypad", "five"]),
        ("_", "key", False, ["underscore"]),
        ("message-new", "icon", False, ["message", "new"]),
        ("<speak>ab 1</speak>", "text", True, ["A", "B", "one"]),
        ("<speak>a &amp; b", "text", False, ["a", "and", "b"]),
    ],
)
def test_spoken_text_of_characters_keys_and_icons(text, kind, spelling, words):
    found = pngnat.phonemize(spoken_text(text, kind, spelling))
    assert [word.text for sentence in found.sentences for word in sentence.words] == words


@given(st.binary(max_size=300))
def test_escaped_sound_has_no_line_feed_and_comes_back(data):
    assert b"\n" not in escaped(data) and unescaped(escaped(data)) == data


def test_the_settings_file(tmp_path):
    file = tmp_path / "pngnat.conf"
    file.write_text('# a comment\nPngnatVoice "my voice"\npngnatvoice ann # another\nPngnatThreads 2\nOther "x" y\n')
    assert read_config(file).voices == ("my voice", "ann") and read_config(file).threads == 2
    for wrong in ('PngnatVoice "ann', "PngnatVoice", "PngnatThreads two"):
        file.write_text(f"\n{wrong}\n")
        with pytest.raises(PngnatError, match="line 2"):
            read_config(file)
    shipped = Path(pngnat.__file__).parent / "server/data/pngnat.conf"
    assert read_config(shipped).voices == ()


def test_it_sets_itself_up(tmp_path, monkeypatch, capsys):
    program = tmp_path / "bin/sd_pngnat"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, value in (("HOME", tmp_path), ("PATH", program.parent), ("XDG_CONFIG_HOME", "")):
        monkeypatch.setenv(name, str(value))
    config = tmp_path / ".config/speech-dispatcher/modules/pngnat.conf"
    assert speech_dispatcher.main(["--set-up"]) == 0
    config.write_text("PngnatVoice ann\n")
    assert speech_dispatcher.main(["--set-up"]) == 0 and config.read_text() == "PngnatVoice ann\n"
    assert (tmp_path / ".local/libexec/speech-dispatcher-modules/sd_pngnat").resolve() == program
    assert "spd-say -o pngnat" in capsys.readouterr().out
    program.unlink()
    with pytest.raises(PngnatError, match="sd_pngnat"):
        speech_dispatcher.main(["--set-up"])


def test_a_missing_voice_is_an_error_at_the_start(voice):
    def load():
        raise PngnatError("there is no voice 'ann'")

    reading, commands = os.pipe()
    answers, writing = os.pipe()
    os.write(commands, b"INIT\n")
    with os.fdopen(reading, "rb") as one, os.fdopen(writing, "wb") as other:
        assert DispatcherModule(one, other, load).run() == 1
    os.close(commands)
    assert os.read(answers, 1000) == b"399-there is no voice 'ann'\n399 ERR CANT INIT MODULE\n"
    os.close(answers)


@pytest.mark.slow
def test_spd_say_speaks_and_cancels(speech_dispatcher_itself, voice):
    environment, played = speech_dispatcher_itself

    def spd_say(*words: str) -> str:
        return subprocess.run(
            ["spd-say", "-o", "pngnat", *words], env=environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    assert "stub/ada" in spd_say("-L") and "stub/bob" in spd_say("-L")
    spd_say("-w", "Hello there, my friend.")
    # speech-dispatcher ends each text with a space.
    assert played() == pytest.approx(len(pngnat.synthesize("Hello there, my friend.", voice).samples), rel=0.05)
    spd_say(LONG)
    time.sleep(0.5)
    spd_say("-C")
    spd_say("-w", "Done.")
