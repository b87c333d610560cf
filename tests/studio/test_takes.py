import json

import numpy as np
import pytest

from pngnat.data.sources import read_folder
from pngnat.errors import PngnatError
from pngnat.studio.take_checks import Note, TakeAnalysis
from pngnat.studio.takes import TAKES, Takes, UnknownTake

RATE = 16000
SOUND = 0.1 * np.sin(np.arange(RATE) / 20)[:, None]
ANALYSIS = TakeAnalysis((Note("noise", "There is noise."),), seconds=1.0, speech=0.6, level=-20.0, noise=-60.0)


@pytest.fixture
def takes(tmp_path) -> Takes:
    return Takes(tmp_path / "recordings")


def test_a_later_take_of_the_same_words_replaces_the_first(takes):
    first = takes.add("It is late.", SOUND, RATE, ANALYSIS)
    second = takes.add("it is late", SOUND, RATE, ANALYSIS)
    assert [take.id for take in takes.kept] == [second.id]
    assert takes.path(first.id).is_file() and takes.path(second.id).is_file(), "no take is ever lost by a better one"
    takes.keep(first.id)
    assert takes.of_text("IT IS LATE!") == takes.get(first.id)
    takes.leave_out(first.id)
    assert takes.kept == [] and takes.of_text("It is late.") is None


def test_takes_are_read_from_the_disk(takes):
    take = takes.add("It is late.", SOUND, RATE, ANALYSIS)
    assert Takes(takes.folder).all == [take]
    assert Takes(takes.folder).minutes == pytest.approx(0.6 / 60)


def test_create_can_read_the_folder(takes):
    takes.add("It is late.", SOUND, RATE, ANALYSIS)
    kept = takes.add("It is late.", SOUND, RATE, ANALYSIS)
    other = takes.add("See | you\nsoon, Ann.", SOUND, RATE, ANALYSIS)
    sources, skipped = read_folder(takes.folder, "ann")
    assert not skipped
    assert {(source.id, source.text) for source in sources} == {
        (kept.id, "It is late."),
        (other.id, "See you soon, Ann."),
    }


def test_deleting_removes_the_sound_file(takes):
    take = takes.add("It is late.", SOUND, RATE, ANALYSIS)
    path = takes.path(take.id)
    takes.delete(take.id)
    assert not path.exists() and takes.all == []
    with pytest.raises(UnknownTake):
        takes.path(take.id)


def test_a_text_without_words_is_refused(takes):
    for text in ("", " ... ", "word " * 500):
        with pytest.raises(PngnatError, match="words"):
            takes.add(text, SOUND, RATE, ANALYSIS)
    assert not takes.folder.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"takes": [{"id": "x"}]}', '{"takes": [{"id": "../x", "notes": []}]}'])
def test_a_damaged_journal_is_named_and_left_unchanged(takes, content):
    takes.folder.mkdir()
    (takes.folder / TAKES).write_text(content)
    with pytest.raises(PngnatError, match="damaged"):
        Takes(takes.folder)
    assert (takes.folder / TAKES).read_text() == content


def test_the_journal_is_plain_json(takes):
    takes.add("It is late.", SOUND, RATE, ANALYSIS)
    (row,) = json.loads((takes.folder / TAKES).read_text())["takes"]
    assert row["text"] == "It is late." and row["notes"][0]["kind"] == "noise"
