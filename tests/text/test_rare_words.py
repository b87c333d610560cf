"""What becomes of misaki's dictionary; that the file made from it is sound, see test_sorted_lines.py."""

import runpy
from pathlib import Path

import pytest

RECIPE = runpy.run_path(str(Path(__file__).parents[2] / "recipes" / "rare_words.py"))


@pytest.mark.parametrize(
    ("misaki", "phonemes"),
    [
        ("vəvˈæsəɾi", "V AH0 V AE1 S AH0 T IY0"),
        ("hˈOlli", "HH OW1 L IY0"),
        ("ɹˈɑtʃˌʌstəɹ", "R AA1 CH AH2 S T ER0"),
        ("bətɹˈOðᵊl", "B AH0 T R OW1 DH AH0 L"),
        ("dˈɜɹbiʃˌɪɹ", "D ER1 B IY0 SH IH2 R"),
        ("hˌIpəɹɹˈiᵊl", "HH AY2 P ER0 R IY1 AH0 L"),
        ("dˈɑdˌɑɪst", "D AA1 D AA2 IH0 S T"),
        ("ʃˌænt", "SH AE1 N T"),
    ],
)
def test_the_dictionary_in_arpabet(misaki, phonemes):
    assert RECIPE["arpabet"](misaki) == phonemes


def test_rare_words_exclude_cmudict_and_abbreviations():
    entries = {
        "Zibble": "zˈIbᵊl",
        "zibble": {"DEFAULT": "zˈɪbᵊl", "VERB": "zˈIbᵊl"},
        "hello": "həlˈO",
        "ZBL": "zˈɪbᵊl",
        "zobbled": {"DEFAULT": None},
    }
    assert RECIPE["pronunciations"](entries) == {"zibble": "Z IH1 B AH0 L"}
