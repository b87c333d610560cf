"""PnG tokens: layout, word positions in both segments, ids, and the file."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.phonemes import BOUNDARIES, PHONEMES, PUNCTUATION, boundary_token
from pngnat.text.tokenizer import PngTokenizer
from pngnat.text.utterance import Boundary, Utterance, Word

TEXTS = ["the cat sat on the mat, and the dog sat too.", "she said hello; he left.", "don't stop the music!"] * 5
TOKENIZER = PngTokenizer.train(TEXTS, 250)

marks = st.sampled_from(["", ", ", ". ", " (", ") ", '" ', " — ", "… ", "?! "])
words = st.builds(
    Word,
    st.text("abcdefghijklmnopqrstuvwxyz'é", min_size=1, max_size=12),
    st.lists(st.sampled_from(PHONEMES), min_size=1, max_size=6).map(tuple),
)


@st.composite
def utterances(draw):
    spoken = draw(st.lists(words, min_size=1, max_size=8))
    return Utterance(tuple(spoken), tuple(Boundary(draw(marks)) for _ in range(len(spoken) + 1)))


@settings(max_examples=60, deadline=None)
@given(utterances())
def test_layout(utterance):
    tokens = TOKENIZER.encode(utterance)
    count, total = tokens.num_phoneme_tokens, sum(len(word.phonemes) for word in utterance.words)
    assert count == 1 + total + len(utterance.words) == len(tokens.symbols) == len(tokens.word_index)
    assert (
        tokens.ids.dtype == tokens.segments.dtype == tokens.word_positions.dtype == tokens.word_index.dtype == np.int64
    )
    assert tokens.ids.shape == tokens.segments.shape == tokens.word_positions.shape
    assert tokens.ids[0] == TOKENIZER.cls_id and tokens.ids[count] == tokens.ids[-1] == TOKENIZER.sep_id
    assert (tokens.segments[: count + 1] == 0).all() and (tokens.segments[count + 1 :] == 1).all()
    spoken = [symbol for symbol, index in zip(tokens.symbols, tokens.word_index, strict=True) if index >= 0]
    assert spoken == [phoneme for word in utterance.words for phoneme in word.phonemes]
    silent = [symbol for symbol, index in zip(tokens.symbols, tokens.word_index, strict=True) if index < 0]
    expected = [boundary_token(boundary.marks) for boundary in utterance.boundaries[1:]]
    assert silent[0] == "[CLS]" and silent[1:-1] == expected[:-1]
    assert silent[-1] == (expected[-1] if expected[-1] != " " else ".")


@settings(max_examples=60, deadline=None)
@given(utterances())
def test_word_positions_agree_between_the_segments(utterance):
    tokens = TOKENIZER.encode(utterance)
    count = tokens.num_phoneme_tokens
    phonemes, graphemes = tokens.word_positions[:count], tokens.word_positions[count + 1 : -1]
    assert set(phonemes) - {0} == set(graphemes) - {0} == set(range(1, max(phonemes) + 1))
    assert (np.diff([position for position in phonemes if position]) >= 0).all() and (np.diff(graphemes) >= 0).all()
    for index in range(len(utterance.words)):
        assert len(set(phonemes[tokens.word_index == index])) == 1
    for symbol, position in zip(tokens.symbols, phonemes, strict=True):
        assert (position == 0) == (symbol in ("[CLS]", " "))


@settings(max_examples=40, deadline=None)
@given(utterances())
def test_ids_are_of_their_kind(utterance):
    tokens = TOKENIZER.encode(utterance)
    count = tokens.num_phoneme_tokens
    for identity, symbol in zip(tokens.ids[1:count], tokens.symbols[1:], strict=True):
        assert identity in (TOKENIZER.phoneme_ids if symbol in PHONEMES else TOKENIZER.boundary_ids)
    assert all(identity in TOKENIZER.wordpiece_ids for identity in tokens.ids[count + 1 : -1])


def test_id_spaces_are_disjoint():
    specials = {TOKENIZER.pad_id, TOKENIZER.cls_id, TOKENIZER.sep_id, TOKENIZER.mask_id, TOKENIZER.unk_id}
    kinds = [specials, set(TOKENIZER.phoneme_ids), set(TOKENIZER.boundary_ids), set(TOKENIZER.wordpiece_ids)]
    assert [TOKENIZER.pad_id, TOKENIZER.cls_id, TOKENIZER.sep_id, TOKENIZER.mask_id, TOKENIZER.unk_id] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert (
        set().union(*kinds) == set(range(TOKENIZER.vocabulary_size))
        and sum(map(len, kinds)) == TOKENIZER.vocabulary_size
    )
    assert len(TOKENIZER.phoneme_ids) == len(PHONEMES) and len(TOKENIZER.boundary_ids) == len(BOUNDARIES)


def test_training_keeps_its_limit_and_knows_every_letter():
    assert 200 < TOKENIZER.vocabulary_size <= 250
    for character in "abcdefghijklmnopqrstuvwxyz0123456789" + "".join(PUNCTUATION):
        utterance = Utterance(
            (Word("a" + character if character.isalnum() else "a", ("AH0",)),),
            (Boundary(), Boundary(character if character in PUNCTUATION else "")),
        )
        assert TOKENIZER.unk_id not in TOKENIZER.encode(utterance).ids
    with pytest.raises(PngnatError, match="too small"):
        PngTokenizer.train(TEXTS, 50)


def test_training_from_utterances_is_the_same_as_from_their_text():
    found = list(Frontend().utterances("The cat sat on the mat. The dog sat too."))
    first, second = PngTokenizer.train(found, 220), PngTokenizer.train([utterance.text for utterance in found], 220)
    assert (first.encode(found[0]).ids == second.encode(found[0]).ids).all()


def test_raw_phonemes_have_a_masked_spelling():
    utterance = next(Frontend().utterances("say {HH AH0 L OW1}"))
    tokens = TOKENIZER.encode(utterance)
    assert tokens.ids[-3] == TOKENIZER.mask_id


def test_save_and_load(tmp_path):
    TOKENIZER.save(tmp_path)
    loaded = PngTokenizer.load(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer.json"]
    assert loaded.vocabulary_size == TOKENIZER.vocabulary_size
    for utterance in Frontend().utterances('"Hello," said the zebra; don\'t stop (the music)!'):
        before, after = TOKENIZER.encode(utterance), loaded.encode(utterance)
        assert (before.ids == after.ids).all() and before.symbols == after.symbols


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 99}', '{"format": 1, "wordpieces": [1]}', '{"format": 1, "wordpieces": ["a"]}'],
)
def test_damaged_files(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(PngnatError):
        PngTokenizer.load(tmp_path)


def test_repeated_wordpieces_are_damage(tmp_path):
    TOKENIZER.save(tmp_path)
    path = tmp_path / "tokenizer.json"
    content = json.loads(path.read_text())
    content["wordpieces"][1] = content["wordpieces"][0]
    path.write_text(json.dumps(content))
    with pytest.raises(PngnatError, match="distinct"):
        PngTokenizer.load(tmp_path)
    with pytest.raises(PngnatError, match="cannot be read"):
        PngTokenizer.load(tmp_path / "nowhere")


def test_memory_of_words_is_bounded(monkeypatch):
    (before,) = (TOKENIZER.encode(utterance).ids for utterance in Frontend().utterances(TEXTS[0]))
    monkeypatch.setattr("pngnat.text.tokenizer._MOST_KEPT", 3)
    monkeypatch.setattr("pngnat.text.g2p._MOST_KEPT", 3)
    tokenizer = PngTokenizer(TOKENIZER._wordpieces)
    (after,) = (tokenizer.encode(utterance).ids for utterance in Frontend().utterances(TEXTS[0]))
    assert (after == before).all() and len(tokenizer._cache) <= 3
