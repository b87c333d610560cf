import json

import numpy as np
import pytest

from pngnat.cli.main import main
from pngnat.evaluation.pauses import choice_is_right, mark_pauses

SYMBOLS = ["[CLS]", "AY1", ",", "T", "UW1", "."]


def test_silences_at_marks_inside_are_read():
    assert mark_pauses(SYMBOLS, np.array([0.1, 0.2, 0.3, 0.1, 0.1, 0.4])) == pytest.approx([0.3])
    assert mark_pauses([",", "AY1", ","], np.ones(3)) == []


@pytest.mark.parametrize(
    ("text", "pause", "right"), [("I, two.", 0.2, True), ("I, too.", 0.2, False), ("I, too.", 0.1, True)]
)
def test_a_pause_belongs_before_two_and_not_before_too(text, pause, right):
    assert choice_is_right(text, SYMBOLS, np.array([0.1, 0.2, pause, 0.1, 0.1, 0.4])) is right


def test_other_endings_are_no_choice():
    assert choice_is_right("I, to.", SYMBOLS, np.ones(6)) is None
    assert choice_is_right("Two.", ["[CLS]", "T", "UW1", "."], np.ones(4)) is None


def test_each_speaker_that_is_offered_has_a_row(exported_voice, tmp_path, capsys):
    (tmp_path / "lines.txt").write_text("One; or two, too.\nYes, sir.\n", encoding="utf-8")
    command = ["evaluate", "pauses", "--voice", str(exported_voice), "--sentences", str(tmp_path / "lines.txt")]
    assert main([*command, "--json", str(tmp_path / "pauses.json")]) == 0
    rows = json.loads((tmp_path / "pauses.json").read_text())["speakers"]
    assert [(row["speaker"], row["marks inside"], row["two or too"]) for row in rows] == [("ada", 3, 1), ("bob", 3, 1)]
    assert "ada" in capsys.readouterr().out
