import numpy as np
import pytest

from pngnat.errors import PngnatError
from pngnat.stamps import STAMP, changes, check_stamp, digest, refresh_stamp

PROVENANCE = {"steps": 3, "seed": 0, "start": None, "betas": (0.9, 0.98)}


def test_the_same_settings_may_go_on(tmp_path):
    for _ in range(2):
        check_stamp(tmp_path / "run", PROVENANCE)


def test_what_differs_is_named(tmp_path):
    check_stamp(tmp_path / "run", PROVENANCE)
    with pytest.raises(
        PngnatError, match=r"other settings \(steps: 3, now 4; start: None, now a model\): name another run_dir"
    ):
        check_stamp(tmp_path / "run", PROVENANCE | {"steps": 4, "start": "a model"}, "name another run_dir")
    check_stamp(tmp_path / "run", PROVENANCE)


def test_a_change_is_named_as_on_the_command_line():
    old = {"blend": {"weight": 0.5}, "texts": [["a"]], "rest": 1}
    new = {"blend": {"weight": 0.25, "professional": "ada"}, "texts": [["b"]], "rest": 1}
    assert changes(old, new) == ["blend.weight: 0.5, now 0.25", "texts changed", "blend.professional: None, now ada"]


@pytest.mark.parametrize("claim", [check_stamp, lambda folder, provenance: refresh_stamp(folder, provenance, "last")])
def test_files_of_which_nobody_knows_are_refused(tmp_path, claim):
    (tmp_path / "last.ckpt").touch()
    with pytest.raises(PngnatError, match=rf"no {STAMP}.*another version"):
        claim(tmp_path, PROVENANCE)
    assert not (tmp_path / STAMP).exists()


def test_a_damaged_stamp_is_named(tmp_path):
    check_stamp(tmp_path, PROVENANCE)
    for damaged in ('{"steps": 3', "3", ""):
        (tmp_path / STAMP).write_text(damaged)
        with pytest.raises(PngnatError, match=rf"{STAMP} is damaged"):
            check_stamp(tmp_path, PROVENANCE)


def test_what_can_be_made_again_is_made_again_where_something_changed(tmp_path, caplog):
    last = tmp_path / "last"
    assert not refresh_stamp(tmp_path, PROVENANCE, "last"), "nothing is there"
    assert not refresh_stamp(tmp_path, PROVENANCE, "last"), "it was begun, and is not done"
    last.touch()
    assert refresh_stamp(tmp_path, PROVENANCE, "last") and not caplog.messages
    assert not refresh_stamp(tmp_path, PROVENANCE | {"seed": 1}, "last") and not last.exists()
    assert caplog.messages == [f"{tmp_path} is made again: seed: 0, now 1"]
    last.touch()
    (tmp_path / STAMP).write_text((tmp_path / STAMP).read_text()[:-5])
    assert not refresh_stamp(tmp_path, PROVENANCE, "last") and "damaged" in caplog.messages[1]


def test_a_digest_is_of_contents_and_their_order(tmp_path):
    for folder, text in (("a", "one"), ("b", "one"), ("c", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_text(text)
    one, same, other = (tmp_path / folder / "file" for folder in "abc")
    assert digest(one) == digest(same) != digest(other)
    assert digest(one, other) != digest(other, one)
    assert digest("ab", "c") != digest("a", "bc") != digest(["a", "bc"])
    assert digest({"x": 1, "y": 2}) == digest({"y": 2, "x": 1})
    assert digest(np.zeros(2).tobytes()) != digest(np.ones(2).tobytes())
    with pytest.raises(PngnatError, match="cannot be read"):
        digest(tmp_path / "nothing")
