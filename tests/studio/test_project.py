import zipfile

import numpy as np
import pytest

from pngnat.audio import wav
from pngnat.errors import PngnatError
from pngnat.studio.project import PREVIEW, RECORDINGS, VOICE, Project, voice_name
from pngnat.studio.prompts import shipped_prompts
from pngnat.studio.take_checks import TakeAnalysis, TakeChecker
from pngnat.studio.takes import import_folder, is_usable_name

RATE = 16000
SOUND = 0.1 * np.sin(np.arange(RATE) / 20)[:, None]


def analysis(minutes: float) -> TakeAnalysis:
    return TakeAnalysis((), 60 * minutes, 60 * minutes, -20.0, -60.0)


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "ann")


def test_own_phrases_come_after_the_shipped_sentences(project):
    project.set_phrases(["Call Priya, please.", " Call Priya,  please. ", "..."])
    assert [prompt.text for prompt in project.prompts[-1:]] == ["Call Priya, please."]
    assert project.prompts[: len(shipped_prompts())] == list(shipped_prompts())
    assert Project(project.folder).settings.phrases == ("Call Priya, please.",)


def test_the_status_follows_the_minutes(project):
    assert project.status.makes == "" and project.status.takes == 0
    project.takes.add("one", SOUND, RATE, analysis(PREVIEW))
    assert project.status.makes == "preview" and project.status.next_minutes == 10.0
    project.takes.add("two", SOUND, RATE, analysis(VOICE))
    assert project.status.makes == "voice" and project.status.next_minutes is None


def test_consent_needs_every_answer_and_can_be_withdrawn(project):
    with pytest.raises(PngnatError, match="answer every question"):
        project.agree("Ann Lee", "", "speaking", "2026-01-02")
    project.agree("Ann Lee", "Ann Lee", "speaking", "2026-01-02")
    assert Project(project.folder).settings.voice == "ann_lee"
    project.withdraw()
    assert Project(project.folder).settings.consent is None


def test_the_zip_has_the_persons_files(project, tmp_path):
    take = project.takes.add("It is late.", SOUND, RATE, analysis(0.1))
    project.export(tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert {
            f"my voice/recordings/wavs/{take.file}",
            "my voice/recordings/metadata.csv",
            "my voice/studio.json",
        } <= set(archive.namelist())


def test_deleting_removes_the_persons_files_only(project):
    project.takes.add("It is late.", SOUND, RATE, analysis(0.1))
    project.set_phrases(["Hello."])
    (project.folder / "letter.txt").write_text("mine")
    project.delete()
    assert {path.name for path in project.folder.iterdir()} == {"studio.json", "letter.txt"}
    assert project.takes.all == [] and project.settings.phrases == ()
    project.takes.add("It is late.", SOUND, RATE, analysis(0.1))


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(PngnatError, match="holds other files"):
        Project(tmp_path)


def test_the_name_of_a_persons_voice():
    assert voice_name("Zoë O'Brien-Lee") == "zoë_o_brien-lee"
    assert voice_name("../..") == "my_voice" == voice_name(" ")


@pytest.mark.parametrize("listed", [True, False])
def test_a_folder_is_imported_with_its_texts(project, tmp_path, listed):
    old = tmp_path / "old"
    old.mkdir()
    for name in ("party 1", "party 2"):
        wav.write(old / f"{name}.wav", SOUND[:, 0], RATE)
    if listed:
        (old / "metadata.csv").write_text("party 1|Good evening.\nparty 2|Good night.\nparty 3|Gone.\n")
    else:
        (old / "party 1.txt").write_text("Good evening.")
        (old / "party 2.txt").write_text("Good\nnight.\n")
    found = import_folder(old, project.takes, TakeChecker())
    assert [take.text for take in found.takes] == ["Good evening.", "Good night."]
    assert all(take.imported and take.kept for take in found.takes)
    assert len(found.refused) == listed
    assert (project.folder / RECORDINGS / "metadata.csv").read_text().count("Good") == 2


def test_a_folder_without_texts_is_an_error(project, tmp_path):
    (tmp_path / "old").mkdir()
    with pytest.raises(PngnatError, match="words of the recordings"):
        import_folder(tmp_path / "old", project.takes, TakeChecker())


def test_unsafe_file_names_are_refused():
    assert is_usable_name("party 1.wav") and is_usable_name("metadata.csv") and is_usable_name("a.txt")
    for name in (
        "../a.wav",
        "/etc/a.wav",
        "a\\b.wav",
        ".a.wav",
        "a.exe",
        "a",
        "",
        "a\0.wav",
        "C:a.wav",
        "x" * 300 + ".wav",
    ):
        assert not is_usable_name(name), name
