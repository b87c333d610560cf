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


def kinds(analysis) -> set[str]:
    return {note.kind for note in analysis.notes}


def sound(sounds=SAID, noise: float = 1e-4) -> np.ndarray:
    return formant_speech(sounds, RATE, noise)[:, None]


@pytest.fixture(scope="module")
def read():
    """The text, spoken by the bundled voice."""
    return pngnat.synthesize(TEXT)


def test_a_good_take_has_no_notes(checker, read):
    silence = np.zeros(read.sample_rate // 2)
    analysis = checker.analyze(np.concatenate([silence, read.samples, silence])[:, None], read.sample_rate, TEXT)
    assert analysis.notes == ()
    assert analysis.seconds == pytest.approx(read.duration + 1.0, abs=1e-3)
    assert analysis.speech == pytest.approx(read.words[-1].end - read.words[0].start, abs=0.15)


@pytest.mark.parametrize("seconds", [0.1, 4.0])
def test_silence_around_a_short_sentence_gives_no_notes(checker, seconds):
    text = "What do you think of it?"
    speech = pngnat.synthesize(text, speaker="am_michael")
    samples = np.pad(speech.samples, round(seconds * speech.sample_rate))
    samples += 1e-4 * np.random.default_rng(0).normal(size=len(samples))
    assert checker.analyze(samples[:, None], speech.sample_rate, text).notes == ()


def test_another_text_gives_a_note(checker, read):
    analysis = checker.analyze(read.samples[:, None], read.sample_rate, "Glue the sheet to the dark blue background.")
    assert "text" in kinds(analysis)


@pytest.mark.parametrize(("kind", "made"), [
    ("clipping", lambda: np.clip(20 * sound(), -1, 1)),
    ("level", lambda: 0.03 * sound(noise=1e-6)),
    ("noise", lambda: sound(noise=0.02)),
    ("silence", lambda: sound(SAID[1:])),
    ("silent", lambda: 1e-5 * sound()),
])  # fmt: skip
def test_each_fault_gives_a_note(checker, kind, made):
    analysis = checker.analyze(made(), RATE, "No.")
    assert kind in kinds(analysis)
    assert all(note.words.endswith((".", "?")) for note in analysis.notes)


def test_a_room_is_quiet_or_not():
    noise = np.random.default_rng(0).normal(size=(RATE, 1))
    assert not analyze_room(1e-4 * noise, RATE).again
    assert not analyze_room(3e-3 * noise, RATE).again
    assert analyze_room(3e-2 * noise, RATE).again
