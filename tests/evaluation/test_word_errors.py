import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.evaluation.word_errors import WordErrors, compare_texts, compare_words, plain_words

WORDS = st.lists(st.sampled_from("a b c d".split()), max_size=8)


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        (
            "Mr. Smith paid $1,299.99.",
            "mister smith paid one thousand two hundred ninety nine dollars and ninety nine cents",
        ),
        ("He didn't see the colour of St. James's hat.", "he did not see the color of Saint James's hat"),
        ("Press one; for support, two.", "press 1 for support 2"),
        ("The twenty-third of March", "the 23rd of March"),
        ("Hmm, naïve!", "naive"),
    ],
)
def test_spelling_is_no_error(written, heard):
    assert compare_texts(written, heard).errors.rate == 0


def test_counts_each_kind_of_error():
    comparison = compare_words("the cat sat on the mat".split(), "the bat sat the mat too".split())
    assert comparison.errors == WordErrors(words=6, substitutions=1, deletions=1, insertions=1)
    assert comparison.errors.rate == pytest.approx(3 / 6)
    assert comparison.errors.deletion_rate == pytest.approx(1 / 6)


def test_differences_lie_between_matches():
    comparison = compare_words("we say every one of them here".split(), "we say everyone of them right here".split())
    assert [(d.start, d.end, d.transcribed_start, d.transcribed_end) for d in comparison.differences()] == [
        (2, 4, 2, 3),
        (6, 6, 5, 6),
    ]


def test_silence_deletes_all_and_speech_from_nothing_inserts_all():
    assert compare_words(["a", "b"], []).errors == WordErrors(2, 0, 2, 0)
    assert compare_words([], ["a", "b"]).errors == WordErrors(0, 0, 0, 2)
    assert compare_words([], []).errors.rate == 0
    assert not list(compare_words([], []).differences())


def test_errors_add_up():
    assert WordErrors(4, 1, 0, 0) + WordErrors(6, 0, 1, 2) == WordErrors(10, 1, 1, 2)


def edit_distance(a: list[str], b: list[str]) -> int:
    """Straight from the definition."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y)))
    return row[-1]


@given(WORDS, WORDS)
def test_alignment_is_the_cheapest_and_consistent(reference, hypothesis):
    comparison = compare_words(reference, hypothesis)
    errors = comparison.errors
    assert errors.substitutions + errors.deletions + errors.insertions == edit_distance(reference, hypothesis)
    covered = {i for i, _ in comparison.matches} | {i for d in comparison.differences() for i in range(d.start, d.end)}
    heard = {j for _, j in comparison.matches} | {
        j for d in comparison.differences() for j in range(d.transcribed_start, d.transcribed_end)
    }
    assert covered == set(range(len(reference))) and heard == set(range(len(hypothesis)))
    assert list(comparison.pairs) == sorted(comparison.pairs)


@given(WORDS)
def test_equal_texts_have_no_errors(words):
    assert compare_words(words, words).errors == WordErrors(len(words), 0, 0, 0)


def test_plain_words_have_no_marks_or_case():
    assert plain_words('"Well," she said... "NO!"') == ["well", "she", "said", "no"]
