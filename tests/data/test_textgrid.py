from dataclasses import replace

import pytest

from pngnat.data.segments import Phone, token_segments
from pngnat.data.textgrid import read_textgrid, write_textgrid
from pngnat.errors import PngnatError
from pngnat.text.utterance import Boundary, Utterance, Word

UTTERANCE = Utterance(
    (Word("Read", ("R", "IY1", "D")), Word("it", ("IH1", "T"))),
    (Boundary(), Boundary(", "), Boundary(".")),
)
PHONES = [Phone(0, "R", 0.1, 0.2), Phone(0, "IY1", 0.2, 0.35), Phone(0, "D", 0.35, 0.4), Phone(1, "IH1", 0.6, 0.7), Phone(1, "T", 0.7, 0.8)]
SEGMENTS = token_segments(UTTERANCE, PHONES, 0.9)


def test_what_is_written_is_read(tmp_path):
    write_textgrid(tmp_path / "a.TextGrid", UTTERANCE, SEGMENTS)
    utterance, segments = read_textgrid(tmp_path / "a.TextGrid", UTTERANCE)
    assert utterance == UTTERANCE
    assert [s.symbol for s in segments] == [s.symbol for s in SEGMENTS]
    assert [s.duration for s in segments] == pytest.approx([s.duration for s in SEGMENTS], abs=1e-6)


def rewritten(tmp_path, *replacements):
    write_textgrid(tmp_path / "a.TextGrid", UTTERANCE, SEGMENTS)
    text = (tmp_path / "a.TextGrid").read_text()
    for old, new in replacements:
        assert f'"{old}"' in text
        text = text.replace(f'"{old}"', f'"{new}"')
    (tmp_path / "a.TextGrid").write_text(text)
    return tmp_path / "a.TextGrid"


def test_another_pronunciation_is_taken_over(tmp_path):
    utterance, segments = read_textgrid(rewritten(tmp_path, ("IY1", "EH1")), UTTERANCE)
    assert utterance.words[0].phonemes == ("R", "EH1", "D") and segments[2].symbol == "EH1"


def test_phones_without_stress_get_it(tmp_path):
    assert read_textgrid(rewritten(tmp_path, ("IY1", "IY"), ("IH1", "IH")), UTTERANCE)[0] == UTTERANCE
    spoken = read_textgrid(rewritten(tmp_path, ("IY1", "EH")), UTTERANCE)[0]
    assert spoken.words[0].phonemes == ("R", "EH1", "D")


def test_silences_have_many_names(tmp_path):
    other = replace(UTTERANCE, words=(Word("sil", ("R", "IY1", "D")), UTTERANCE.words[1]))
    write_textgrid(tmp_path / "a.TextGrid", other, token_segments(other, PHONES, 0.9))
    with pytest.raises(PngnatError, match="word 1 is 'it', where the text has 'read'"):
        read_textgrid(tmp_path / "a.TextGrid", UTTERANCE)


def test_what_does_not_fit_is_named(tmp_path):
    with pytest.raises(PngnatError, match="no such file"):
        read_textgrid(tmp_path / "b.TextGrid", UTTERANCE)
    (tmp_path / "b.TextGrid").write_text("not a grid")
    with pytest.raises(PngnatError, match="b.TextGrid"):
        read_textgrid(tmp_path / "b.TextGrid", UTTERANCE)
    with pytest.raises(PngnatError, match="'XX' in the word 'Read'"):
        read_textgrid(rewritten(tmp_path, ("IY1", "XX")), UTTERANCE)
