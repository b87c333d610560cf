"""What will be said, without a voice."""

import subprocess
import sys

import pytest

import pngnat
from pngnat.errors import PngnatError


def test_sentences_words_and_phonemes():
    said = pngnat.phonemize("Dr. Lee paid $5. [pause:0.5] It was [pitch:2]fine.\n\nBye 😀")
    assert said.text == "Doctor Lee paid five dollars. It was fine.\nBye"
    assert [len(sentence.words) for sentence in said.sentences] == [5, 3, 1]
    assert said.sentences[0].words[0].phonemes == ("D", "AA1", "K", "T", "ER0")
    assert len(said.skipped) == 1
    lines = str(said).splitlines()
    assert lines[0] == "Doctor Lee paid five dollars." and lines[1].split() == ["Doctor", "D", "AA1", "K", "T", "ER0"]
    assert "    [pause:0.5]" in lines and "    [pitch:2]" in lines


def test_the_lexicon_wins(tmp_path):
    lexicon = tmp_path / "words.txt"
    lexicon.write_text("nguyen  N W IH1 N\n")
    for given in ({"nguyen": ("N", "W", "IH1", "N")}, lexicon):
        assert pngnat.phonemize("Nguyen", given).sentences[0].phonemes == "N W IH1 N"


@pytest.mark.parametrize("text", ["", "...", "😀"])
def test_nothing_to_say(text):
    with pytest.raises(PngnatError, match="nothing in the text"):
        pngnat.phonemize(text)


def test_the_command_prints_them_and_loads_no_torch():
    code = (
        "import sys; from pngnat.cli.main import main; "
        "code = main(['--phonemes', 'Hello', 'there.']); assert 'torch' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Hello there.", "    Hello  HH AH0 L OW1", "    there  DH EH1 R"]


def test_the_command_goes_with_no_sound():
    from pngnat.cli.main import main

    assert main(["--phonemes", "Hello", "-o", "a.wav"]) == 2
