"""Text to cached utterances: nothing lost, nothing made twice, nothing unbounded in memory."""

import gzip
import json
from dataclasses import dataclass, field, replace

import fsspec
import pytest
from damage import cut_in_half
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.data.pretraining import cache
from pngnat.data.pretraining.cache import (
    CorpusBuild,
    ShardMaker,
    build_cache,
    cached_shards,
    cached_utterances,
    read_shard,
    write_shard,
)
from pngnat.data.pretraining.sources import HeldOutSpan, Passage, TextFiles, TextRows
from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.phonemes import PHONEMES
from pngnat.text.utterance import Boundary, Utterance, Word
from pngnat.workers.pool import Workers

words = st.builds(Word, st.text(max_size=12), st.lists(st.sampled_from(PHONEMES), max_size=12).map(tuple))
numbers = st.none() | st.floats(0, 10)
boundaries = st.builds(Boundary, st.text(max_size=5), numbers, numbers)
utterances = st.lists(words, min_size=1, max_size=6).flatmap(
    lambda chosen: st.builds(
        Utterance, st.just(tuple(chosen)), st.tuples(*[boundaries] * (len(chosen) + 1)), ends_paragraph=st.booleans()
    )
)


@dataclass(frozen=True)
class Listed:
    """A source in memory that counts how often it is read."""

    texts: tuple[Passage, ...]
    reads: list = field(default_factory=list, compare=False)

    def passages(self):
        self.reads.append(1)
        return iter(self.texts)

    def fingerprint(self):
        return [passage.text for passage in self.texts]


def plain(*texts: str) -> Listed:
    return Listed(tuple(Passage(text) for text in texts))


@pytest.mark.slow
@settings(max_examples=30)
@given(st.lists(utterances, max_size=5))
def test_a_shard_gives_back_what_was_put_in(tmp_path_factory, chosen):
    path = tmp_path_factory.getbasetemp() / "shard.jsonl.gz"
    write_shard(path, chosen)
    assert list(read_shard(path)) == chosen


def test_a_damaged_shard_says_what_to_do(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    write_shard(path, Frontend().utterances("Is it late? It is."))
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"no gzip", gzip.compress(b'{"words": 3}\n')):
        path.write_bytes(damaged)
        with pytest.raises(PngnatError, match="delete the file"):
            assert len(list(read_shard(path))) == 2


def test_a_cache_holds_what_the_front_end_says(tmp_path):
    texts = [f"She has {number} cats. It's late; they sleep." for number in range(20)]
    build_cache([plain(*texts)], CorpusBuild(tmp_path, shard_characters=100))
    frontend = Frontend()
    assert list(cached_utterances(tmp_path, "train")) == [u for text in texts for u in frontend.utterances(text)]
    assert len(cached_shards(tmp_path, "train")) > 5
    assert cached_shards(tmp_path, "held_out") == []


@pytest.mark.slow
def test_processes_make_the_same_cache(tmp_path):
    texts = plain(*(f"Number {number} is here." for number in range(12)))
    for workers in (1, 2):
        build_cache([texts], CorpusBuild(tmp_path / str(workers), Workers(jobs=workers), shard_characters=60))
    one, two = ([shard.read_bytes() for shard in cached_shards(tmp_path / str(workers), "train")] for workers in (1, 2))
    assert one == two


def test_shares_together_make_the_same_cache(tmp_path):
    texts = plain(*(f"Number {number} is here." for number in range(12)))
    build = CorpusBuild(tmp_path / "whole", shard_characters=60)
    assert build_cache([texts], build)
    shares = [
        replace(build, folder=tmp_path / "shares", workers=Workers("local", partition=(share, 3)))
        for share in (3, 1, 2)
    ]
    assert [build_cache([texts], share) for share in shares] == [False, False, True]
    parts, whole = ([path.name for path in cached_shards(one.folder, "train")] for one in (shares[0], build))
    assert parts == whole and len(whole) == 3
    assert list(cached_utterances(shares[0].folder, "train")) == list(cached_utterances(build.folder, "train"))


def test_a_stopped_build_goes_on_where_it_stopped(tmp_path, monkeypatch):
    source, build = plain(*(f"Sentence {number}." for number in range(10))), CorpusBuild(tmp_path, shard_characters=20)
    made = []

    def stop_at_four(maker, chunk):
        if len(made) == 4:
            raise KeyboardInterrupt
        made.append(chunk.path.name)
        return make(maker, chunk)

    make = ShardMaker.__call__
    with monkeypatch.context() as patch:
        patch.setattr(ShardMaker, "__call__", stop_at_four)
        with pytest.raises(KeyboardInterrupt):
            build_cache([source], build)
    with pytest.raises(PngnatError, match="no finished cache"):
        cached_shards(tmp_path, "train")
    first = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "train").iterdir()}
    build_cache([source], build)
    assert {name: (tmp_path / "train" / name).stat().st_mtime_ns for name in first} == first
    assert len(list(cached_utterances(tmp_path, "train"))) == 10


def test_a_finished_cache_is_not_read_again_and_changed_text_is(tmp_path):
    build = CorpusBuild(tmp_path, shard_characters=9)
    old, new = plain("One here.", "Two here.", "Three here."), plain("One here.", "Four here.")
    build_cache([old], build)
    build_cache([old], build)
    assert len(old.reads) == 1
    kept = cached_shards(tmp_path, "train")[0]
    build_cache([new], build)
    assert [utterance.text for utterance in cached_utterances(tmp_path, "train")] == ["One here.", "Four here."]
    assert cached_shards(tmp_path, "train")[0] == kept
    assert len(list((tmp_path / "train").iterdir())) == 2


def test_another_front_end_or_lexicon_makes_another_cache(tmp_path):
    lexicon = tmp_path / "lexicon.txt"
    lexicon.write_text("zork  Z AO1 R K\n")
    for file in (None, lexicon):
        build_cache([plain("A zork.")], CorpusBuild(tmp_path / "cache", lexicon=file))
    assert next(cached_utterances(tmp_path / "cache", "train")).words[1].phonemes == ("Z", "AO1", "R", "K")
    with_lexicon = cache.frontend_digest(lexicon)
    lexicon.write_text("zork  Z ER1 K\n")
    assert len({cache.frontend_digest(None), with_lexicon, cache.frontend_digest(lexicon)}) == 3


@pytest.mark.parametrize("name", ["settings.json", "shards.json", "a shard"])
def test_what_is_cut_in_half_is_named_and_made_again(tmp_path, caplog, name):
    source, build = plain("One here.", "Two here."), CorpusBuild(tmp_path, shard_characters=9)
    build_cache([source], build)
    shards = cached_shards(tmp_path, "train")
    if name == "a shard":
        shards[1].unlink()
        name = shards[1].name
    else:
        cut_in_half(tmp_path / name)
    build_cache([source], build)
    assert (
        len(caplog.messages) == 1 and f"{tmp_path} is made again" in caplog.messages[0] and name in caplog.messages[0]
    )
    assert [utterance.text for utterance in cached_utterances(tmp_path, "train")] == ["One here.", "Two here."]
    assert cached_shards(tmp_path, "train") == shards and len(source.reads) == 2


def test_what_another_version_made_is_not_mixed_with(tmp_path):
    (tmp_path / "cache.json").write_text('{"format": 1}')
    with pytest.raises(PngnatError, match="another version"):
        build_cache([plain("One here.")], CorpusBuild(tmp_path))


def test_brackets_in_books_are_no_markup(tmp_path):
    build_cache([plain("A [boat](T) came {late.")], CorpusBuild(tmp_path))
    assert [word.text for word in next(cached_utterances(tmp_path, "train")).words[:2]] == ["A", "boat"]


def test_known_pronunciations_are_taken_from_markup(tmp_path):
    build_cache([Listed((Passage("They [record](R EH1 K ER0 D) it.", markup=True),))], CorpusBuild(tmp_path))
    assert next(cached_utterances(tmp_path, "train")).words[1] == Word("record", ("R", "EH1", "K", "ER0", "D"))


def test_text_without_words_is_refused(tmp_path):
    with pytest.raises(PngnatError, match="no text"):
        build_cache([plain()], CorpusBuild(tmp_path))


def test_files_give_paragraphs_and_keep_whole_books_apart(tmp_path):
    (tmp_path / "a.txt").write_text("One.\nTwo.\n\nThree.\n", encoding="utf-8")
    with gzip.open(tmp_path / "b.txt.gz", "wt", encoding="utf-8") as file:
        file.write("Four.\nFive.\n\n\nSix.\nSeven.")
    span = HeldOutSpan("middle of b", "b.txt.gz", 2, 5)
    found = list(TextFiles(str(tmp_path / "*"), [span]).passages())
    assert [(passage.text, passage.held_out) for passage in found] == [
        ("One. Two.", False),
        ("Three.", False),
        ("Four.", False),
        ("Five.", True),
        ("Six.", True),
        ("Seven.", False),
    ]


def test_changed_files_have_another_fingerprint(tmp_path):
    (tmp_path / "a.txt").write_text("One.")
    source = TextFiles(str(tmp_path / "*.txt"))
    before = source.fingerprint()
    assert source.fingerprint() == before
    (tmp_path / "a.txt").write_text("One. Two.")
    assert source.fingerprint() != before


def test_missing_or_binary_files_are_named(tmp_path):
    with pytest.raises(PngnatError, match="no text file"):
        list(TextFiles(str(tmp_path / "*.txt")).passages())
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PngnatError, match=r"a\.txt"):
        list(TextFiles(str(tmp_path / "*.txt")).passages())
    with pytest.raises(PngnatError, match=r"other.txt"):
        list(TextFiles(str(tmp_path / "*.txt"), [HeldOutSpan("x", "other.txt")]).passages())


ROWS = [{"id": 1, "text": "One\nline.\n\nTwo."}, {"id": 2, "text": "Three."}, {"id": 3, "text": None}]


def write_rows(path: str) -> str:
    """A table of ROWS wherever fsspec can write it; returns its path."""
    with fsspec.open(path, "wb", compression="infer") as file:
        if path.endswith(".parquet"):
            arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
            parquet.write_table(arrow.Table.from_pylist(ROWS), file, row_group_size=2)
        else:
            file.write("".join(json.dumps(row) + "\n" for row in ROWS).encode())
    return path


@pytest.mark.parametrize("place", ["", "memory://"])
@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "parquet"])
def test_rows_become_passages_wherever_they_lie(tmp_path, place, kind):
    write_rows(f"{place}{tmp_path}/a.{kind}")
    source = TextRows(f"{place}{tmp_path}/*.{kind}", held_out_every=2)
    assert list(source.passages()) == [Passage("One line."), Passage("Two."), Passage("Three.", held_out=True)]
    before = source.fingerprint()
    assert source.fingerprint() == before and json.loads(json.dumps(before)) == before
    with pytest.raises(PngnatError, match="'body'"):
        list(TextRows(source.pattern, column="body").passages())


def test_text_files_lie_anywhere(tmp_path):
    with fsspec.open(f"memory://{tmp_path}/a.txt.gz", "wb", compression="infer") as file:
        file.write(b"One.\n\nTwo.\n")
    source = TextFiles(f"memory://{tmp_path}/*.gz", [HeldOutSpan("two", "a.txt.gz", 3)])
    assert list(source.passages()) == [Passage("One."), Passage("Two.", held_out=True)]


def test_what_is_no_table_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text("[1]\n")
    (tmp_path / "b.jsonl").write_text("nonsense\n")
    (tmp_path / "c.parquet").write_text("nonsense")
    (tmp_path / "d.jsonl").write_text('{"text": 1}\n')
    for name in ("a.jsonl", "b.jsonl", "c.parquet", "d.jsonl"):
        with pytest.raises(PngnatError, match=name):
            list(TextRows(str(tmp_path / name)).passages())
    with pytest.raises(PngnatError, match="nowhere://a"):
        list(TextRows("nowhere://a.jsonl").passages())


def test_a_sample_is_spread_over_all_of_the_text(tmp_path):
    numbers = "One Two Three Four Five Six Seven Eight".split()
    build_cache([plain(*(f"{number} here." for number in numbers))], CorpusBuild(tmp_path, shard_characters=9))
    assert len(cached_shards(tmp_path, "train")) == 8
    assert [utterance.words[0].text for utterance in cached_utterances(tmp_path, "train", 4)] == [
        "One",
        "Three",
        "Five",
        "Seven",
    ]
    everything = list(cached_utterances(tmp_path, "train"))
    assert (
        list(cached_utterances(tmp_path, "train", 100)) == everything
        and list(cached_utterances(tmp_path, "train", 8)) == everything
    )
