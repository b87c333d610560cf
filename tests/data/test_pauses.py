import numpy as np
import pytest

from pngnat.data.pauses import Change, PauseRules, change_pauses, changed_cut, pause_changes
from pngnat.text.frontend import Frontend

RATE = 24000
RULES = PauseRules()


@pytest.fixture(scope="module")
def frontend():
    return Frontend()


def lengths(frontend, text: str, silence: float) -> dict[str, float]:
    """Seconds at each mark inside the sentence after the changes, by the word that follows, where all were `silence`
    before."""
    (utterance,) = frontend.utterances(text)
    durations, owners = [0.1], {}
    for word, after in zip(utterance.words, [*utterance.words[1:], None], strict=True):
        durations += [0.07] * len(word.phonemes)
        if after:
            owners[len(durations)] = after.text
        durations.append(silence)
    changes = {change.token: change.samples / RATE for change in pause_changes(utterance, durations, "x", RATE, RULES)}
    return {owners[token]: silence + by for token, by in changes.items()}


def test_a_comma_that_was_run_over_is_heard_and_a_long_one_stays(frontend):
    assert 0.1 <= lengths(frontend, "Bread, butter.", 0.0)["butter"] <= 0.16
    assert lengths(frontend, "Bread, butter.", 0.4) == {}
    assert lengths(frontend, "Bread and butter.", 0.0) == {}


@pytest.mark.parametrize("silence", [0.0, 0.15, 0.6])
def test_a_menu_pauses_before_two_and_not_before_too(frontend, silence):
    two = lengths(frontend, "For sales, press one; for support, two.", silence)
    too = lengths(frontend, "For sales, press one; for support, too.", silence)
    assert 0.26 <= two["two"] <= 0.34
    assert too.get("too", silence) <= 0.05
    assert two.get("press") == too.get("press")


def test_every_number_that_a_long_menu_offers_has_its_pause(frontend):
    found = lengths(frontend, "For tea, press one; for milk, two; or for juice, three.", 0.0)
    assert all(0.26 <= found[number] <= 0.34 for number in ("two", "three"))
    assert 0.1 <= found["press"] <= 0.16


def test_numbers_in_lists_are_no_choices(frontend):
    assert lengths(frontend, "We have one, two, and three.", 0.2) == {}


def speech(seconds: float) -> np.ndarray:
    """A tone with next to silent ends."""
    samples = 0.3 * np.sin(2 * np.pi * 200 * np.arange(round(seconds * RATE)) / RATE)
    samples[: RATE // 10] = samples[-RATE // 10 :] = 1e-4
    return samples.astype(np.float32)


def test_what_is_put_in_is_as_quiet_as_the_background_and_the_rest_is_untouched():
    samples, borders = speech(1.0), np.array([0, 10000, 10000, 24000])
    made = change_pauses(samples, borders, [Change(1, 2400)], RATE)
    assert len(made) == len(samples) + 2400
    fade = round(0.012 * RATE)
    np.testing.assert_array_equal(made[: 10000 - fade], samples[: 10000 - fade])
    np.testing.assert_array_equal(made[12400 + fade :], samples[10000 + fade :])
    assert np.abs(made[10000:12400]).max() < 1e-3
    # Nowhere a jump that the tone itself does not make.
    assert np.abs(np.diff(made)).max() <= 1.2 * np.abs(np.diff(samples)).max()


def test_a_silence_is_shortened_in_its_middle():
    samples = speech(1.0)
    samples[9000:15000] = 1e-4
    made = change_pauses(samples, np.array([0, 9000, 15000, 24000]), [Change(1, -4000)], RATE)
    assert len(made) == 20000
    np.testing.assert_array_equal(made[:9000], samples[:9000])
    np.testing.assert_array_equal(made[11000:], samples[15000:])


def test_times_follow_the_sound():
    cut = {
        "duration": 1.0,
        "recording": {"num_samples": RATE, "duration": 1.0},
        "supervisions": [
            {
                "duration": 1.0,
                "alignment": {
                    "phoneme": [
                        ["[CLS]", 0.0, 0.1, None],
                        ["AA1", 0.1, 0.4, -1.0],
                        [",", 0.5, 0.0, None],
                        ["B", 0.5, 0.4, -1.0],
                        [".", 0.9, 0.1, None],
                    ],
                    "word": [["a", 0.1, 0.4, -1.0], ["b", 0.5, 0.4, -1.0]],
                },
            }
        ],
    }
    made = changed_cut(cut, [Change(2, RATE // 10)], RATE)
    alignment = made["supervisions"][0]["alignment"]
    assert [token[1] for token in alignment["phoneme"]] == pytest.approx([0.0, 0.1, 0.5, 0.6, 1.0])
    assert sum(token[2] for token in alignment["phoneme"]) == pytest.approx(made["duration"]) == pytest.approx(1.1)
    assert [word[1] for word in alignment["word"]] == pytest.approx([0.1, 0.6])
    assert made["recording"]["num_samples"] == RATE + RATE // 10
    assert cut["duration"] == 1.0
