import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.data.batching import BucketedBatches, ShardedBatches


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


SHARDS = st.lists(st.tuples(st.integers(0, 6), st.floats(0.1, 5.0)), min_size=8, max_size=60)


@given(SHARDS, st.integers(1, 3), st.integers(1, 4), st.integers(0, 3))
def test_the_processes_share_out_the_shards_of_an_epoch_and_read_a_few_at_a_time(items, world, window, epoch):
    shards = np.array([shard for shard, _ in items])
    lengths = np.array([length for _, length in items])
    world = min(world, len(set(shards)))
    ranks = [
        ShardedBatches(lengths, 8, 1, rank=rank, world=world, shards=shards, window=window) for rank in range(world)
    ]
    drawn = [list(batches.windows(epoch)) for batches in ranks]
    assert sorted(item for windows in drawn for batches in windows for batch in batches for item in batch) == list(
        range(len(items))
    )
    for windows in drawn:
        for batches in windows:
            assert len({shards[item] for batch in batches for item in batch}) <= window
            assert all(len(batch) == 1 or lengths[batch].max() * len(batch) <= 8 for batch in batches)
    read = [{shards[item] for batches in windows for batch in batches for item in batch} for windows in drawn]
    assert sum(map(len, read)) == len(set(shards))


@given(st.integers(0, 60), st.integers(1, 3), st.integers(1, 3))
def test_shards_too_are_as_an_uninterrupted_run_sees_them(start, world, window):
    shards, lengths = np.arange(40) // 5, 1.0 + np.arange(40) * 7 % 5
    for rank in range(world):
        options = {"seed": 3, "rank": rank, "world": world, "shards": shards, "window": window}
        whole = first(ShardedBatches(lengths, 9, **options), start + 10)
        assert first(ShardedBatches(lengths, 9, start=start, **options), 10) == whole[start:]


def test_fewer_shards_than_processes_are_an_error():
    with pytest.raises(ValueError, match="2 shards cannot"):
        ShardedBatches([1.0, 2.0, 3.0], 9, world=3, shards=np.array([0, 0, 1]))
