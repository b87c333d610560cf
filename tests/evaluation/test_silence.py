import numpy as np
import pytest

from pngnat.audio.config import AudioConfig
from pngnat.evaluation.silence import buzzing_share, pause_level, paused_frames, periodicity, silent_frames
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.timings import TimedPhoneme

AUDIO = AudioConfig()
RATE = AUDIO.sample_rate


def vowel(f0, seconds):
    time = np.arange(round(seconds * RATE)) / RATE
    return (sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 20)) * 0.2).astype(np.float32)


def noise(level, seconds):
    return (level * np.random.default_rng(0).standard_normal(round(seconds * RATE))).astype(np.float32)


# A second of voice, half a second of pause.
RECORDING = np.concatenate([vowel(120, 1.0), noise(1e-4, 0.5)])


PAUSED = paused_frames(RECORDING, AUDIO)


def share(sound):
    return buzzing_share(np.concatenate([vowel(120, 1.0), sound]), PAUSED, AUDIO)


def level(sound):
    return pause_level(np.concatenate([vowel(120, 1.0), sound]), PAUSED, AUDIO)


def test_a_pause_is_50_db_below_the_loudest():
    assert PAUSED[81:].all() and not PAUSED[:79].any()


def test_a_buzz_in_a_pause_is_as_loud_as_it_is():
    assert pause_level(RECORDING, PAUSED, AUDIO) == pytest.approx(-80, abs=0.5)
    expected = 10 * np.log10(np.mean(np.square(0.01 * vowel(120, 0.5))))
    assert level(0.01 * vowel(120, 0.5)) == pytest.approx(expected, abs=0.5)
    assert pause_level(vowel(120, 1.0), paused_frames(vowel(120, 1.0), AUDIO), AUDIO) is None


@pytest.mark.parametrize("f0", [70, 120, 250, 390])
def test_pulses_buzz(f0):
    assert share(0.002 * vowel(f0, 0.5)) > 0.9


def test_half_a_buzz():
    half = np.concatenate([0.002 * vowel(120, 0.25), noise(1e-4, 0.25)])
    assert share(half) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("loudness", [0.0, 1e-5, 1e-3, 1e-2])
def test_hiss_does_not_buzz(loudness):
    assert share(noise(loudness, 0.5)) == 0


def test_neither_does_a_rumble_nor_a_buzz_that_nobody_hears():
    rumble = np.cumsum(noise(1e-4, 0.5)).astype(np.float32)
    assert share(rumble - rumble.mean()) < 0.1
    assert share(5e-5 * vowel(120, 0.5)) == 0


def test_without_a_pause_there_is_no_share():
    assert buzzing_share(vowel(120, 1.0), paused_frames(vowel(120, 1.0), AUDIO), AUDIO) is None


def test_periodicity_of_a_tone_and_of_nothing():
    assert periodicity(vowel(100, 0.05).astype(np.float64), RATE) > 0.99
    assert periodicity(np.zeros(1200), RATE) == 0


def test_silences_of_speech_are_where_nothing_is_said():
    spans = [
        ("[CLS]", 0, 0.2, None),
        ("AH0", 0.2, 0.5, 0),
        (" ", 0.5, 0.55, None),
        ("AH0", 0.55, 0.8, 1),
        (".", 0.8, 1.0, None),
    ]
    speech = Speech(np.zeros(RATE, np.float32), RATE, "a a.", [], [TimedPhoneme(*span) for span in spans])
    assert np.flatnonzero(silent_frames(speech, AUDIO)).tolist() == [*range(4, 12), *range(68, 76)]
