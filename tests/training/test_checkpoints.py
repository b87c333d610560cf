import pytest
import torch

from pngnat.errors import PngnatError
from pngnat.training.checkpoints import LAST, PREVIOUS, KeepPrevious, is_whole, newest_checkpoint


@pytest.fixture
def saved(tmp_path):
    """A folder in which the checkpoints of steps 1 to 3 were saved."""
    for step in (1, 2, 3):
        KeepPrevious().save_checkpoint({"step": step}, tmp_path / LAST)
    return tmp_path


def step(path) -> int:
    return torch.load(path)["step"]


def test_the_newest_two_are_kept(saved):
    assert sorted(path.name for path in saved.iterdir()) == [LAST, PREVIOUS]
    assert step(saved / LAST) == 3 and step(saved / PREVIOUS) == 2
    assert newest_checkpoint(saved) == saved / LAST


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_damaged_newest_checkpoint_falls_back_to_the_previous(saved, capsys, length):
    whole = (saved / LAST).read_bytes()
    (saved / LAST).write_bytes(whole[:length])
    assert newest_checkpoint(saved) == saved / PREVIOUS and step(saved / PREVIOUS) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"{LAST} is damaged: the checkpoint before it, {PREVIOUS}, is taken" in said
    KeepPrevious().save_checkpoint({"step": 4}, saved / LAST)
    assert step(saved / LAST) == 4 and step(saved / PREVIOUS) == 2, "what is cut off takes no place"


def test_zeros_are_no_checkpoint(saved):
    (saved / LAST).write_bytes(bytes((saved / LAST).stat().st_size))
    assert not is_whole(saved / LAST) and newest_checkpoint(saved) == saved / PREVIOUS


def test_missing_newest_checkpoint_falls_back_to_the_previous(saved, capsys):
    (saved / LAST).unlink()
    assert newest_checkpoint(saved) == saved / PREVIOUS and "is missing" in capsys.readouterr().err


def test_no_complete_checkpoint_is_an_error(saved):
    for name in (LAST, PREVIOUS):
        (saved / name).write_bytes(b"")
    with pytest.raises(PngnatError, match=f"{LAST} is damaged, and there is no whole checkpoint before it; delete"):
        newest_checkpoint(saved)


def test_a_new_folder_has_none(tmp_path):
    assert newest_checkpoint(tmp_path) is None


def test_a_failed_write_changes_nothing(saved, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pngnat.training.checkpoints.os.fsync", full)
    with pytest.raises(OSError):
        KeepPrevious().save_checkpoint({"step": 4}, saved / LAST)
    assert sorted(path.name for path in saved.iterdir()) == [LAST, PREVIOUS] and step(saved / LAST) == 3
