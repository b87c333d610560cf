"""What masking may hide, how often, and that it is the same everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.data.pretraining.masking import IGNORED, IdSpaces, MaskingConfig, Task, generator, mask
from pngnat.errors import PngnatError

SPACES = IdSpaces(mask=3, phonemes=range(5, 75), boundaries=range(75, 87), wordpieces=range(87, 300))
CLS, SEP, SPACE, COMMA = 1, 2, 75, 79
FRACTIONS = MaskingConfig(mlm=0.15, g2p=0.10, p2g=0.10)


def sentence(words: list[tuple[int, int]], commas: set[int] = frozenset()) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ids, segments, word positions; words: (phonemes, wordpieces) counts; commas: the words that a comma follows."""
    phonemes, pieces, position = [(CLS, 0)], [], 0
    for index, (phoneme_count, piece_count) in enumerate(words):
        position += 1
        phonemes += [(5 + (7 * index + i) % 70, position) for i in range(phoneme_count)]
        pieces += [(87 + (11 * index + i) % 213, position) for i in range(piece_count)]
        if index in commas:
            position += 1
            phonemes.append((COMMA, position))
            pieces.append((299, position))
        else:
            phonemes.append((SPACE, 0))
    phonemes.append((SEP, 0))
    pieces.append((SEP, 0))
    ids, positions = np.array(phonemes + pieces).T
    return ids, np.repeat([0, 1], [len(phonemes), len(pieces)]), positions


sentences = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 4)), min_size=1, max_size=30).flatmap(
    lambda words: st.sets(st.integers(0, len(words) - 1)).map(lambda commas: sentence(words, commas))
)
shares = st.tuples(*[st.floats(0, 1 / 3)] * 3).map(lambda s: MaskingConfig(*s))


@settings(deadline=None, max_examples=200)
@given(sentences, shares, st.integers(0, 2**31))
def test_units_are_asked_for_as_a_whole(tokens, config, seed):
    ids, segments, positions = tokens
    masked = mask(*tokens, SPACES, config, generator(seed, 0, 0))
    for position in range(1, positions.max() + 1):
        tasks = [set(masked.tasks[(positions == position) & (segments == segment)].tolist()) for segment in (0, 1)]
        assert tasks in (
            [{Task.NONE}, {Task.NONE}],
            [{Task.MLM_PHONEME}, {Task.MLM_GRAPHEME}],
            [{Task.G2P}, {Task.NONE}],
            [{Task.NONE}, {Task.P2G}],
        )
        is_mark = COMMA in ids[positions == position]
        assert not is_mark or not ({Task.G2P, Task.P2G} & (tasks[0] | tasks[1]))


@settings(deadline=None, max_examples=200)
@given(sentences, shares, st.integers(0, 2**31))
def test_special_tokens_stay_and_labels_stand_only_where_asked(tokens, config, seed):
    ids, _, positions = tokens
    masked = mask(*tokens, SPACES, config, generator(seed, 0, 0))
    asked = masked.tasks != Task.NONE
    assert not asked[positions == 0].any()
    np.testing.assert_array_equal(masked.labels, np.where(asked, ids, IGNORED))
    np.testing.assert_array_equal(masked.ids[~asked], ids[~asked])


@settings(deadline=None, max_examples=100)
@given(sentences, st.integers(0, 2**31))
def test_random_ids_stay_in_their_space(tokens, seed):
    ids = tokens[0]
    masked = mask(*tokens, SPACES, MaskingConfig(1, 0, 0, masked=0, replaced=1), generator(seed, 0, 0))
    for space in (SPACES.phonemes, SPACES.boundaries, SPACES.wordpieces):
        inside = np.isin(ids, space)
        assert np.isin(masked.ids[inside], space).all()


@settings(deadline=None, max_examples=100)
@given(sentences, st.integers(0, 2**31))
def test_one_task_alone_hides_exactly_one_segment(tokens, seed):
    ids, segments, positions = tokens
    words = np.isin(positions, positions[np.isin(ids, SPACES.phonemes)])
    for config, segment in ((MaskingConfig(0, 1, 0), 0), (MaskingConfig(0, 0, 1), 1)):
        masked = mask(*tokens, SPACES, config, generator(seed, 0, 0))
        np.testing.assert_array_equal(masked.ids == SPACES.mask, words & (segments == segment))


@pytest.mark.slow
def test_fractions_over_ten_thousand_sentences():
    rng = np.random.default_rng(0)
    counts, treated, words, marks, requested_marks = dict.fromkeys(Task, 0), np.zeros(3), 0, 0, 0
    for index in range(10_000):
        tokens = ids, segments, positions = sentence([(2, 1)] * int(rng.integers(3, 12)), {1})
        masked = mask(*tokens, SPACES, FRACTIONS, generator(1, 0, index))
        is_mark = np.isin(ids, SPACES.boundaries) & (positions > 0)
        first = np.flatnonzero((segments == 0) & ~is_mark & (positions > 0))[::2]  # one phoneme a word
        pieces = np.flatnonzero((segments == 1) & (positions > 0) & (ids != 299))
        words += len(first)
        marks += is_mark.sum()
        requested_marks += (masked.tasks[is_mark] == Task.MLM_PHONEME).sum()
        for task in (Task.MLM_PHONEME, Task.G2P):
            counts[task] += (masked.tasks[first] == task).sum()
        for task in (Task.MLM_GRAPHEME, Task.P2G):
            counts[task] += (masked.tasks[pieces] == task).sum()
        mlm = pieces[masked.tasks[pieces] == Task.MLM_GRAPHEME]
        hidden, kept = masked.ids[mlm] == SPACES.mask, masked.ids[mlm] == ids[mlm]
        treated += [hidden.sum(), (~hidden & ~kept).sum(), kept.sum()]

    def within(count: float, total: float, share: float) -> bool:
        return abs(count - total * share) < 4 * (total * share * (1 - share)) ** 0.5

    assert within(counts[Task.MLM_PHONEME], words, 0.15) and counts[Task.MLM_PHONEME] == counts[Task.MLM_GRAPHEME]
    assert within(counts[Task.G2P], words, 0.10)
    assert within(counts[Task.P2G], words, 0.10)
    assert within(requested_marks, marks, 0.15)
    assert within(treated[0], treated.sum(), 0.8)
    assert within(treated[1], treated.sum(), 0.1 * (1 - 1 / len(SPACES.wordpieces)))  # a random id may be the true one


def test_treatment_is_the_same_in_both_segments():
    tokens = _, _, positions = sentence([(3, 2)] * 200)
    masked = mask(*tokens, SPACES, MaskingConfig(1, 0, 0, masked=0.5, replaced=0), generator(0, 0, 0))
    for position in range(1, 201):
        assert len(set((masked.ids == SPACES.mask)[positions == position])) == 1


def test_inconsistent_masking_draws_the_segments_apart():
    tokens = _, segments, positions = sentence([(1, 1)] * 2000)
    masked = mask(*tokens, SPACES, MaskingConfig(0.5, 0, 0, consistent=False), generator(0, 0, 0))
    asked = masked.tasks != Task.NONE
    both = asked[(segments == 0) & (positions > 0)] & asked[(segments == 1) & (positions > 0)]
    assert abs(both.mean() - 0.25) < 0.05


def test_masking_changes_with_the_epoch_and_nothing_else():
    tokens = sentence([(3, 2)] * 40)
    first, again, later = (mask(*tokens, SPACES, FRACTIONS, generator(5, epoch, 17)).ids for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != later).any()


@pytest.mark.parametrize("wrong", [{"mlm": -0.1}, {"mlm": 0.9}, {"masked": 0.9, "replaced": 0.2}])
def test_impossible_shares_are_refused(wrong):
    with pytest.raises(PngnatError, match="masking shares"):
        MaskingConfig(**wrong)
