import json

import numpy as np
import pytest

from pngnat.audio.config import AudioConfig
from pngnat.engine.loading import load_voice
from pngnat.evaluation.joins import Spoken, jumps, main, pauses, speak, summarize
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.timings import TimedPhoneme

RATE = 24000


def speechlike(seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 150 * time) * 0.3 + 0.01 * np.random.default_rng(0).standard_normal(len(time))).astype(
        np.float32
    )


def test_a_click_stands_out_at_its_place():
    sound = speechlike()
    clicked = sound.copy()
    clicked[12_000:] += 0.2
    assert jumps(sound, RATE).max() < 6
    assert jumps(clicked, RATE).argmax() == 12_000 and jumps(clicked, RATE)[12_000] == pytest.approx(
        0.2 / 0.02, rel=0.3
    )


def test_a_step_out_of_silence_is_a_click_and_silence_is_none():
    sound = np.zeros(4800, np.float32)
    assert not jumps(sound, RATE).any()
    sound[2400:] = 0.01
    assert jumps(sound, RATE)[2400] > 100


def test_a_jump_is_measured_against_its_surroundings_directly_evaluated():
    sound = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    steps = np.abs(np.diff(sound.astype(np.float64), prepend=sound[:1]))
    near = np.concatenate([steps[500 - 240 : 499], steps[502 : 502 + 239]])
    assert jumps(sound, RATE)[500] == pytest.approx(steps[500] / np.sqrt(np.mean(near**2)), rel=1e-6)


def speech(samples):
    return Speech(samples, RATE, "", [], [TimedPhoneme(".", 0.0, len(samples) / RATE)])


def test_a_buzz_between_words_is_told():
    buzz = (np.arange(RATE) % 200 == 0).astype(np.float32) * 0.1
    hiss = (0.001 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
    told = pauses([Spoken(speech(sound), [], []) for sound in (buzz, hiss)], AudioConfig())
    assert told["buzzing (%)"] == pytest.approx(50, abs=3) and told["pauses (s)"] == pytest.approx(1.8, abs=0.05)
    assert told["dBFS"] == pytest.approx(10 * np.log10((0.01 / 200 + 1e-6) / 2), abs=0.5)


def test_the_table_tells_joins_from_the_rest():
    sound = speechlike()
    clicked = sound.copy()
    clicked[12_000:] += 0.2
    blocks, ends, elsewhere = summarize(
        [Spoken(speech(clicked), [6_000, 18_000], [12_000]), Spoken(speech(sound), [6_000], [])]
    )
    assert (blocks["samples"], ends["samples"], elsewhere["samples"]) == (3, 1, 48_000 - 4)
    assert ends["largest"] > 7 > elsewhere["largest"] and blocks["largest"] < 6


def test_speech_is_joined_without_clicks(stub_voice):
    voice = load_voice(stub_voice)
    text = "The boy was there when the sun rose and a rod is used to catch pink salmon. How are you? I am well."
    spoken = speak(text, voice)
    assert len(spoken.sentences) == 2 and spoken.blocks
    assert all(0 < place < len(spoken.speech.samples) for place in spoken.blocks + spoken.sentences)
    blocks, ends, elsewhere = summarize([spoken])
    assert max(blocks["largest"], ends["largest"]) < elsewhere["99.9 % are below"]


def test_the_command(stub_voice, tmp_path, capsys):
    (tmp_path / "lines.txt").write_text("Hello there, my friend.\nHow are you?\n")
    arguments = [
        "--voice",
        str(stub_voice),
        "--sentences",
        str(tmp_path / "lines.txt"),
        "--json",
        str(tmp_path / "joins.json"),
    ]
    assert main("joins", arguments) == 0
    printed = capsys.readouterr().out
    assert "sentence joins" in printed and "buzzing (%)" in printed
    assert [row["jumps"] for row in json.loads((tmp_path / "joins.json").read_text())["joins"]] == [
        "block joins",
        "sentence joins",
        "elsewhere",
    ]
