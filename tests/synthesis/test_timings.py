import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pngnat.errors import PngnatError
from pngnat.synthesis.speech import Speech
from pngnat.synthesis.timings import TimedPhoneme, TimedWord, Timings, read_timings

textgrid = pytest.importorskip("praatio.textgrid")


def speech(seconds: float = 1.0) -> Speech:
    phonemes = [
        TimedPhoneme("[CLS]", 0.0, 0.1),
        TimedPhoneme("AY1", 0.1, 0.3, 0),
        TimedPhoneme(" ", 0.3, 0.3),
        TimedPhoneme("AE1", 0.3, 0.45, 1),
        TimedPhoneme("M", 0.45, 0.6, 1),
        TimedPhoneme('"', 0.6, seconds),
    ]
    words = [TimedWord("I", 0.1, 0.3), TimedWord("am", 0.3, 0.6, '." ')]
    return Speech(
        np.zeros(round(24000 * seconds), np.float32), 24000, 'I am."', words, phonemes, ["a 🙂"], "stub", "ada"
    )


def two() -> Timings:
    timings = Timings()
    timings.add(speech().timings)
    timings.add(speech(0.8).timings)
    return timings


def test_json_says_everything(tmp_path):
    two().write(tmp_path / "a.json")
    data = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert data["voice"] == "stub" and data["speaker"] == "ada" and data["duration"] == 1.8
    assert data["text"] == 'I am." I am."' and data["skipped"] == ["a 🙂", "a 🙂"]
    assert [word["text"] for word in data["words"]] == ["I", "am", "I", "am"]
    assert data["words"][2] == {"text": "I", "marks": "", "start": 1.1, "end": 1.3}
    assert data["phonemes"][7] == {"symbol": "AY1", "word": 2, "start": 1.1, "end": 1.3}


def test_textgrid_has_the_format_of_praat(tmp_path):
    two().write(tmp_path / "a.TextGrid")
    grid = textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), includeEmptyIntervals=True)
    assert grid.tierNames == ("words", "phonemes") and grid.maxTimestamp == 1.8
    phonemes = grid.getTier("phonemes").entries
    assert [entry.label for entry in phonemes[:5]] == ["[CLS]", "AY1", "AE1", "M", '"']
    assert all(first.end == second.start for first, second in pairwise(phonemes))
    assert phonemes[0].start == 0 and phonemes[-1].end == 1.8
    assert [entry.label for entry in grid.getTier("words").entries if entry.label] == ["I", "am", "I", "am"]


def test_a_textgrid_that_praatio_wrote_can_be_read(tmp_path):
    two().write(tmp_path / "a.TextGrid")
    grid = textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), includeEmptyIntervals=True)
    for form in ("long_textgrid", "short_textgrid"):
        grid.save(str(tmp_path / "b.TextGrid"), format=form, includeBlankSpaces=True)
        spans = read_timings(tmp_path / "b.TextGrid").spans
        assert [span.label for span in spans[:3]] == ["[CLS]", "AY1", "AE1"]
        assert np.allclose([span.seconds for span in spans[:3]], [0.1, 0.2, 0.15])


def test_subtitles(tmp_path):
    two().write(tmp_path / "a.srt")
    cues = (tmp_path / "a.srt").read_text(encoding="utf-8").split("\n\n")
    assert cues[0].splitlines() == ["1", "00:00:00,100 --> 00:00:00,600", 'I am."']
    assert cues[1].splitlines() == ["2", "00:00:01,100 --> 00:00:01,600", 'I am."']


def test_long_sentences_become_several_subtitles():
    words = [TimedWord(f"word{n}", float(n), n + 0.5) for n in range(40)]
    timings = Timings(words=words, duration=40.0)
    lines = [line for line in timings.to_srt().splitlines() if "word" in line]
    assert len(lines) > 3 and all(len(line) <= 80 for line in lines)
    assert " ".join(lines).split() == [word.text for word in words]


@pytest.mark.parametrize("ending", [".json", ".TextGrid"])
def test_written_timings_are_read_back(tmp_path, ending):
    two().write(tmp_path / f"a{ending}")
    file = read_timings(tmp_path / f"a{ending}")
    assert not file.of_words
    sounding = [(span.label, round(span.seconds, 6)) for span in file.spans if span.seconds]
    assert sounding == [(p.symbol, round(p.duration, 6)) for p in two().phonemes if p.duration]


LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)


@example([(" ", 1)])
@given(
    st.lists(st.tuples(LABELS, st.integers(0, 3000)), min_size=1, max_size=20).filter(
        lambda rows: sum(row[1] for row in rows)
    )
)
def test_any_label_survives_a_textgrid(tmp_path_factory, rows):
    phonemes, now = [], 0.0
    for label, milliseconds in rows:
        phonemes.append(TimedPhoneme(label, now, now + milliseconds / 1000))
        now = phonemes[-1].end
    path = tmp_path_factory.mktemp("grid") / "a.TextGrid"
    Timings(phonemes=phonemes, duration=now).write(path)
    spans = read_timings(path).spans
    assert [span.label for span in spans] == [label for label, milliseconds in rows if milliseconds]
    assert np.allclose([span.seconds for span in spans], [p.duration for p in phonemes if p.duration], atol=2e-6)


def test_words_alone_are_durations_of_words(tmp_path):
    two().write(tmp_path / "a.json")
    data = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    del data["phonemes"]
    (tmp_path / "b.json").write_text(json.dumps(data), encoding="utf-8")
    file = read_timings(tmp_path / "b.json")
    assert file.of_words and [span.label for span in file.spans] == ["I", "am", "I", "am"]


def test_utf16_as_praat_writes_it(tmp_path):
    (tmp_path / "a.TextGrid").write_bytes(b"\xff\xfe" + two().to_textgrid().encode("utf-16-le"))
    assert len(read_timings(tmp_path / "a.TextGrid").spans) == 10


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.json", "not json"),
        ("a.json", "[1, 2]"),
        ("a.json", '{"phonemes": [{"symbol": "A"}]}'),
        ("a.json", '{"phonemes": [{"symbol": "A", "start": 1, "end": 0.5}]}'),
        ("a.json", '{"phonemes": [{"symbol": "A", "start": 0, "end": NaN}]}'),
        ("a.json", '{"phonemes": [], "words": []}'),
        ("a.json", "[" * 100_000),
        ("a.TextGrid", ""),
        ("a.TextGrid", "hello"),
        (
            "a.TextGrid",
            'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 1\ntiers? <exists>\nsize = 2\n',
        ),
        ("a.srt", "1"),
    ],
)
def test_damaged_files_are_one_clear_error(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(PngnatError, match=name):
        read_timings(tmp_path / name)


def test_missing_file(tmp_path):
    with pytest.raises(PngnatError, match="cannot be read"):
        read_timings(tmp_path / "none.json")


def test_unknown_ending(tmp_path):
    with pytest.raises(PngnatError, match="TextGrid"):
        two().write(tmp_path / "a.xml")
