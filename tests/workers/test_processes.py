"""Work in processes: every item has a result, whatever happens to the process, and only a few items are in memory."""

import itertools

import pytest
from deadly_worker import Deadly

from pngnat.workers.pool import Workers
from pngnat.workers.processes import Lost, run
from pngnat.workers.run import in_order


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_is_a_result(workers):
    results = dict(run(Deadly, (), ["a", "fail", "b"], workers))
    assert results["a"] == "A" and results["b"] == "B" and isinstance(results["fail"], ValueError)


def test_a_process_that_dies_takes_only_its_item_along():
    items = [*"abcdefgh", "die", *"ijklmnop", "fail", *"qrs"]
    results = dict(run(Deadly, (), items, 2))
    assert {key: results[key] for key in items if len(key) == 1} == {key: key.upper() for key in items if len(key) == 1}
    assert isinstance(results["die"], Lost) and isinstance(results["fail"], ValueError) and len(results) == len(items)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_keep_the_order_and_no_extra_items_are_read(workers):
    taken = []

    def endless():
        for number in itertools.count():
            taken.append(number)
            yield f"item {number}"

    results = in_order(Deadly, (), endless(), Workers(jobs=workers))
    assert list(itertools.islice(results, 3)) == ["ITEM 0", "ITEM 1", "ITEM 2"]
    results.close()
    # One process may do many while the other one starts.
    assert len(taken) < 500


@pytest.mark.parametrize(("item", "error"), [("fail", ValueError), ("die", Lost)])
def test_in_order_a_failure_is_raised(item, error):
    results = in_order(Deadly, (), ["a", item, "b"], Workers(jobs=2))
    assert next(results) == "A"
    with pytest.raises(error):
        list(results)
