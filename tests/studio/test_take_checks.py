import numpy as np
import pytest
from formant_speech import formant_speech

import pngnat
from pngnat.studio.take_checks import TakeChecker, analyze_room

RATE = 16000
TEXT = "The birch canoe slid on the smooth planks."
SAID = (("", 0.3), ("N", 0.15), ("OW", 0.3), ("", 0.3))


@pytest.fixture(scope="module")
def checker() -> TakeChecker:
    return TakeChecker()


def kinds(heard) -> set[str]:
    return {note.kind for note in heard.notes}


def sound(sounds=SAID, noise: float = 1e-4) -> np.ndarray:
    return formant_speech(sounds, RATE, noise)[:, None]


@pytest.fixture(scope="module")
def read():
    """What the bundled voice says, with a moment of quiet before and after."""
    return pngnat.synthesize(TEXT)


def test_of_a_good_take_nothing_is_said_whoever_reads_it(checker, read):
    silence = np.zeros(read.sample_rate // 2)
    heard = checker.analyze(np.concatenate([silence, read.samples, silence])[:, None], read.sample_rate, TEXT)
    assert heard.notes == ()
    assert heard.seconds == pytest.approx(read.duration + 1.0, abs=1e-3)
    assert heard.speech == pytest.approx(read.words[-1].end - read.words[0].start, abs=0.15)


@pytest.mark.parametrize("seconds", [0.1, 4.0])
def test_however_long_one_waits_before_and_after_a_short_sentence_nothing_is_said(checker, seconds):
    text = "What do you think of it?"
    speech = pngnat.synthesize(text, speaker="am_michael")
    samples = np.pad(speech.samples, round(seconds * speech.sample_rate))
    samples += 1e-4 * np.random.default_rng(0).normal(size=len(samples))
    assert checker.analyze(samples[:, None], speech.sample_rate, text).notes == ()


def test_another_text_is_heard(checker, read):
    heard = checker.analyze(read.samples[:, None], read.sample_rate, "Glue the sheet to the dark blue background.")
    assert "text" in kinds(heard)


@pytest.mark.parametrize(("kind", "made"), [
    ("clipping", lambda: np.clip(20 * sound(), -1, 1)),
    ("level", lambda: 0.03 * sound(noise=1e-6)),
    ("noise", lambda: sound(noise=0.02)),
    ("silence", lambda: sound(SAID[1:])),
    ("silent", lambda: 1e-5 * sound()),
])  # fmt: skip
def test_each_fault_is_said_in_words(checker, kind, made):
    heard = checker.analyze(made(), RATE, "No.")
    assert kind in kinds(heard)
    assert all(note.words.endswith((".", "?")) for note in heard.notes)


def test_a_room_is_quiet_or_not():
    noise = np.random.default_rng(0).normal(size=(RATE, 1))
    assert not analyze_room(1e-4 * noise, RATE).again
    assert not analyze_room(3e-3 * noise, RATE).again
    assert analyze_room(3e-2 * noise, RATE).again
