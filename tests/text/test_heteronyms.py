"""Heteronyms in everyday sentences, labelled by hand; none of them is in the training data."""

import re
from pathlib import Path

import pytest

from pngnat.text.frontend import Frontend
from pngnat.text.heteronyms import heteronyms, readings
from pngnat.text.phonemes import PHONEMES

# *word* is the one that counts; the phonemes are the reading that a person would use.
SENTENCES = """
R IY1 D | Would you *read* me a story?
R IY1 D | I want to *read* the paper in peace.
R IY1 D | Children should *read* every day.
R EH1 D | I have *read* your letter.
R EH1 D | Last night she *read* the whole book.
R EH1 D | He had *read* the sign too late.
L IY1 D | Let me *lead* the group.
L IY1 D | The path will *lead* us home.
L EH1 D | The old pipes contain *lead*.
L EH1 D | Gold is heavier than *lead*.
W IH1 N D | The *wind* blew my hat off.
W IH1 N D | There is no *wind* this morning.
W AY1 N D | Don't forget to *wind* the clock.
W AY1 N D | You can *wind* the window down.
L IH1 V | They *live* in a small town.
L IH1 V | I could never *live* without you.
L AY1 V | We heard a *live* band.
L AY1 V | The match will be shown *live* on television.
L AY1 V Z | The doctors saved many *lives*.
L IH1 V Z | My aunt *lives* in Chicago.
R AH0 K AO1 R D | I will *record* your voice tomorrow.
R EH1 K ER0 D | He set a new *record* in the race.
R EH1 K ER0 D | Keep a *record* of your pain.
P R EH1 Z AH0 N T | She gave me a birthday *present*.
P R EH1 Z AH0 N T | There is no time like the *present*.
P R IY0 Z EH1 N T | Tomorrow we will *present* our plan.
K L OW1 Z | Would you *close* the curtains, please?
K L OW1 Z | The bank will *close* at noon.
K L OW1 S | The school is *close* to our house.
K L OW1 S | She is a *close* relative.
T IH1 R | I saw a *tear* in his eye.
T IH1 R Z | Her face was wet with *tears*.
T EH1 R | Try not to *tear* your dress.
T EH1 R | They will *tear* the old house down.
B OW1 | She drew her *bow* and shot an arrow.
B OW1 | There was a pink *bow* on the box.
B AW1 | The singer took a *bow*.
B AW1 | He had to *bow* to the emperor.
AH0 B JH EH1 K T | Does anyone *object* to the plan?
AA1 B JH EH0 K T | A strange *object* fell from the sky.
R AH0 F Y UW1 Z | I *refuse* to answer that question.
D EH1 Z ER0 T | It never rains in the *desert*.
D IH0 Z ER1 T | A captain must not *desert* his ship.
K AH0 N T EH1 N T | I am quite *content* where I am.
K AA1 N T EH2 N T | I do not like the *content* of this page.
Y UW1 Z | You can *use* my pen.
Y UW1 S | It is of no *use* to me.
HH AW1 S | The *house* is on fire.
IH0 K S K Y UW1 Z | *Excuse* me, where is the station?
IH0 K S K Y UW1 S | He made an *excuse* and left.
M IH1 N AH0 T | I will be there in one *minute*.
M AY0 N UW1 T | Only *minute* amounts were found.
W UW1 N D | The nurse cleaned the *wound*.
W AW1 N D | She *wound* the bandage around his arm.
D AH1 V | A *dove* is a symbol of peace.
D OW1 V | He *dove* into the water.
P R AA1 G R EH2 S | You have made good *progress*.
P R AH0 D UW1 S | These cows *produce* a lot of milk.
P R AA1 JH EH2 K T | We finished the *project* on time.
K AA1 N T R AE2 K T | He signed a new *contract*.
S EH1 P ER0 IH0 T | They live in *separate* houses.
S EH1 P ER0 EY2 T | You should *separate* the whites from the yolks.
EH1 S T AH0 M AH0 T | That is only a rough *estimate*.
P ER1 F IH0 K T | The weather was *perfect*.
P ER0 F EH1 K T | He wants to *perfect* his technique.
P ER1 M IH2 T | You need a *permit* to park here.
IH0 N K R IY1 S | We have to *increase* the speed.
IH1 N K R IY2 S | They asked for an *increase* in pay.
R IY0 B EH1 L | The soldiers may *rebel* against the king.
R EH1 B AH0 L | He was always a *rebel*.
P OW1 L IH0 SH | My neighbor speaks *Polish*.
P AA1 L IH0 SH | You should *polish* your boots.
B EY1 S | He plays the *bass* in a band.
B AE1 S | We ate grilled *bass* from the lake.
R OW1 | We sat in the last *row* of the cinema.
AH0 F EH1 K T | How does the weather *affect* you?
S AH1 B JH EH2 K T | Can we change the *subject*?
S AH0 S P EH1 K T | I *suspect* that she knows.
S AH1 S P EH2 K T | The police questioned the *suspect*.
K AH0 N D AH1 K T | They plan to *conduct* a survey.
IH0 N V AE1 L AH0 D | The card number is *invalid*.
Y UW1 S T | I *used* to live here.
Y UW1 S T | She is *used* to the noise.
Y UW1 Z D | It is *used* to cut wood.
Y UW1 Z D | I *used* a knife.
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in SENTENCES.strip().splitlines()]


@pytest.fixture(scope="module")
def frontend():
    return Frontend()


def spoken(frontend, sentence):
    """The phonemes of the word in asterisks, and whether its reading was chosen rightly can be told by them."""
    before, word, after = sentence.split("*")
    number = len(re.findall(r"[\w']+", before))
    words = next(frontend.utterances(before + word + after)).words
    assert words[number].text == word
    return " ".join(words[number].phonemes)


def test_at_least_nine_in_ten_are_right(frontend):
    wrong = [
        (sentence, said)
        for expected, sentence in CASES
        if (said := spoken(frontend, sentence)) != expected and said not in same(expected)
    ]
    assert len(CASES) >= 60
    assert len(wrong) <= len(CASES) / 10, wrong


FURTHER = [
    line.split(" | ")
    for line in (Path(__file__).parent / "heteronym_sentences.txt").read_text(encoding="utf-8").splitlines()
    if line[0] != "#"
]


def test_of_further_sentences_nearly_all_are_right(frontend):
    """Written before the classifier had seen sentences of their kind; the words that it has trouble with are among
    them."""
    wrong = [
        (sentence, said) for expected, sentence in FURTHER if not alike(said := spoken(frontend, sentence), expected)
    ]
    assert len(FURTHER) >= 400 and len(wrong) <= len(FURTHER) * 0.03, wrong


def alike(said, expected):
    """Whether they are one reading: dictionaries differ in secondary stress and in which vowel is reduced."""
    plain = str.maketrans({"2": "0"})
    reduced = re.compile(r"(?:IH|EH|IY)0")
    return any(
        reduced.sub("AH0", said.translate(plain)) == reduced.sub("AH0", one.translate(plain))
        for one in expected.split(" / ")
    )


def same(expected):
    """Spellings of the expected reading in other dictionaries' habits: the reduced vowel may be AH0 or IH0."""
    return {expected.replace("AH0", "IH0"), expected.replace("IH0", "AH0")}


@pytest.mark.parametrize("sentence", ["I read, live and lead.", "Close!", "READ THE RECORD NOW!", "Tear"])
def test_every_heteronym_gets_one_of_its_readings(frontend, sentence):
    for utterance in frontend.utterances(sentence):
        for word in utterance.words:
            if word.text.lower() in heteronyms():
                assert word.phonemes in readings()[word.text.lower()].values()


def test_readings_are_two_different_pronunciations():
    for word, choices in readings().items():
        assert len(choices) == 2, word
        first, second = choices.values()
        assert first != second and set(first + second) <= set(PHONEMES), word
        assert next(iter(choices)) != "verb", word


def test_the_lexicon_wins():
    frontend = Frontend({"read": ("B", "AA1")})
    assert next(frontend.utterances("I have read it.")).words[2].phonemes == ("B", "AA1")
