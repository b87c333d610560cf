import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.data.batching import BucketedBatches


def first(batches, count):
    return [batch for batch, _ in zip(batches, range(count), strict=False)]


@given(st.lists(st.floats(0.1, 20.0), min_size=1, max_size=60), st.floats(5.0, 60.0), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_each_epoch_holds_every_item_once_within_the_budget(lengths, budget, epoch):
    batches = BucketedBatches(lengths, budget).epoch(epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= budget


@given(st.integers(1, 40), st.integers(0, 100), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_starting_at_a_step_gives_what_an_uninterrupted_run_sees_there(items, start, world):
    lengths = [1 + (i * 7 % 5) for i in range(items)]
    for rank in range(world):
        whole = first(BucketedBatches(lengths, 9, seed=3, rank=rank, world=world), start + 10)
        resumed = first(BucketedBatches(lengths, 9, seed=3, start=start, rank=rank, world=world), 10)
        assert resumed == whole[start:]


def test_processes_share_the_batches_of_one_process():
    lengths = [1 + (i * 7 % 5) for i in range(23)]
    alone = first(BucketedBatches(lengths, 9), 40)
    shared = [first(BucketedBatches(lengths, 9, rank=rank, world=2), 20) for rank in range(2)]
    assert [batch for pair in zip(*shared, strict=True) for batch in pair] == alone


def test_epochs_differ():
    batches = BucketedBatches([1.0, 2.0, 3.0, 4.0] * 10, 8)
    assert batches.epoch(0) != batches.epoch(1)


def test_batches_hold_items_of_like_length():
    lengths = [0.5 + i % 10 for i in range(400)]
    batches = BucketedBatches(lengths, 50.0).epoch(0)
    padded = sum(max(lengths[i] for i in batch) * len(batch) for batch in batches)
    assert padded < 1.25 * sum(lengths)


def test_nothing_to_batch_is_an_error():
    with pytest.raises(ValueError, match="nothing"):
        BucketedBatches([], 10)
