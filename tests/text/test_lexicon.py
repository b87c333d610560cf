"""Searching a sorted file finds what a dict of its lines finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.text.lexicon import DATA, SortedLines
from pngnat.text.phonemes import PHONEMES

WORDS = st.text(st.characters(exclude_characters="\t\n", exclude_categories=("Cs",)), max_size=4)


@given(st.dictionaries(WORDS, WORDS, min_size=1, max_size=30), st.lists(st.text(max_size=4)))
def test_sorted_lines_find_exactly_their_keys(tmp_path_factory, table, others):
    path = tmp_path_factory.mktemp("lines") / "table.tsv"
    path.write_bytes("".join(f"{key}\t{table[key]}\n" for key in sorted(table)).encode())
    lines = SortedLines(path)
    assert {key: lines.get(key) for key in table} == table
    assert [lines.get(key) for key in others] == [table.get(key) for key in others]


def test_half_a_surrogate_pair_is_no_key(tmp_path):
    (tmp_path / "table.tsv").write_bytes(b"a\tb\n")
    assert SortedLines(tmp_path / "table.tsv").get("\udcff") is None


@pytest.mark.parametrize(("name", "count"), [("cmudict.tsv", 126_052), ("rare_words.tsv", 48_825)])
def test_the_dictionaries_are_sorted(name, count):
    lines = (DATA / name).read_bytes().splitlines()
    keys = [line.partition(b"\t")[0] for line in lines]
    assert keys == sorted(set(keys)) and len(keys) == count


def test_rare_words_are_in_arpabet_and_not_in_cmudict():
    words = dict(line.split("\t") for line in (DATA / "rare_words.tsv").read_text(encoding="utf-8").splitlines())
    cmudict = SortedLines(DATA / "cmudict.tsv")
    assert {sound for phonemes in words.values() for sound in phonemes.split()} <= set(PHONEMES)
    assert not [word for word in words if cmudict.get(word) or word != word.lower()]


@pytest.mark.parametrize("word", ["'bout", "a", "zywicki", "zyxgrop", "hello", "", "\t", "a\tAH0"])
def test_words_of_the_dictionary(word):
    table = dict(line.split("\t", 1) for line in (DATA / "cmudict.tsv").read_text(encoding="utf-8").splitlines())
    assert SortedLines(DATA / "cmudict.tsv").get(word) == table.get(word)
