"""SSML: each tag becomes what it asks for, is named, or is refused."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.ssml import is_ssml, read_ssml

FRONTEND = Frontend()


def read(body):
    skipped = []
    return list(FRONTEND.utterances(f"<speak>{body}</speak>", skipped.append)), skipped


def only(body):
    (utterance,), skipped = read(body)
    assert not skipped
    return utterance


@pytest.mark.parametrize(
    ("text", "ssml"),
    [
        ("<speak>Hi</speak>", True),
        ('\ufeff\n<?xml version="1.0"?>\n<!-- hello -->\n<speak version="1.1">Hi</speak>', True),
        ("<!DOCTYPE speak PUBLIC 'x' 'y'><speak>Hi</speak>", True),
        ("<speaker>Hi</speaker>", False),
        ("Say <speak>", False),
        ("<p>Hi</p>", False),
    ],
)
def test_ssml_is_known_by_its_root(text, ssml):
    assert is_ssml(text) == ssml


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hello world.", "Hello world."),
        ("One &amp; two &lt; three, caf&eacute;", "One and two is less than three, café"),
        ('The <sub alias="World Wide Web Consortium">W3C</sub>.', "The World Wide Web Consortium."),
        ('<say-as interpret-as="characters">ABC-1</say-as>', "A B C dash one"),
        ('<say-as interpret-as="spell-out">cat</say-as>', "C A T"),
        ('<say-as interpret-as="cardinal">1,234</say-as>', "one thousand two hundred thirty four"),
        ('<say-as interpret-as="ordinal">5</say-as> Avenue', "fifth Avenue"),
        ('<say-as interpret-as="digits">2024</say-as>', "two zero two four"),
        ('<say-as interpret-as="telephone">555-0100</say-as>', "five five five, zero one zero zero"),
        ('<say-as interpret-as="date" format="mdy">9/10/2020</say-as>', "September tenth, twenty twenty"),
        ('<say-as interpret-as="date" format="dmy">9.10.2020</say-as>', "October ninth, twenty twenty"),
        ('<say-as interpret-as="date" format="yyyymmdd">2020-09-10</say-as>', "September tenth, twenty twenty"),
        ('<say-as interpret-as="date" format="md">12/25</say-as>', "December twenty fifth"),
        ('<w role="amazon:VB">read</w>', "read"),
        ("<metadata><a>secret</a></metadata>Hello", "Hello"),
        ("R&D, 1 <3 <w>x</w>", "R and D, one is less than three x"),
        ("<![CDATA[a < b]]> &amp; c", "A is less than b and c"),
        ('<say-as interpret-as="cardinal">3.14</say-as>', "three point one four"),
        ('<say-as interpret-as="ordinal">21st</say-as>', "twenty first"),
        ('<say-as interpret-as="time" format="hms12">2:30pm</say-as>', "two thirty PM"),
        ('<say-as interpret-as="currency">$42.01</say-as>', "forty two dollars and one cent"),
        ('<say-as interpret-as="fraction">3/20</say-as>', "three twentieths"),
        ('<say-as interpret-as="unit">10 km</say-as>', "ten kilometers"),
        ('<say-as interpret-as="date" format="my">5/2020</say-as>', "May twenty twenty"),
        ("$5 <w>million</w>", "five million dollars"),
        ("<prosody rate='slow'>Fine</prosody>.", "Fine."),
    ],
)
def test_tags_change_the_spoken_text(body, text):
    assert only(body).text == text


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ("", 0.75),
        ("time='500ms'", 0.5),
        ("time='1.5s'", 1.5),
        ("time='+2s'", 2),
        ("strength='none'", 0),
        ("strength='x-strong'", 1.25),
    ],
)
def test_breaks(attributes, seconds):
    assert only(f"Wait <break {attributes}/> there.").boundaries[1].pause == seconds


@pytest.mark.parametrize(
    ("rate", "pace"),
    [("slow", 0.64), ("x-fast", 2), ("150%", 1.5), ("+20%", 1.2), ("-50%", 0.5), ("0.8", 0.8), ("medium", None)],
)
def test_rates(rate, pace):
    boundaries = only(f"I <prosody rate='{rate}'>go</prosody> on").boundaries
    assert boundaries[1].pace == pace and boundaries[2].pace == (pace and 1)


@pytest.mark.parametrize(
    ("pitch", "semitones"),
    [("+2st", 2), ("-3.5st", -3.5), ("+10%", 1.65004), ("low", -3.86314), ("110%", 1.65004), ("medium", None)],
)
def test_pitches(pitch, semitones):
    boundaries = only(f"I <prosody pitch='{pitch}'>go</prosody> on").boundaries
    assert boundaries[1].pitch == semitones and boundaries[2].pitch == (semitones and 0)


def test_prosody_inside_prosody():
    boundaries = only(
        "I <prosody rate='80%' pitch='+2st'>go <prosody rate='+50%' pitch='+1st'>far</prosody> on</prosody> now"
    ).boundaries
    assert [boundary.pace for boundary in boundaries] == [None, 0.8, 1.2, 0.8, 1.0, None]
    assert [boundary.pitch for boundary in boundaries] == [None, 2, 3, 2, 0, None]


@pytest.mark.parametrize(
    ("tag", "phonemes"),
    [
        ("alphabet='ipa' ph='təˈmɑːtoʊ'", "T AH0 M AA1 T OW0"),
        ("ph='təˈmeɪ.toʊ'", "T AH0 M EY1 T OW0"),
        ("alphabet='cmu-arpabet' ph='T AH0 M EY1 T OW0'", "T AH0 M EY1 T OW0"),
        ("alphabet='x-arpabet' ph='T AH0 M EY1 T OW0'", "T AH0 M EY1 T OW0"),
    ],
)
def test_phonemes(tag, phonemes):
    word = only(f"Eat <phoneme {tag}>tomato</phoneme>.").words[1]
    assert (word.text, " ".join(word.phonemes)) == ("tomato", phonemes)


def test_sentences_and_paragraphs():
    found, _ = read("<p><s>One <break/></s><s>Two</s></p>\n <p>Three</p>\n four")
    assert [(utterance.text, utterance.ends_paragraph) for utterance in found] == [
        ("One.", False),
        ("Two.", True),
        ("Three", True),
        ("four", True),
    ]


def test_marks_know_how_far_into_a_pause_they_are():
    boundaries = only(
        "<mark name='a'/>Go <break time='1s'/><mark name='b'/><break time='1s'/> on<mark name='it]s c'/>"
    ).boundaries
    assert [[(place.name, place.after) for place in boundary.places] for boundary in boundaries] == [
        [("a", 0)],
        [("b", 1)],
        [("it_s c", 0)],
    ]


def test_unsupported_tags_are_reported_once():
    body = (
        "<emphasis>Very</emphasis> <emphasis>good</emphasis> <amazon:effect name='x'>news</amazon:effect> <prosody "
        "volume='loud'>here"
        "</prosody> <say-as interpret-as='magic'>now</say-as> <audio src='a.wav'>bang<desc>a bang</desc></audio> "
        "<prosody pitch='200Hz'>flat</prosody> <phoneme alphabet='x-sampa' ph='o'>out</phoneme>"
    )
    (utterance,), skipped = read(body)
    assert utterance.text == "Very good news here now bang flat out"
    named = ("<emphasis>", "<amazon:effect>", "volume=", "magic", "<audio>", "pitch=", "x-sampa")
    assert len(skipped) == len(named) and all(name in line for name, line in zip(named, skipped, strict=True))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("<speak>broken <b></speak>", "line 1"),
        ("<speak>", "no element|well-formed"),
        ("<speak>&unknown;</speak>", "undefined entity"),
        ("<speak><break time='soon'/></speak>", "soon"),
        ("<speak><break time='1h'/></speak>", "500ms"),
        ("<speak><break time='31s'/></speak>", "30"),
        ("<speak><prosody rate='900%'>x</prosody></speak>", "rate"),
        ("<speak><prosody pitch='+13st'>x</prosody></speak>", "octave"),
        ("<speak><phoneme alphabet='x-arpabet' ph='W QQ N'>x</phoneme></speak>", "QQ"),
        ("<speak><phoneme ph='w₣n'>x</phoneme></speak>", "french franc"),
        ("<speak><phoneme>x</phoneme></speak>", "no sound"),
        ('<!DOCTYPE speak [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><speak>&b;</speak>', "entities"),
        ('<!DOCTYPE speak [<!ENTITY a SYSTEM "file:///etc/passwd">]><speak>&a;</speak>', "entities"),
        ('<?xml version="1.0" encoding="utf-7"?><speak>Hi</speak>', ""),
    ],
)
def test_errors_are_one_line(text, named):
    try:
        list(FRONTEND.utterances(text))
    except PngnatError as error:
        assert "\n" not in str(error)
        assert not named or any(part in str(error) for part in named.split("|"))
    else:
        assert not named


def test_ssml_argument_takes_precedence_over_the_root():
    with pytest.raises(PngnatError, match="<speak>"):
        list(FRONTEND.utterances("<p>Hi</p>", ssml=True))
    assert next(FRONTEND.utterances("<speak>Hi</speak>", ssml=False)).text == "Hi"


# The examples of the W3C's recommendation (SSML 1.1), shortened.
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<p><s>You have 4 new messages.</s><s>The first is from Stephanie Williams and arrived at <break/> "
            "3:45pm.</s>"
            "<s>The subject is <prosody rate='-20%'>ski trip</prosody></s></p>",
            "You have four new messages The first is from Stephanie Williams and arrived at three forty five PM The "
            "subject is ski trip",
        ),
        ("<phoneme alphabet='ipa' ph='t&#x259;mei&#x325;&#x27E;ou&#x325;'> tomato </phoneme>", "tomato"),
        (
            "Take a deep breath <break/> then continue. Press 1 or wait for the tone. <break time='3s'/> I didn't "
            "hear you!",
            None,
        ),
        ("The price of XYZ is <prosody rate='90%'>$45</prosody>", "The price of XYZ is forty five dollars"),
        ("<sub alias='World Wide Web Consortium'>W3C</sub>", "World Wide Web Consortium"),
    ],
)
def test_the_examples_of_the_recommendation(body, text):
    found, skipped = read(body)
    assert not skipped and found
    if text:
        assert " ".join(word.text for utterance in found for word in utterance.words).upper() == text.upper()


PLAIN = st.lists(
    st.sampled_from('The cat paid $5 , and 3.5 km . Dr. Lee said: "no" ! \n - milk'.split(" ")), max_size=12
).map(" ".join)


@given(PLAIN)
def test_speak_tag_alone_does_not_change_plain_text(text):
    assert list(FRONTEND.utterances(f"<speak>{text}</speak>")) == list(FRONTEND.utterances(text.strip()))


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<s>", "</s>", "<break/>", "x", " ", "&amp;", "<a:b>", "</a:b>", "<mark/>", "]", "["]
        )
    )
)
def test_any_document_is_read_or_refused(parts):
    try:
        read_ssml("<speak>" + "".join(parts) + "</speak>")
    except PngnatError as error:
        assert "\n" not in str(error)


def test_a_deep_document_takes_time_in_proportion():
    started = time.process_time()
    depth = 50_000
    try:
        read_ssml("<speak>" + "<p>x" * depth + "</p>" * depth + "</speak>")
    except PngnatError:
        pass
    assert time.process_time() - started < 20
