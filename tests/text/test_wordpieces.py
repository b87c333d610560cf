"""Wordpieces are those that the library `tokenizers` finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.text.lexicon import DATA
from pngnat.text.tokenizer import PngTokenizer, _learner
from pngnat.text.wordpieces import UNKNOWN, WordPieces

PIECES = ("a", "b", "ab", "##a", "##b", "##ba", "'", ".", "é", "e", "##e", "中", "ss", "##σ", "##ς", "σ")
# Assigned long ago: Python and the library may know other versions of Unicode.
SIGNS = st.sampled_from(
    "aAbB eéÉ'.,-_$^`~|§¶「」中文ΣσςßİıﬁÅ\t\n\r\x00\x1c\x7f\x85\xa0\u200b\u2028\u3000\ufffd\ufeff\u0301\U0001f642"
)


@given(st.text(SIGNS, max_size=30) | st.text(st.characters(max_codepoint=0x24F), max_size=30))
def test_any_text(text):
    assert WordPieces(PIECES).split(text) == _learner(PIECES).encode(text).tokens


@pytest.mark.parametrize("word", ["a" * 100, "a" * 101, "ab" * 51])
def test_long_words(word):
    assert WordPieces(PIECES).split(word) == _learner(PIECES).encode(word).tokens


def test_every_word_of_the_dictionary():
    pieces = PngTokenizer.train(
        ["the quick brown fox jumps over the lazy dog"] * 5 + ["unbelievable misunderstandings"] * 9, 400
    ).wordpieces
    words = [line.partition("\t")[0] for line in (DATA / "cmudict.tsv").read_text(encoding="utf-8").splitlines()[::10]]
    ours, theirs = WordPieces(pieces), _learner(pieces)
    assert [ours.split(word) for word in words] == [encoded.tokens for encoded in theirs.encode_batch(words)]
    assert any(len(ours.split(word)) > 1 for word in words)


def test_without_any_piece():
    assert WordPieces([]).split("a b") == [UNKNOWN, UNKNOWN]
