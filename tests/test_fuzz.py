"""A few hundred of the cases of fuzz.py; `python tests/support/fuzz.py 10000` runs more."""

import sys

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("limits a forked child's memory as Linux counts it", allow_module_level=True)

from fuzz import run_cases, targets

CASES = range(300)


@pytest.mark.slow
def test_mutated_files_are_used_or_refused_in_one_line(tmp_path):
    for case, (name, outcome) in zip(CASES, run_cases(targets(tmp_path), 1, CASES), strict=True):
        assert outcome.is_good, f"case {case}, {name}: {outcome}"
