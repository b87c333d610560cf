import numpy as np
import pytest
import soundfile

from pngnat.data.public_corpora import read_public
from pngnat.errors import PngnatError


def sound(path, rate=16000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(rate), rate)


def ljspeech(folder):
    sound(folder / "wavs/LJ001-0001.wav", 22050)
    sound(folder / "wavs/LJ001-0002.wav", 22050)
    (folder / "metadata.csv").write_text(
        "LJ001-0001|In 1829.|In eighteen twenty-nine.\nLJ001-0002|Yes.|Yes.\nLJ001-0003|Lost.|Lost.\n"
    )


def test_ljspeech(tmp_path):
    ljspeech(tmp_path)
    sources, _ = read_public("ljspeech", tmp_path)
    assert [(s.id, s.text, s.speaker, s.split, s.duration) for s in sources] == [
        ("LJ001-0001", "In eighteen twenty-nine.", "ljspeech", "", None),
        ("LJ001-0002", "Yes.", "ljspeech", "", None),
    ]
    assert sources[0].path == tmp_path / "wavs/LJ001-0001.wav"


def test_a_damaged_file_stays_in_the_list(tmp_path):
    ljspeech(tmp_path)
    (tmp_path / "wavs/LJ001-0002.wav").write_bytes(b"no sound")
    sources, _ = read_public("ljspeech", tmp_path)
    assert [source.path for source in sources] == [tmp_path / "wavs/LJ001-0001.wav", tmp_path / "wavs/LJ001-0002.wav"]
    assert (tmp_path / "wavs/LJ001-0002.wav").read_bytes() == b"no sound", "the corpus itself is left alone"


@pytest.mark.parametrize("name", ["libritts", "librittsr"])
def test_libritts(tmp_path, name):
    for part, speaker in (("train-clean-100", "19"), ("dev-clean", "84"), ("test-clean", "121")):
        chapter = tmp_path / part / speaker / "198"
        sound(chapter / f"{speaker}_198_000000_000000.wav", 24000)
        (chapter / f"{speaker}_198.trans.tsv").write_text(f"{speaker}_198_000000_000000\tNO. 4!\tNumber four!\n")
        (chapter / f"{speaker}_198.book.tsv").write_text(f"{speaker}_198_000000_000000\tNO. 4!\t0\t0\t20.5\n")
    sources, _ = read_public(name, tmp_path)
    assert {(s.speaker, s.split) for s in sources} == {("19", "train"), ("84", "valid"), ("121", "test")}
    assert {s.text for s in sources} == {"Number four!"}


def test_vctk(tmp_path):
    (tmp_path / "speaker-info.txt").write_text(
        "ID  AGE  GENDER  ACCENTS  REGION COMMENTS\np225  23  F    English    Southern  England\n"
    )
    sound(tmp_path / "wav48_silence_trimmed/p225/p225_001_mic1.flac", 48000)
    sound(tmp_path / "wav48_silence_trimmed/p225/p225_001_mic2.flac", 48000)
    (tmp_path / "txt/p225").mkdir(parents=True)
    (tmp_path / "txt/p225/p225_001.txt").write_text("Please call Stella.\n")
    sources, _ = read_public("vctk", tmp_path)
    assert [(s.id, s.text, s.speaker) for s in sources] == [("p225_001_mic2", "Please call Stella.", "p225")]


def test_cmu_arctic(tmp_path):
    sound(tmp_path / "cmu_us_slt_arctic/wav/arctic_a0001.wav")
    (tmp_path / "cmu_us_slt_arctic/etc").mkdir()
    (tmp_path / "cmu_us_slt_arctic/etc/txt.done.data").write_text('( arctic_a0001 "Author of the danger trail." )\n')
    sources, _ = read_public("cmu_arctic", tmp_path)
    assert [(s.id, s.text, s.speaker) for s in sources] == [("slt-arctic_a0001", "Author of the danger trail.", "slt")]


def test_what_is_laid_out_otherwise(tmp_path):
    with pytest.raises(PngnatError, match="no such folder"):
        read_public("vctk", tmp_path / "nowhere")
    for name in ("ljspeech", "libritts", "vctk", "cmu_arctic"):
        with pytest.raises(PngnatError):
            read_public(name, tmp_path)
    with pytest.raises(PngnatError, match="ljspeech"):
        read_public("hifi", tmp_path)
