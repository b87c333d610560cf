import io

import pytest

from pngnat.finetune import progress
from pngnat.finetune.plan import Plan
from pngnat.finetune.progress import Progress

MINUTES = {"corpus": 1.0, "acoustic": 30.0, "voice": 2.0}


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_the_time_left_is_planned_then_measured(clock):
    progress = Progress(MINUTES, {name: name for name in MINUTES}, io.StringIO())
    assert progress.left == 33 * 60
    progress.begin("acoustic")
    assert progress.left == 32 * 60
    clock[0] += 600
    assert progress.left == pytest.approx(22 * 60)
    progress.share(0.0)
    clock[0] += 600
    progress.share(0.5)
    assert progress.left == pytest.approx(12 * 60), "half took ten minutes, and so will the other"
    progress.share(0.4)
    assert progress.left == pytest.approx(12 * 60), "the bar never goes back"
    progress.begin("voice")
    assert progress.left == 2 * 60
    progress.close()


def test_what_an_earlier_run_did_says_nothing_about_the_speed(clock):
    progress = Progress(MINUTES, {name: name for name in MINUTES}, io.StringIO())
    progress.begin("acoustic")
    clock[0] += 5
    progress.share(0.6)
    assert progress.left == pytest.approx((12 + 2) * 60), "as planned: nothing was measured yet"
    clock[0] += 300
    progress.share(0.7)
    assert progress.left == pytest.approx((15 + 2) * 60), "a tenth took five minutes"


def test_parts_of_a_stage_have_their_own_speed(clock):
    progress = Progress(MINUTES, {name: name for name in MINUTES}, io.StringIO())
    progress.begin("acoustic")
    progress.part(0.0, 0.2)
    progress.share(0.0)
    clock[0] += 60
    progress.share(0.5)
    assert progress.left == pytest.approx((1 + 24 + 2) * 60), "the other half of the part, and the rest as planned"
    progress.part(0.2, 1.0)
    progress.share(0.0)
    clock[0] += 600
    progress.share(0.5)
    assert progress.left == pytest.approx((10 + 2) * 60)
    progress.expect(60)
    progress.begin("voice")
    assert progress.left == 2 * 60


def test_a_log_file_gets_lines_and_no_bar():
    file = io.StringIO()
    progress = Progress(MINUTES, {name: f"the {name}" for name in MINUTES}, file)
    progress.begin("corpus")
    progress.share(0.5)
    progress.say("something")
    progress.begin("acoustic")
    progress.close()
    assert file.getvalue().splitlines() == [
        "[1/3] the corpus: 33 min left in all",
        "something",
        "[2/3] the acoustic: 32 min left in all",
    ]


def test_a_terminal_gets_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    file = Terminal()
    progress = Progress(MINUTES, {name: name for name in MINUTES}, file)
    progress.begin("acoustic")
    assert "[2/3] acoustic" in file.getvalue() and "32 min left" in file.getvalue()
    progress.close()


@pytest.mark.parametrize(("minutes", "whole"), [(1, 10), (5, 15), (12, 36), (20, 60), (120, 60)])
def test_the_budget_follows_the_recordings(minutes, whole):
    plan = Plan.of(minutes, None)
    parts = (plan.corpus, plan.speaker, plan.acoustic, plan.vocoder, plan.voice)
    assert sum(parts) == pytest.approx(0.95 * whole) and min(parts) > 0, "some minutes have no stage's clock"
    assert plan.acoustic + plan.vocoder >= whole / 2


def test_a_given_budget_is_kept():
    plan = Plan.of(20, 8.0)
    assert plan.corpus + plan.speaker + plan.acoustic + plan.vocoder + plan.voice == pytest.approx(0.95 * 8.0)


def test_the_vocoder_gets_what_is_left():
    plan = Plan.of(20, None)
    before = plan.corpus + plan.speaker + plan.acoustic
    assert plan.vocoder_after(before) == pytest.approx(plan.vocoder)
    assert before + 5 + plan.vocoder_after(before + 5) + plan.voice == pytest.approx(57.0), (
        "what took longer is taken from it"
    )
    assert plan.vocoder_after(before - 10) == pytest.approx(plan.vocoder + 10), "what ended early is given to it"
    assert plan.vocoder_after(1000) == plan.vocoder / 2


def test_who_watches_is_told_where_it_stands_once_a_second(clock):
    told = []
    progress = Progress(MINUTES, {name: name for name in MINUTES}, io.StringIO(), told.append)
    progress.begin("acoustic")
    clock[0] += 2
    progress.share(0.25)
    progress.share(0.5)
    assert [(one.stage, one.number, one.stages, one.share) for one in told] == [
        ("acoustic", 2, 3, 0.0),
        ("acoustic", 2, 3, 0.25),
    ]
    assert told[0].left == 32 * 60
