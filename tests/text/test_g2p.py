"""Single words: dictionary, initialisms, derivation, unknown words, and the user's lexicon."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.errors import PngnatError
from pngnat.text.frontend import Frontend
from pngnat.text.g2p import Pronouncer
from pngnat.text.lexicon import load_lexicon, parse_phonemes
from pngnat.text.oov import WEIGHTS, oov_network
from pngnat.text.phonemes import PHONEMES, VOWELS

PRONOUNCER = Pronouncer()


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("hello", "HH AH0 L OW1"),
        ("don't", "D OW1 N T"),
        ("I", "AY1"),
        ("B", "B IY1"),
        ("FBI", "EH1 F B IY1 AY1"),
        ("FBI's", "EH1 F B IY1 AY1 Z"),
        ("CDs", "S IY1 D IY1 Z"),
        ("US", "Y UW1 EH1 S"),
        ("us", "AH1 S"),
        ("NASA", "N AE1 S AH0"),
        ("JSON", "JH EY1 S AH0 N"),
        ("TikTok", "T IH1 K T AA2 K"),
        ("Siobhan's", "SH IH0 V AO1 N Z"),
        ("STOP", "S T AA1 P"),
        ("HTML", "EY1 CH T IY1 EH1 M EH1 L"),
        ("laptops", "L AE1 P T AA2 P S"),
        ("microphone's", "M AY1 K R AH0 F OW2 N Z"),
        ("smartwatches", "S M AA1 R T W AA0 CH IH0 Z"),
        ("unfriended", "AH2 N F R EH1 N D IH0 D"),
        ("Vivacity's", "V AH0 V AE1 S AH0 T IY0 Z"),
        ("shan't", "SH AE1 N T"),
        ("sooo", "S OW1"),
        ("Coool", "K UW1 L"),
        ("heyyy", "HH EY1"),
        ("pleeease", "P L IY1 Z"),
        ("grrrr", "G ER1"),
        ("css", "S IY1 EH1 S EH1 S"),
        ("FLONG", "EH1 F EH1 L OW1 EH1 N JH IY1"),
        ("iPhone", "AY1 F OW2 N"),
        ("re-enter", "R IY0 EH1 N T ER0"),
        ("café", "K AH0 F EY1"),
    ],
)
def test_words(word, phonemes):
    assert same(PRONOUNCER.word(word)) == same(phonemes.split())


def same(phonemes):
    """The reduced vowel is written AH0 or IH0 in CMUdict, without a rule."""
    return [phoneme.replace("IH0", "AH0") for phoneme in phonemes]


def test_variants():
    variants = PRONOUNCER.variants("tomato")
    assert tuple("T AH0 M EY1 T OW2".split()) in variants and tuple("T AH0 M AA1 T OW2".split()) in variants
    assert PRONOUNCER.word("tomato") == variants[0]


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_letters_have_a_pronunciation(word):
    phonemes = PRONOUNCER.word(word)
    assert phonemes and set(phonemes) <= set(PHONEMES)


def test_network_agrees_with_g2p_en():
    assert oov_network()("activationist") == tuple("AE2 K T IH0 V EY1 SH AH0 N IH0 S T".split())
    assert oov_network()("blorptastic") == tuple("B L AO2 R P T AE1 S T IH0 K".split())


def test_the_weights_are_those_of_g2p_en():
    spec = importlib.util.find_spec("g2p_en")
    if spec is None:
        pytest.skip("needs the package g2p-en")
    with np.load(Path(spec.submodule_search_locations[0]) / "checkpoint20.npz") as theirs, np.load(WEIGHTS) as ours:
        assert set(theirs.files) == set(ours.files)
        assert all(np.array_equal(theirs[name], ours[name]) for name in ours.files)


def test_network_cost_is_bounded():
    started = time.process_time()
    oov_network()("qzxv" * 1000)
    assert time.process_time() - started < 5


def test_stress_may_be_left_out():
    assert parse_phonemes("k ae t") == ("K", "AE1", "T")
    assert parse_phonemes("B AH N AE1 N AH") == ("B", "AH0", "N", "AE1", "N", "AH0")
    assert {f"{vowel}1" for vowel in VOWELS} <= set(PHONEMES)


def test_lexicon(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(
        "# names\n;;; old style\npngnat  P IY1 N AE2 T # a comment\nLOUISE\tL UW0 IY1 Z\nLouise(2) L UW1 IH0 S\n\n",
        encoding="utf-8",
    )
    lexicon = load_lexicon(path)
    assert lexicon == {"pngnat": ("P", "IY1", "N", "AE2", "T"), "louise": ("L", "UW0", "IY1", "Z")}
    frontend = Frontend(lexicon)
    assert frontend.pronouncer.word("PNGNAT") == lexicon["pngnat"]
    assert next(frontend.utterances("Hello Louise!")).words[1].phonemes == lexicon["louise"]


@pytest.mark.parametrize(
    ("content", "line"), [("a AH0\nb QQ1\n", "line 2"), ("word\n", "line 1"), ("\n\nx Y Y9", "line 3")]
)
def test_lexicon_errors_name_the_line(tmp_path, content, line):
    path = tmp_path / "wrong.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PngnatError, match=line):
        load_lexicon(path)


def test_lexicon_that_cannot_be_read(tmp_path):
    with pytest.raises(PngnatError, match="cannot be read"):
        load_lexicon(tmp_path / "missing.txt")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PngnatError, match="UTF-8"):
        load_lexicon(tmp_path / "bytes.txt")
