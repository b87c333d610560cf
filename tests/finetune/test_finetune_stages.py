import json
from dataclasses import replace

import pytest

from pngnat.errors import PngnatError
from pngnat.finetune.stages import STATE, Journal, Stage

NAMES = ("corpus", "acoustic", "voice")


class Work:
    """Stages that note when they run, and stop where they are told to."""

    def __init__(self, folder):
        self.folder, self.inputs, self.ran, self.stop = folder, dict.fromkeys(NAMES, 1), [], None

    def stages(self):
        return [
            Stage(name, name, {"setting": self.inputs[name]}, 1.0, lambda folder, name=name: self.run(name, folder))
            for name in NAMES
        ]

    def run(self, name, folder):
        self.ran.append(name)
        (folder / "half").write_text((folder / "half").read_text() + "x" if (folder / "half").exists() else "x")
        if self.stop == name:
            raise KeyboardInterrupt
        return {"made": (folder / "half").read_text()}

    def go(self):
        """The names of the stages that ran, and the last one's results."""
        self.ran, self.said = [], []
        journal = Journal(self.folder, self.said.append)
        results = [journal.perform(stage) for stage in self.stages()]
        return self.ran, results[-1]


@pytest.fixture
def work(tmp_path):
    return Work(tmp_path / "work")


def test_what_is_done_is_not_done_again(work):
    assert work.go() == (list(NAMES), {"made": "x"})
    assert work.go() == ([], {"made": "x"})
    assert Journal(work.folder).pending(work.stages()) == []


@pytest.mark.parametrize("stopped", NAMES)
def test_it_goes_on_where_it_was_stopped(work, stopped):
    work.stop = stopped
    with pytest.raises(KeyboardInterrupt):
        work.go()
    assert [stage.name for stage in Journal(work.folder).pending(work.stages())] == list(NAMES[NAMES.index(stopped) :])
    work.stop = None
    ran, _ = work.go()
    assert ran == list(NAMES[NAMES.index(stopped) :])
    assert (work.folder / stopped / "half").read_text() == "xx", "a stage finds what its first attempt left"


@pytest.mark.parametrize("changed", NAMES)
def test_other_inputs_are_worked_on_anew_with_all_that_follows(work, changed):
    work.go()
    work.inputs[changed] = 2
    ran, _ = work.go()
    assert ran == list(NAMES[NAMES.index(changed) :])
    assert (work.folder / changed / "half").read_text() == "x", "nothing of the other inputs is left"
    assert work.go()[0] == []


def test_hours_of_work_are_not_thrown_away(work):
    work.go()
    work.inputs["acoustic"], work.stop = 2, "acoustic"
    with pytest.raises(KeyboardInterrupt):
        work.go()
    assert (work.folder / "acoustic.old" / "half").read_text() == "x"
    assert len(work.said) == 1 and "acoustic (setting: 1, now 2)" in work.said[0] and "acoustic.old" in work.said[0]
    work.stop = None
    assert work.go() == (["acoustic", "voice"], {"made": "x"})
    assert "made again" in work.said[-1] and sorted(path.name for path in work.folder.iterdir()) == sorted(
        [*NAMES, STATE]
    )


def test_a_setting_that_is_taken_back_brings_back_what_it_made(work):
    work.go()
    for setting in (2, 3):
        work.inputs["acoustic"], work.stop = setting, "acoustic"
        with pytest.raises(KeyboardInterrupt):
            work.go()
    work.inputs["acoustic"], work.stop = 1, None
    assert work.go() == ([], {"made": "x"}) and work.said == ["going on with the earlier one: acoustic"]
    assert sorted(path.name for path in work.folder.iterdir()) == sorted([*NAMES, STATE])


@pytest.mark.parametrize("name", ["acoustic", "acoustic.old"])
def test_what_others_put_there_is_left_alone(work, name):
    (work.folder / name).mkdir(parents=True)
    (work.folder / name / "thesis.txt").write_text("years of work")
    with pytest.raises(PngnatError, match=f"{name} holds files"):
        work.go()
    assert (work.folder / name / "thesis.txt").read_text() == "years of work"


def test_a_change_is_named_as_on_the_command_line(work):
    stage = Stage("voice", "voice", {"blend": {"weight": 0.5}, "texts": [["a"]]}, 1.0, lambda folder: {})
    Journal(work.folder).perform(stage)
    said = []
    again = replace(stage, inputs={"blend": {"weight": 0.25, "professional": "ada"}, "texts": [["b"]]})
    Journal(work.folder, said.append).perform(again)
    assert "(blend.weight: 0.5, now 0.25; texts changed; blend.professional: None, now ada)" in said[0]


def test_inputs_that_change_between_two_attempts_leave_nothing(work):
    work.stop = "acoustic"
    with pytest.raises(KeyboardInterrupt):
        work.go()
    work.inputs["acoustic"], work.stop = 2, None
    work.go()
    assert (work.folder / "acoustic" / "half").read_text() == "x"


def test_a_product_that_is_gone_is_made_again(work, tmp_path):
    product = tmp_path / "voice.json"

    def stages():
        def make(folder):
            work.ran.append("voice")
            product.write_text("{}")
            return {}

        return [Stage("voice", "voice", {}, 1.0, make, (product,))]

    for expected in (["voice"], []):
        work.ran = []
        Journal(work.folder).perform(stages()[0])
        assert work.ran == expected
    product.unlink()
    Journal(work.folder).perform(stages()[0])
    assert product.exists()


def test_a_folder_that_is_gone_is_made_again(work):
    work.go()
    (work.folder / "acoustic" / "half").unlink()
    (work.folder / "acoustic").rmdir()
    assert work.go()[0] == ["acoustic", "voice"]


def test_the_time_of_all_attempts_is_kept(work):
    work.go()
    state = json.loads((work.folder / STATE).read_text())
    state["acoustic"]["seconds"] = 60.0
    (work.folder / STATE).write_text(json.dumps(state))
    assert Journal(work.folder).seconds("acoustic") == 60.0 and Journal(work.folder).seconds("nothing") == 0.0


def test_a_damaged_state_is_named(work):
    work.folder.mkdir()
    (work.folder / STATE).write_text('{"corpus": 3}')
    with pytest.raises(PngnatError, match=r"state.json is damaged"):
        Journal(work.folder)
