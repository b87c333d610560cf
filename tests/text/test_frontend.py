"""Text to utterances: words, boundaries, markup, what is skipped, and limits."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.markup import MAX_WORD_PHONEMES
from pngnat.text.phonemes import PHONEMES, PUNCTUATION
from pngnat.text.sentences import MAX_PHONEMES, paragraphs, sentences

FRONTEND = Frontend()


def utterances(text, **options):
    return list(FRONTEND.utterances(text, **options))


def only(text):
    (utterance,) = utterances(text)
    return utterance


def check(utterance):
    """What is true of every utterance."""
    assert len(utterance.boundaries) == len(utterance.words) + 1
    assert utterance.words
    for word in utterance.words:
        assert word.text and word.text.strip() == word.text
        assert word.phonemes and set(word.phonemes) <= set(PHONEMES)
    for boundary in utterance.boundaries:
        assert set(boundary.marks) <= {*PUNCTUATION, " "}
        assert boundary.marks == "" or boundary.marks.strip()
        assert boundary.pause is None or boundary.pause >= 0
    assert sum(len(word.phonemes) for word in utterance.words) <= MAX_PHONEMES


def test_words_and_marks():
    utterance = only('"Hello," she said (twice) -- then left...')
    assert utterance.text == '"Hello," she said (twice) — then left…'
    assert [word.text for word in utterance.words] == "Hello she said twice then left".split()
    assert [boundary.marks for boundary in utterance.boundaries] == ['"', '," ', "", " (", ") — ", "", "…"]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("It’s John’s.", "It's John's."),
        ("“Quoted”", '"Quoted"'),
        ("wait – no", "wait — no"),
        ("[a] {b}", "(a) (b)"),
        ("stop!!!", "stop!"),
        ("well-being", "well-being"),
        ("blue-green", "blue green"),
        ("re-enter", "re-enter"),
        ("'Twas me", "'Twas me"),
        ("rock 'n' roll", "rock 'n roll"),
        ("five o'clock", "five o'clock"),
        ("naïve café", "naïve café"),
    ],
)
def test_text(text, spoken):
    assert only(text).text == spoken


def test_sentences_and_paragraphs():
    found = utterances("Dr. Smith left. He was late.\n\nA new day.")
    assert [utterance.text for utterance in found] == ["Doctor Smith left.", "He was late.", "A new day."]
    assert [utterance.ends_paragraph for utterance in found] == [False, True, True]


def test_list_items_are_sentences():
    assert [utterance.text for utterance in utterances("- milk\n- eggs\n2. tea")] == ["milk", "eggs", "two. tea"]


def test_the_before_vowels():
    utterance = only("The apple and the pear.")
    assert utterance.words[0].phonemes == ("DH", "IY0") and utterance.words[3].phonemes == ("DH", "AH0")


def test_letter_a():
    utterance = only("A plan is plan A.")
    assert utterance.words[0].phonemes == ("AH0",) and utterance.words[4].phonemes == ("EY1",)


def test_inline_pronunciation():
    utterance = only("I say [tomato](T AH0 M AA1 T OW0).")
    assert utterance.words[2].text == "tomato" and utterance.words[2].phonemes == tuple("T AH0 M AA1 T OW0".split())


def test_raw_phonemes():
    utterance = only("{HH AH0 L OW1 | W ER1 L D}!")
    assert utterance.phonemes == "HH AH0 L OW1 | W ER1 L D"
    assert utterance.boundaries[-1].marks == "!"


def test_pauses():
    utterance = only("[pause:1]One [pause:0.5] two.[pause:0.25]")
    assert [boundary.pause for boundary in utterance.boundaries] == [1.0, 0.5, 0.25]


def test_pauses_between_sentences_are_kept():
    found = utterances("One.\n\n[pause:2]\n\nTwo.")
    assert sum(boundary.pause or 0 for utterance in found for boundary in utterance.boundaries) == 2


def test_a_pace_stands_where_it_begins_to_hold():
    utterance = only("[pace:2]It is [pause:1] [pace:0.7] slowly, [pace:1](very) said.")
    assert utterance.text == "It is slowly, (very) said."
    assert [boundary.pace for boundary in utterance.boundaries] == [2.0, None, 0.7, 1.0, None, None]
    assert [boundary.pace for boundary in only("One [pace:0.5] [pace: .8 ] two.[pace:1]").boundaries] == [
        None,
        0.8,
        1.0,
    ]


def test_a_pace_between_sentences_is_kept():
    found = utterances("[pace:2]\n\nOne.\n\n[pace:0.5]\n\nTwo.")
    assert [boundary.pace for utterance in found for boundary in utterance.boundaries if boundary.pace] == [2.0, 0.5]


def test_a_pace_where_a_long_sentence_is_cut_is_kept():
    found = utterances("and then we went to the market to buy some bread, [pace:0.9] " * 30)
    assert (
        len(found) > 1 and sum(boundary.pace == 0.9 for utterance in found for boundary in utterance.boundaries) == 30
    )


@pytest.mark.parametrize(
    "text", ["[pace:slow]", "[pace:]", "[pace:0.1]", "[pace:6]", "[pace:-1]", "[pace:nan]", "[pace:2s]"]
)
def test_a_pace_out_of_range_is_an_error(text):
    with pytest.raises(PngnatError, match=r"0\.2 \(slow\) to 5 \(fast\)"):
        utterances(f"One {text} two.")


@pytest.mark.parametrize(
    "text",
    [
        "[word](N AA1 TT)",
        "{HH QQ}",
        "[pause:soon]",
        "[pause:-1]",
        "[pause:1e9]",
        "{" + "AA1 " * (MAX_WORD_PHONEMES + 1) + "}",
    ],
)
def test_wrong_markup_is_an_error(text):
    with pytest.raises(PngnatError):
        utterances(text)


def test_links_are_no_markup():
    assert only("[a link](see the note)").words[0].text == "a"


def test_skipped_characters_are_named():
    skipped = []
    found = utterances("Hi 😀 there مرحبا, \x07 end", on_skipped=skipped.append)
    assert [word.text for word in found[0].words] == ["Hi", "there", "end"]
    assert len(skipped) == 3 and "grinning face" in skipped[0] and "arabic" in skipped[1] and "U+0007" in skipped[2]


@pytest.mark.parametrize("text", ["", " \n\n ", "...", "😀", "*** --- ***", "\x00"])
def test_nothing_to_say(text):
    assert utterances(text) == []


@pytest.mark.parametrize(
    "piece", ["x", "1", "a.", "a-", "'a", "(", "ab1", "é", "1,", "a@", "1:", "/", "[a", "{A", "$1", "V", "aé'"]
)
def test_ten_thousand_characters_without_a_space(piece):
    started = time.process_time()
    for utterance in utterances(piece * (10_000 // len(piece))):
        check(utterance)
    assert time.process_time() - started < 10


def test_no_word_is_lost_in_long_text():
    words = [
        f"{first} {second}"
        for first in "red green blue tall small".split()
        for second in "house tree dog cat bird".split()
    ] * 40
    text = ", ".join(words)
    spoken = [word.text for utterance in utterances(text) for word in utterance.words]
    assert spoken == text.replace(",", "").split()


def test_long_sentences_are_cut_at_marks():
    found = utterances("and then we went to the market to buy some bread, " * 30)
    assert len(found) > 1
    for utterance in found:
        check(utterance)
        assert utterance.boundaries[-1].marks == ","


def test_utterances_are_lazy():
    stream = FRONTEND.utterances("One sentence.\n\nTwo sentences.\n\n[pause:wrong]")
    assert next(stream).text == "One sentence."
    with pytest.raises(PngnatError):
        list(stream)


@pytest.mark.slow
@given(st.text(max_size=300))
def test_paragraphs_and_sentences_lose_nothing(text):
    for paragraph in paragraphs(text):
        assert "".join(sentences(paragraph)) == paragraph or "\n" in paragraph
        assert "".join("".join(sentences(paragraph)).split()) == "".join(paragraph.split())


PIECES = st.sampled_from(
    "the cat Dr. St. $5 1,000 3.14 1/2 -5 10-20 5:30 p.m. Jan. 5, 2024 % & @ # [pause:0.5] [x](AA1) {B AA1 | K} {x [ "
    "] ( ) ' \" - -- ... "
    "U.S. FBI IV "
    "www.a.com a@b.com é ½ 😀 \n \n\n ° € A I 'tis it's 90s 2nd (555) 555-1234 e.g. etc.".split(" ")
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.text(max_size=200), st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join)
    )
)
def test_any_text_gives_sound_utterances_or_a_clear_error(text):
    try:
        found = utterances(text, on_skipped=lambda message: None)
    except PngnatError:
        return
    for utterance in found:
        check(utterance)
    assert not found or found[-1].ends_paragraph
