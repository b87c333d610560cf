import os
import stat

import pytest

from pngnat.errors import PngnatError
from pngnat.files import atomic_write, make_folder, write_text


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_write(path) as beside:
        beside.write_text("hello")
        assert not path.exists()
    assert path.read_text() == "hello" and os.listdir(tmp_path) == ["a.txt"]
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_or_not_at_all(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(error), atomic_write(path) as beside:
        beside.write_text("half")
        raise error
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["a.txt"]


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "none" / "a.txt", tmp_path / "file" / "a.txt"):
        with pytest.raises(PngnatError, match="cannot be written"):
            write_text(place, "hello")


def test_a_folder_is_made_or_named_where_it_cannot_be(tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    (tmp_path / "file").touch()
    with pytest.raises(PngnatError, match=r"file.*cannot be written"):
        make_folder(tmp_path / "file" / "b")


def test_a_file_is_as_private_as_the_user_has_it_whoever_writes_it(tmp_path):
    with atomic_write(tmp_path / "a.bin") as beside:
        beside.unlink()
        beside.write_bytes(b"x")
        beside.chmod(0o600)
    (tmp_path / "b.bin").write_bytes(b"x")
    assert (tmp_path / "a.bin").stat().st_mode == (tmp_path / "b.bin").stat().st_mode
