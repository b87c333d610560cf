"""Where sentences end: rules of thumb as a table, what is true of any text, and hostile ones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.text.frontend import Frontend
from pngnat.text.sentences import paragraphs, sentences

# Sentences are parted by |; where it is a matter of taste, what a reader does who cannot look ahead.
SPLIT = """
Hello World. |My name is Jonas.
What is your name? |My name is Jonas.
There it is! |I found it.
My name is Jonas E. Smith.
Please turn to p. 55.
Were Jane and co. at the party?
They closed the deal with Pitt, Briggs & Co. at noon.
Let's ask Jane and Co. |They should know.
They closed the deal with Pitt, Briggs & Co. |It closed yesterday.
I can see Mt. Fuji from here.
St. Michael's Church is on 5th St. near the light.
That is JFK Jr.'s book.
I visited the U.S.A. last year.
I live in the E.U. |How about you?
I live in the U.S. |How about you?
I work for the U.S. Government in Virginia.
I have lived in the U.S. for 20 years.
She has $100.00 in her bag.
She has $100.00. |It is in her bag.
He teaches science (He previously worked for 5 years as an engineer.) at the local University.
Her email is Jane.Doe@example.com. |I sent her an email.
The site is: https://www.example.50.com/new-site/awesome_content.html. |Please check it out.
She turned to him, 'This is great.' she said.
She turned to him, "This is great." she said.
She turned to him, "This is great." |She held the book out to show him.
Hello!! |Long time no see.
Hello?? |Who is there?
Hello!? |Is that you?
Hello?! |Is that you?
You can find it at No. 1026.253.553. |That is where the treasure is.
She works at Yahoo! in the accounting department.
We make a good team, you and I. |Did you see Albert I. Jones yesterday?
Thoreau argues that by simplifying one’s life, the laws will appear less complex. . . .
I never meant that.... |She left the store.
I wasn’t really ... well, what I mean...see . . . what I'm saying, the thing is . . . |I didn’t mean it.
At 5 a.m. Mr. Smith went to the bank.
He left the bank at 6 P.M. |Mr. Smith then went to the store.
The next flight is at 9 a.m. |Be early.
The file is open. |"Good," he said. |It closed.
It ended (at last). |Nobody cared.
In Sept. 2001 and Oct. 5 it rained. |In Nov. it snowed.
He weighs 180 lbs. |He is tall.
He stopped. -- |Emma did not.
The Hon. John Roe and Rev. Dr. King met Lt. Col. Ames. |They ate.
See Ch. 4, Fig. 3, and Sec. II. |They explain it.
Use approx. 3 oz. of it, i.e. a cup, vs. Two cups of that.
It is in Vol. IV, No. 3. |No. |I mean Vol. V.
He is in Bldg. A, on the 3rd fl. East, and I left the apt. |A man came in.
The 10-yr. Treasury fell. |The 20-ft. Christmas tree was 3 ft. |Nobody cared.
"""


@pytest.mark.parametrize("row", [row for row in SPLIT.splitlines() if row])
def test_split(row):
    assert list(sentences(row.replace("|", ""))) == row.split("|")


PIECES = st.sampled_from(
    'the cat Dr. St. Ave. Sat. Jan. 5, 3.14 p.m. U.S. e.g. etc. vs. No. Yahoo! What? I. J. A "Go." (see he.) it. I\'m '
    ". , ; ... …. — -- ?! "
    "lb. Ch. 5 II. x. 'tis \n \n\n".split(" ")
)


@given(
    st.one_of(
        st.text(max_size=200), st.lists(PIECES, max_size=30).map(" ".join), st.text("aB.,!?;:\"'() \n1-é", max_size=60)
    )
)
def test_no_sentence_begins_with_a_lower_case_letter_or_a_comma(text):
    for paragraph in paragraphs(text):
        found = list(sentences(paragraph))
        assert "".join(found) == paragraph
        for before, sentence in pairwise(found):
            start = sentence.lstrip()[:1]
            assert before.endswith("\n") or not (start.islower() or start in (",", ";", ":", ".", "!", "?", "…", ")"))


@pytest.mark.parametrize("piece", ["! ", ". ", "A. ", '". ', "(. ", "a.\n", "? !", "-- A. ", "St. ", "1. "])
def test_marks_without_end_lose_nothing(piece):
    text = piece * 3000
    found = list(sentences(text))
    assert "".join(found) == text and max(map(len, found)) <= 2000


def test_nothing_but_marks_is_nothing_to_say():
    assert list(Frontend().utterances("!\n\n" * 50_000)) == []
    (utterance,) = Frontend().utterances("Hello" + "!\n\n" * 50_000)
    assert utterance.text == "Hello!"
