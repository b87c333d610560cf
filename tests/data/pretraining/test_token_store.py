"""Tokens on disk are the tokenizer's, and batches of them cover every sentence once."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from damage import cut_in_half
from hypothesis import given
from hypothesis import strategies as st

from pngnat.data.pretraining.cache import ShardMaker, cached_utterances
from pngnat.data.pretraining.masking import IGNORED, MaskingConfig
from pngnat.data.pretraining.sentences import TOKEN_MULTIPLE, EpochBatches, MaskedBatch, MaskedSentences, id_spaces
from pngnat.data.pretraining.sources import HeldOutSpan, TextFiles
from pngnat.data.pretraining.text import PreparedText, PretrainingText
from pngnat.data.pretraining.tokens import ShardTokenizer, StoreBuild, TokenStore, build_store
from pngnat.errors import PngnatError

TRAIN = 'The cat sat on the mat, and sang.\n\nWho heard it? "I did," she said.\n\nDogs bark.\n\n' * 3
LONG = "This sentence is much, much longer than the others are, and is left out where the limit is low.\n\n"


def text(folder, **changes) -> PretrainingText:
    books = folder / "books"
    books.mkdir(exist_ok=True)
    (books / "a.txt").write_text(TRAIN + LONG)
    (books / "b.txt").write_text("The end came soon.")
    sources = {"books": TextFiles(str(books / "*.txt"), [HeldOutSpan("b", "b.txt")])}
    return PretrainingText(sources, str(folder / "cache"), vocabulary_size=250, **changes)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> tuple:
    folder = tmp_path_factory.mktemp("text")
    return folder, text(folder).prepare()


def test_stored_tokens_are_the_tokenizers(prepared):
    folder, made = prepared
    for split, store in (("train", made.train), ("held_out", made.held_out)):
        utterances = list(cached_utterances(folder / "cache" / "utterances", split))
        assert len(store) == len(utterances) > 0
        for index, utterance in enumerate(utterances):
            tokens, stored = made.tokenizer.encode(utterance), store[index]
            np.testing.assert_array_equal(stored.ids, tokens.ids)
            np.testing.assert_array_equal(stored.segments, tokens.segments)
            np.testing.assert_array_equal(stored.word_positions, tokens.word_positions)
            assert stored.num_phoneme_tokens == tokens.num_phoneme_tokens
            assert store.lengths[index] == len(tokens.ids)


def test_id_spaces_are_disjoint_and_hold_no_special_token(prepared):
    spaces = id_spaces(prepared[1].tokenizer)
    ranges = [set(spaces.phonemes), set(spaces.boundaries), set(spaces.wordpieces), {0, 1, 2, 3, 4}]
    assert len(set.union(*ranges)) == sum(map(len, ranges)) == prepared[1].tokenizer.vocabulary_size
    assert spaces.mask == 3


def test_too_long_sentences_are_counted_not_cut(prepared):
    folder, made = prepared
    limit = int(made.train.lengths.max()) - 1
    build = StoreBuild(folder / "cache" / "utterances", "train", folder / "cache" / "tokenizer", limit)
    store = build_store(folder / "short", build)
    assert store.too_long == 1
    np.testing.assert_array_equal(np.sort(store.lengths), np.sort(made.train.lengths)[:-1])
    assert store.starts[-1] == len(store)


def test_a_finished_preparation_is_not_repeated(prepared, monkeypatch):
    folder, made = prepared
    monkeypatch.setattr(ShardTokenizer, "__call__", lambda *args: pytest.fail("tokenized again"))
    again = text(folder).prepare()
    assert isinstance(again, PreparedText) and len(again.train) == len(made.train)


def test_an_unfinished_store_is_refused(tmp_path):
    with pytest.raises(PngnatError, match="no finished token store"):
        TokenStore(tmp_path)


@pytest.mark.parametrize("name", ["a shard", "lengths.bin", "store.json", "settings.json"])
def test_what_is_cut_in_half_is_named_and_made_again(prepared, tmp_path, caplog, name):
    folder, made = prepared
    build = StoreBuild(folder / "cache" / "utterances", "train", folder / "cache" / "tokenizer")
    store = build_store(tmp_path, build)
    name = store.paths[0].name if name == "a shard" else name
    cut_in_half(tmp_path / name)
    if name != "settings.json":
        with pytest.raises(PngnatError, match=name):
            TokenStore(tmp_path).check()
    again = build_store(tmp_path, build)
    assert (
        len(caplog.messages) == 1 and f"{tmp_path} is made again" in caplog.messages[0] and name in caplog.messages[0]
    )
    np.testing.assert_array_equal(again.lengths, made.train.lengths)
    np.testing.assert_array_equal(again[len(again) - 1].ids, made.train[len(again) - 1].ids)


@given(st.lists(st.integers(3, 60), min_size=1, max_size=200), st.integers(64, 400), st.integers(0, 5))
def test_an_epoch_has_every_sentence_once_in_batches_that_fit(lengths, limit, epoch):
    batches = EpochBatches(lengths, limit, seed=1).epoch(epoch)
    keys = [key for place in range(len(batches)) for key in batches[place]]
    assert sorted(keys) == [(epoch, index) for index in range(len(lengths))]
    for place in range(len(batches)):
        widths = {-(-lengths[index] // TOKEN_MULTIPLE) * TOKEN_MULTIPLE for _, index in batches[place]}
        assert len(widths) == 1 and widths.pop() * len(batches[place]) <= limit


def shards_of(lengths, size):
    return np.array([*range(0, len(lengths), size), len(lengths)])


@given(st.lists(st.integers(3, 60), min_size=1, max_size=200), st.integers(1, 50), st.integers(1, 4), st.integers(0, 3))
def test_an_epoch_mixes_a_few_shards_at_a_time(lengths, size, window, epoch):
    starts = shards_of(lengths, size)
    batches = EpochBatches(lengths, 100, seed=1, starts=starts, window=window)
    mixed = [[index for place in range(len(held)) for _, index in held[place]] for held in batches.windows(epoch)]
    assert sorted(index for indices in mixed for index in indices) == list(range(len(lengths)))
    read = [set(np.searchsorted(starts, indices, "right").tolist()) for indices in mixed]
    assert all(len(shards) <= window for shards in read) and sum(map(len, read)) == len(starts) - 1


@given(st.lists(st.integers(3, 60), min_size=1, max_size=100), st.integers(0, 30), st.integers(1, 3))
def test_batches_depend_on_seed_and_step_alone(lengths, step, world):
    options = {"starts": shards_of(lengths, 7), "window": 2}
    alone = [batch for batch, _ in zip(EpochBatches(lengths, 100, **options), range(world * (step + 5)), strict=False)]
    for rank in range(world):
        later = EpochBatches(lengths, 100, start=step, rank=rank, world=world, **options)
        assert [batch for batch, _ in zip(later, range(5), strict=False)] == alone[step * world + rank :: world]


def test_what_was_tokenized_is_not_tokenized_again_where_text_is_added(tmp_path, monkeypatch):
    (tmp_path / "books").mkdir()
    sources = {"books": TextFiles(str(tmp_path / "books" / "*.txt"))}
    made = PretrainingText(sources, str(tmp_path / "cache"), vocabulary_size=250, shard_characters=5)
    (tmp_path / "books" / "a.txt").write_text("The cat sat.\n\nIt sang.")
    before = {path.name: path.stat().st_mtime_ns for path in made.prepare().train.paths}
    (tmp_path / "books" / "b.txt").write_text("Dogs bark.")
    after = made.prepare().train
    assert len(before) == 2 and len(after.paths) == 3
    assert {path.name: path.stat().st_mtime_ns for path in after.paths[:2]} == before
    (tmp_path / "books" / "a.txt").unlink()
    kept = made.prepare().train
    assert list((tmp_path / "cache" / "tokens" / "train").glob("*.tokens")) == kept.paths


def test_a_batch_is_the_padded_masked_sentences(prepared):
    made = prepared[1]
    data = MaskedSentences(made.train, id_spaces(made.tokenizer), MaskingConfig(), seed=3)
    sentences = [data[2, index] for index in (0, 1, len(data) - 1)]
    batch = MaskedBatch.collate(sentences)
    assert batch.ids[1] == "epoch 2 sentence 1"
    assert batch.num_tokens == sum(len(sentence.tokens.ids) for sentence in sentences)
    for row, sentence in enumerate(sentences):
        length = len(sentence.tokens.ids)
        np.testing.assert_array_equal(batch.tokens.ids[row, :length], sentence.masked.ids)
        np.testing.assert_array_equal(batch.labels[row, :length], sentence.masked.labels)
        assert (batch.labels[row, length:] == IGNORED).all() and (batch.tasks[row, length:] == 0).all()
    np.testing.assert_array_equal(data[2, 1].masked.ids, sentences[1].masked.ids)


def many_shards(folder) -> PretrainingText:
    (folder / "books").mkdir(exist_ok=True)
    if not (folder / "books" / "a.txt").exists():
        (folder / "books" / "a.txt").write_text("\n\n".join(f"The cat has {number} mats." for number in range(8)))
    sources = {"books": TextFiles(str(folder / "books" / "*.txt"))}
    return PretrainingText(sources, str(folder / "cache"), vocabulary_size=250, shard_characters=5)


def test_each_machine_makes_its_share_first(tmp_path, monkeypatch):
    made = {ShardMaker: [], ShardTokenizer: []}
    for kind, order in made.items():

        def noted(worker, work, call=kind.__call__, order=order):
            order.append(int(work.path.name.split("-")[0]))
            return call(worker, work)

        monkeypatch.setattr(kind, "__call__", noted)
    monkeypatch.setenv("GROUP_RANK", "1")
    monkeypatch.setenv("GROUP_WORLD_SIZE", "2")
    assert len(many_shards(tmp_path).prepare().train) == 8
    assert made[ShardMaker] == [1, 3, 5, 7, 0, 2, 4, 6]
    assert made[ShardTokenizer] == [1, 3, 5, 7, *range(8)]


_PREPARE = """
import sys
from pathlib import Path
from pngnat.data.pretraining import cache, tokens
from test_token_store import many_shards

made, write = [], cache.write_shard
cache.write_shard = lambda path, utterances: made.append(path) or write(path, utterances)
many_shards(Path(sys.argv[1])).prepare()
print(len(made))
"""


@pytest.mark.slow
def test_one_process_of_a_machine_prepares_and_others_wait(tmp_path):
    many_shards(tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", _PREPARE, str(tmp_path)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) for _ in range(2)
    ]
    assert sorted(int(one.communicate(timeout=300)[0]) for one in both) == [0, 8]
