"""A server with --watermark: every interface marks its sound."""

import io

import numpy as np
import pytest
import soundfile
from serving import ask, running, speak
from wyoming.audio import AudioStop
from wyoming.tts import Synthesize

from pngnat.audio.watermark import THRESHOLD, find_watermark

TEXT = "Hello there, my friend. How are you?"


def test_every_interface_marks_its_sound(stub_voice, loopback):
    pytest.importorskip("perth")
    if not loopback:
        pytest.skip("no loopback")
    from test_wyoming import sound, talk

    with running(voices=(str(stub_voice),), wyoming_port=0, asterics_port=0, watermark=True) as server:
        sounds = {
            "http": speak(server.ports["http"], TEXT)[2],
            "wyoming": sound(talk(server, [Synthesize(TEXT)], AudioStop)),
        }
        board = ask(server.ports["asterics"], "/speakdata/Hello%20there/pngnat/stub%2Fada")[2]
    found = {
        name: find_watermark(np.frombuffer(pcm, "<i2") / np.float32(32768), 24_000)[0] for name, pcm in sounds.items()
    }
    found["asterics"] = find_watermark(soundfile.read(io.BytesIO(board), dtype="float32")[0], 24_000)[0]
    assert all(one >= THRESHOLD for one in found.values()), found
