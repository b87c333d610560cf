import pytest

from pngnat.errors import PngnatError
from pngnat.finetune.corpus import judge

MINUTES = {"train": 5.0, "valid": 0.5, "test": 0.5}


def report(*reasons, prepared=10):
    failed = [{"id": f"r{n}", "reason": reason} for n, reason in enumerate(reasons)]
    return {"prepared": prepared, "left out": len(failed), "failed": failed}


def test_a_few_that_are_left_out_are_named():
    assert judge(report(), MINUTES, 1.0) == ""
    assert judge(report("noise", "noise"), MINUTES, 1.0) == "2 of 12 recordings could not be used (noise (2, as r0))"


def test_many_are_a_warning():
    said = judge(report("noise", "no file", "noise"), MINUTES, 1.0)
    assert said == "warning: 3 of 13 recordings could not be used (noise (2, as r0); no file (1, as r1))"


def test_most_are_too_many():
    with pytest.raises(PngnatError, match=r"11 of 21 recordings could not be used \(other words \(11, as r0\)\)") as refused:
        judge(report(*["other words"] * 11), MINUTES, 1.0)
    assert "\n" not in str(refused.value)


def test_what_counts_is_what_could_be_aligned():
    with pytest.raises(PngnatError, match="0.8 minutes to learn from, since 1 of 11 .*noise.*; 1 or more"):
        judge(report("noise"), MINUTES | {"train": 0.8}, 1.0)
    with pytest.raises(PngnatError, match="silent ends"):
        judge(report(), MINUTES | {"train": 0.8}, 1.0)
    assert judge(report("noise"), MINUTES | {"train": 0.8}, 0.5)


def test_each_split_must_have_some():
    with pytest.raises(PngnatError, match="'test'.*noise"):
        judge(report("noise"), {"train": 5.0, "valid": 1.0}, 1.0)
