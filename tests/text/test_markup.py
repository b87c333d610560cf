"""Brackets and braces: phonemes, pauses, paces and links where they are meant, else text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.ipa import parse_ipa
from pngnat.text.phonemes import PHONEMES

FRONTEND = Frontend()
# text => the words that are said
ROWS = r"""
\frac{7}{10} => backslash frac seven ten
The set {7}. => the set seven
${HOME}/bin => home slash bin
[1](2) => one two
f(x)[0] => f x zero
{"name": "Bob", "age": 7} => name bob age seven
See the docs [here](https://example.com/a). => see the docs here
This is known [12]. => this is known twelve
x = [1, 2, 3] => x equals one two three
\textbf{Hello} world => backslash textbf hello world
- [ ] Buy milk => buy milk
He said [sic] nothing. => he said sic nothing
[...] and so on => and so on
Dear {name}, welcome. => dear name welcome
Dear {{first_name}}, welcome. => dear first name welcome
[John] went home. => john went home
a[i][j] = b{c} => a i j equals b c
\begin{equation} x \end{equation} => backslash begin equation x backslash end equation
[note](see below) => note see below
the set {A, B} is small => the set a b is small
{x | x > 0} => x x is greater than zero
[Wiki](https://en.wikipedia.org/wiki/Foo_(bar)) says so. => wiki says so
[up](../index.html) and [down](#end) => up and down
[text][ref] here => text ref here
if (x) { return y; } => if x return y
[Applause] Thank you. => applause thank you
[Smith](2019) found it. => smith twenty nineteen found it
Unclosed { brace => unclosed brace
Unclosed [ bracket => unclosed bracket
a smile :] and :} => a smile and
![a cat](cat.png) sits => a cat sits
\sqrt{2} => backslash sqrt two
{{ user.name }} => user name
[12:30] Bob: hi => twelve thirty bob hi
echo "${USER}" => echo user
int a[10] = {0}; => int a ten equals zero
[mail me](mailto:bob@example.com) now => mail me now
[see [1] below](https://a.org) => see one below
The {big} [old](red) house => the big old red house
[pauses] and [pace] and [stop:here] => pauses and pace and stop here
{a}{b}{c} => a b c
\mathbb{R} => backslash mathbb r
the sets {N} and {A, B} => the sets n and a b
[he](he/she) left => he he or she left
[docs](/docs/) and [About us](/about/) => docs and about us
[x](img/cat.png) [y](docs/) [z](page.html#top "A title") => x y z
$E = mc^{2}$ => e equals mc to the power of two
$5 and {$6} = $11 => five dollars and six dollars equals eleven dollars
text[^1] with a note => text one with a note
#{name} and ${USER} and 50% {off} => name and user and fifty percent off
[Kim](/kɪm/) and [Li](/li:/) => kim and li
[Bob](/users/bob) and [Home](/) => bob and home
[0, 1] and [1, 2) => zero one and one two
{HELLO WORLD} and {I} => hello world and i
{CO2} and {MP3} and {OK} => c o two and mp three and ok
"""
MISTAKES = """
{HH AH0 XX}
[Nguyen](W IH1 Q)
[pause:abc]
[pace:20]
{HH AH0 L OW9}
[hello](HH AH0 L OW7)
[pause:]
[pause:-1]
[pace:fast]
{W IH1 N QQ}
[Lee](L II1)
{HH AH0, L OW1}
[Nguyen](W-IH1-N W IH1 N)
[Nguyen](/w₣n/)
[pause:31]
[pace:]
"""


def said(text):
    return re.findall(
        r"[\w']+", " ".join(utterance.text for utterance in FRONTEND.utterances(text)).lower().replace("-", " ")
    )


@pytest.mark.parametrize(("text", "words"), [row.split(" =>") for row in ROWS.strip().splitlines()])
def test_brackets_that_hold_no_phonemes_are_text(text, words):
    assert said(text) == words.split()


@pytest.mark.parametrize("text", MISTAKES.strip().splitlines())
def test_a_typing_error_in_markup_is_named_in_one_line(text):
    with pytest.raises(PngnatError) as caught:
        said(f"Hello {text} there")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("[Nguyen](N W IH1 N)", "N W IH1 N"),
        ("[Nguyen](/nwɪn/)", "N W IH1 N"),
        ("[Lee](/li/)", "L IY1"),
        ("{SH}", "SH"),
        ("{hh ah0 l ow1}", "HH AH0 L OW1"),
        ("{HH AH L OW}", "HH AH0 L OW0"),
        ("[Kokoro](/kˈOkəɹO/)", "K OW1 K ER0 OW0"),
    ],
)
def test_phonemes(text, phonemes):
    (utterance,) = FRONTEND.utterances(text)
    assert utterance.phonemes == phonemes


@pytest.mark.parametrize(
    ("ipa", "phonemes"),
    [
        ("ˈwɪnstən", "W IH1 N S T AH0 N"),
        ("təˈmeɪtoʊ", "T AH0 M EY1 T OW0"),
        ("t͡ʃɜːrtʃ", "CH ER1 CH"),
        ("ˈdʒʌdʒ", "JH AH1 JH"),
        ("ˈbɑtl̩", "B AA1 T AH0 L"),
        ("ˈbʌtn̩", "B AH1 T AH0 N"),
        ("ˌmɪsɪˈsɪpi", "M IH2 S IH0 S IH1 P IY0"),
        ("ðə", "DH AH0"),
        ("fɑðɚ", "F AA1 DH ER0"),
        ("ˈfɑːðə˞", "F AA1 DH ER0"),
        ("ˈhɪst(ə)ɹi", "HH IH1 S T AH0 R IY0"),
        ("aɪ ˈskɹiːm", "AY0 S K R IY1 M"),
        ("haʊ", "HH AW1"),
        ("tɔɪ", "T OY1"),
        ("juː", "Y UW1"),
        ("ˈvɪʒən", "V IH1 ZH AH0 N"),
        ("θɪŋk", "TH IH1 NG K"),
        ("kæt", "K AE1 T"),
        ("bed", "B EH1 D"),
        ("kɔɹ", "K AO1 R"),
        ("fʊt", "F UH1 T"),
        ("ɡoʊ.ɪŋ", "G OW1 IH0 NG"),
        ("nɪə", "N IY1 AH0"),
        ("heə", "HH EH1 R"),
        ("ˈwɔt̬ɚ", "W AO1 T ER0"),
    ],
)
def test_ipa(ipa, phonemes):
    assert " ".join(parse_ipa(ipa)) == phonemes


@pytest.mark.parametrize(
    ("ipa", "named"), [("wɪ₣", "french franc"), ("bɔ̃", "combining tilde"), ("ɓa", "b with hook"), ("ˈ", "no sound")]
)
def test_an_unknown_ipa_symbol_is_named(ipa, named):
    with pytest.raises(PngnatError, match=named):
        parse_ipa(ipa)


@given(st.text(alphabet="pbtdkɡfvθðszʃʒhmnŋlɹwjæɑɔɛɪiʊuʌəɝɚeoaˈˌː.̩͡", max_size=30))
def test_any_ipa_gives_phonemes_or_a_clear_error(ipa):
    try:
        assert set(parse_ipa(ipa)) <= set(PHONEMES)
    except PngnatError as error:
        assert "\n" not in str(error)
