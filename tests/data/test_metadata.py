"""metadata.csv in the shapes that corpora have it: each is understood, or refused with the line and the reason."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pngnat.data.metadata import read_metadata
from pngnat.data.sources import read_folder
from pngnat.errors import PngnatError

TEXTS = ["Hello there, my friends.", "How are you today?", "It was cold."]


def make(folder, metadata, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    data = metadata if isinstance(metadata, bytes) else metadata.encode()
    (folder / "metadata.csv").write_bytes(data)
    return folder


WAVS = ("wavs/0.wav", "wavs/1.wav", "wavs/2.wav")


@pytest.mark.parametrize(
    "lines",
    [
        ["{0}|{t}"],
        ["wavs/{0}.wav|{t}|ann"],
        ["{0}|ann|{t}"],
        ["{0}|{t}|"],
        ["{0}|{t}||"],
        ["audio_file|text|speaker_name", "wavs/{0}.wav|{t}|ann"],
        ["ID|Speaker|Text", "{0}|ann|{t}"],
        ["id|raw|normalized", "{0}|XX|{t}"],
        ["id|text|normalized_text", "{0}|{t}|"],
        ["client_id\tpath\tsentence\tup_votes", "ann\t{0}.wav\t{t}\t2"],
        ["file_name,transcription", 'wavs/{0}.wav,"{t}"'],
        ["text,audio", '"{t}",wavs/{0}.wav'],
        ['"wavs/{0}.wav","{t}"'],
        ['"wavs/{0}.wav"|"{t}"'],
        ['"wavs/{0}.wav"|"{t}"|"ann"'],
        ["wavs/{0}.wav\t{t}"],
        ["{t}|wavs/{0}.wav"],
        ["./wavs\\{0}.wav|{t}"],
        ["/home/me/wavs/{0}.wav|{t}"],
        ["C:\\rec\\wavs\\{0}.wav|{t}"],
        ["{0}|ann|train|{t}"],
        ["number|id|path|text|speaker", "7|x{0}|wavs/{0}.wav|{t}|ann"],
        ["Audio File\tTranscript\tAge", "{0}\t{t}\t40"],
        ["{0} | {t} "],
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_shapes_that_are_understood(tmp_path, lines, end):
    *header, line = lines
    rows = [line.replace("{0}", str(number)).replace("{t}", text) for number, text in enumerate(TEXTS)]
    sources, skipped = read_folder(make(tmp_path, end.join([*header, *rows]) + end, *WAVS), "ann")
    assert not skipped
    assert [source.text for source in sources] == TEXTS
    assert [source.path for source in sources] == [tmp_path / name for name in WAVS]
    assert {source.speaker for source in sources} == {"ann"}


def test_speakers_are_kept(tmp_path):
    metadata = "wavs/0.wav|Hello there.|ann\nwavs/1.wav|How are you?|bob\nwavs/2.wav|Fine.|ann\n"
    sources, _ = read_folder(make(tmp_path, metadata, *WAVS))
    assert [(source.text, source.speaker) for source in sources] == [
        ("Hello there.", "ann"),
        ("How are you?", "bob"),
        ("Fine.", "ann"),
    ]


def test_two_spellings_of_a_text(tmp_path):
    metadata = "0|Dr. Lee paid $5.|Doctor Lee paid five dollars.\n1|It was 5 pm.|It was five p m.\n2|Short.|\n"
    sources, _ = read_folder(make(tmp_path, metadata, *WAVS))
    assert [source.text for source in sources] == ["Doctor Lee paid five dollars.", "It was five p m.", "Short."]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ("0|yes|ann\n1|no|bob\n2|yes|ann\n", "line 1: it is not clear which column is the text"),
        ("0|Hello there.|Good morning all.\n1|Cold day.|How are you?\n", "line 1: it is not clear which column"),
        ("0|a|b|Hello there.\n1|a|b|How are you?\n", "line 1: it is not clear what the 4 columns are"),
        ("0|1|2|3|Hello.\n", "5 columns"),
        ("0|Hello there.|2.5\n1|How are you?|3.1\n", "line 1: it is not clear"),
        ("0|Hello there.|həˈloʊ ðɛɹ\n1|How are you?|haʊ ɑɹ juː\n", "line 1: it is not clear"),
        ("0;Hello there.\n1;Fine.\n", "line 1: there is no `|`"),
        ("0,Hello there, my friends\n1,Oh, well\n", "line 1: .*commas"),
        ("text|speaker\nHello there.|ann\n", "line 1: names no column of sound files"),
        ("audio_file|speaker\n0|ann\n", "line 1: names no column of texts"),
        ('"0","Hello there\n"1","How are you?"\n', "line 1: .*quotation mark"),
        ("0 Hello there\n1 How are you\n", "line 1: there is no `|`"),
        ("0|Hello\n".encode("utf-16"), "UTF-16"),
        ("0|Hello\n".encode("utf-16-le"), "UTF-16"),
        ("0|Hello\n1|caf\xe9\n".encode("latin-1"), "line 2: is not UTF-8"),
    ],
)
def test_what_could_mean_two_things_is_refused(tmp_path, metadata, reason):
    with pytest.raises(PngnatError, match=reason) as caught:
        read_folder(make(tmp_path, metadata, *WAVS))
    assert "\n" not in str(caught.value)


def test_lines_end_at_newlines_alone(tmp_path):
    sources, skipped = read_folder(make(tmp_path, '\ufeff0|One\x85two\u2028three\x0bfour\n1|"Well," he said\n', *WAVS))
    assert not skipped and [source.text for source in sources] == ["One\x85two\u2028three\x0bfour", '"Well," he said']


@pytest.mark.parametrize("listed", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_accents_match_in_any_form(tmp_path, listed, stored):
    name = unicodedata.normalize(stored, "wavs/café.wav")
    sources, skipped = read_folder(make(tmp_path, unicodedata.normalize(listed, "café") + "|Hello there.\n", name))
    assert not skipped and sources[0].path == tmp_path / name and sources[0].id == "café"


def test_folders_and_endings_are_honoured(tmp_path):
    files = ("wavs/ann/001.wav", "wavs/bob/001.wav", "wavs/1.flac", "wavs/1.wav")
    metadata = (
        "ann/001|Hello there.\nbob/001|How are you?\n1.flac|Fine.\nwavs/1.wav|Well.\n"
        "cleo/001|No file.\n1.mp3|No file.\n1|Which?\n"
    )
    sources, skipped = read_folder(make(tmp_path, metadata, *files), "me")
    assert [source.path.relative_to(tmp_path).as_posix() for source in sources] == list(files)
    assert len({source.id for source in sources}) == 4
    assert [(item.id, item.reason.split(":")[0]) for item in skipped] == [
        ("cleo/001", "line 5"),
        ("1.mp3", "line 6"),
        ("1", "line 7"),
    ]
    assert "wavs/ann/001.wav" in skipped[0].reason


def test_formats_that_cannot_be_read_are_named(tmp_path):
    metadata = "a|Hello.\nb.aac|Hello.\nc|Hello.\nd|Hello.\n"
    sources, skipped = read_folder(
        make(tmp_path, metadata, "wavs/a.m4a", "wavs/b.aac", "wavs/c.wma", "wavs/d.m4a", "wavs/d.wav")
    )
    assert [source.path.name for source in sources] == ["d.wav"]
    assert [item.reason.split(": ")[1] for item in skipped] == [
        f"{Path(name).suffix} cannot be read; convert wavs/{name} to WAV or FLAC"
        for name in ("a.m4a", "b.aac", "c.wma")
    ]


def test_a_line_that_does_not_fit_is_named(tmp_path):
    sources, skipped = read_folder(make(tmp_path, "0|Hello | there.\n1|How are you?\n2|It was cold.\n", *WAVS))
    assert len(sources) == 2 and skipped[0].reason == "line 1: the line has 3 columns, where the others have 2"


def test_nothing_outside_the_folder_is_taken(tmp_path):
    (tmp_path / "secret.wav").touch()
    sources, skipped = read_folder(
        make(tmp_path / "corpus", "../secret.wav|Hello.\n/etc/passwd|Hello.\n", "wavs/0.wav")
    )
    assert not sources and len(skipped) == 2


@given(st.lists(st.text(alphabet='ab|,\t"\r\n \x85é', max_size=40), max_size=6))
def test_any_table_is_read_or_refused(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("table") / "metadata.csv"
    path.write_bytes("\n".join(lines).encode())
    try:
        rows, bad = read_metadata(path, lambda name: name == "a")
    except PngnatError as error:
        assert "\n" not in str(error).replace(str(path), "")
        return
    assert all(row.name and row.text for row in rows) and all(line.reason for line in bad)
