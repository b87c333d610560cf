import pytest

from pngnat.errors import PngnatError
from pngnat.finetune.data import what_is_lost

MINUTES = {"train": 5.0, "valid": 0.5, "test": 0.5}


def report(*reasons, prepared=10):
    failed = [{"id": f"r{n}", "reason": reason} for n, reason in enumerate(reasons)]
    return {"prepared": prepared, "left out": len(failed), "failed": failed}


def test_a_few_that_are_left_out_are_named():
    assert what_is_lost(report(), MINUTES, 1.0) == ""
    assert (
        what_is_lost(report("noise", "noise"), MINUTES, 1.0)
        == "2 of 12 recordings could not be used (noise (2, as r0))"
    )


def test_many_are_a_warning():
    said = what_is_lost(report("noise", "no file", "noise"), MINUTES, 1.0)
    assert said == "warning: 3 of 13 recordings could not be used (noise (2, as r0); no file (1, as r1))"


def test_most_are_too_many():
    with pytest.raises(
        PngnatError, match=r"11 of 21 recordings could not be used \(other words \(11, as r0\)\)"
    ) as refused:
        what_is_lost(report(*["other words"] * 11), MINUTES, 1.0)
    assert "\n" not in str(refused.value)


def test_what_counts_is_what_could_be_aligned():
    with pytest.raises(PngnatError, match=r"0.8 minutes to learn from, since 1 of 11 .*noise.*; 1 or more"):
        what_is_lost(report("noise"), MINUTES | {"train": 0.8}, 1.0)
    with pytest.raises(PngnatError, match="silent ends"):
        what_is_lost(report(), MINUTES | {"train": 0.8}, 1.0)
    assert what_is_lost(report("noise"), MINUTES | {"train": 0.8}, 0.5)


def test_each_split_must_have_some():
    with pytest.raises(PngnatError, match=r"'test'.*noise"):
        what_is_lost(report("noise"), {"train": 5.0, "valid": 1.0}, 1.0)
