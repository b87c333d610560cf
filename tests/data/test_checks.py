import json
from dataclasses import replace

import numpy as np
import pytest

from pngnat.data.check_report import write_report
from pngnat.data.checks import Figures, Limits, check, measure, speaking_rate
from pngnat.data.corpus import Recording
from pngnat.data.segments import WordSpan
from pngnat.text.utterance import Boundary, Utterance, Word

GOOD = {"clipped": 0.0, "level": -20.0, "noise": -70.0, "leading": 0.2, "trailing": 0.2, "peak": -3.0}


def recording(name: str, seconds: float = 0.3, score: float = -1.0, **measures) -> Recording:
    utterance = Utterance(
        (Word("bee", ("B", "IY1")), Word("see", ("S", "IY1"))), (Boundary(), Boundary(), Boundary("."))
    )
    spans = (WordSpan("bee", 0.1, seconds, score), WordSpan("see", 0.1 + seconds, seconds, -1.0))
    durations = np.array([0.1, seconds / 2, seconds / 2, 0, seconds / 2, seconds / 2, 0.1], dtype=np.float32)
    symbols = ("[CLS]", "B", "IY1", " ", "S", "IY1", ".")
    return Recording(name, "ann", "train", None, utterance, durations, symbols, spans, {**GOOD, **measures})


CORPUS = [recording(f"r{i}") for i in range(20)]


def test_a_good_corpus_has_no_warnings():
    assert check(CORPUS) == []


def test_recordings_over_half_a_minute_are_warned_about():
    long = replace(recording("long"), durations=np.array([20, 0.15, 0.15, 0, 0.15, 0.15, 10], dtype=np.float32))
    (warned,) = check([*CORPUS, long])
    assert (warned.id, warned.kind) == ("long", "long") and "30.6 s" in warned.message


@pytest.mark.parametrize(("kind", "bad"), [
    ("clipping", {"clipped": 0.01}), ("level", {"level": -45.0, "noise": -90.0}), ("level", {"level": -5.0}),
    ("level", {"level": -32.0}), ("noise", {"noise": -35.0}),
    ("silence", {"leading": 3.0}), ("silence", {"trailing": 0.0}),
    ("rate", {"seconds": 0.1}), ("rate", {"seconds": 1.0}), ("word", {"score": -9.0, "seconds": 0.3}),
])  # fmt: skip
def test_each_fault_is_found_and_named(kind, bad):
    warnings = check([*CORPUS, recording("bad", **bad)])
    assert {warned.id for warned in warnings} == {"bad"}
    assert kind in {warned.kind for warned in warnings}


def test_another_text_is_found():
    other = recording("bad", score=-4.5)
    assert {warned.kind for warned in check([*CORPUS, other])} == {"text"}


def test_recordings_without_measures_or_scores():
    bare = [replace(r, measures={}, words=tuple(replace(w, score=None) for w in r.words)) for r in CORPUS]
    assert check(bare) == []


def test_pauses_do_not_count_as_slow_speech():
    assert speaking_rate(CORPUS[0]) == pytest.approx(4 / 0.6)


@pytest.mark.slow
def test_the_report_has_table_text_and_picture(tmp_path):
    warnings = check([*CORPUS, recording("bad", clipped=0.02)])
    text = write_report(tmp_path, [Figures.of(one, Limits()) for one in CORPUS], warnings)
    assert "clipping: 1" in text and "bad: 2.00% of the samples are clipped" in text
    assert json.loads((tmp_path / "checks.json").read_text())["warnings"][0]["id"] == "bad"
    assert (tmp_path / "checks.csv").read_text().splitlines()[0] == "id,speaker,kind,value,message"
    assert (tmp_path / "checks.png").read_bytes().startswith(b"\x89PNG")


def test_levels_of_a_known_sound():
    rate = 16000
    tone = 0.5 * np.sin(2 * np.pi * 200 * np.arange(rate) / rate)
    noise = np.random.default_rng(0).normal(size=rate) * 1e-3
    found = measure(np.concatenate([noise, tone])[:, None], rate, 1.0, 0.0)
    assert found["peak"] == pytest.approx(-6.02, abs=0.1)
    assert found["level"] == pytest.approx(-9.03, abs=0.2)
    assert found["noise"] == pytest.approx(-60, abs=1)
    assert found["seconds"] == 2 and found["clipped"] == 0 and found["leading"] == 1.0 and found["channels"] == 1


def test_clipping_is_flat_tops_and_not_loudness():
    wave = np.sin(2 * np.pi * 200 * np.arange(16000) / 16000 + 0.1)
    assert measure(wave[:, None] * 0.999, 16000, 0, 0)["clipped"] < 0.05
    clipped = measure(np.clip(2 * wave, -1, 1)[:, None], 16000, 0, 0)["clipped"]
    assert clipped == pytest.approx(2 / 3, abs=0.02), "a sine is above half its height two thirds of the time"


def test_silence_and_a_few_samples():
    assert measure(np.zeros((5, 2)), 16000, 0, 0) == measure(np.zeros((5, 2)), 16000, 0, 0)
    assert measure(np.zeros((5, 2)), 16000, 0, 0)["level"] == -100
