"""Voices that travel as one file: what arrives is what was sent, and no stranger's archive does harm."""

import io
import os
import random
import shutil
import stat
import struct
import zipfile

import numpy as np
import pytest

import pngnat
from pngnat.cli.main import main
from pngnat.errors import PngnatError
from pngnat.untrusted import LARGEST_FILES, MIB
from pngnat.voice import card
from pngnat.voice.card import BUNDLED, CARD, FILES
from pngnat.voice.graphs.files import ACOUSTIC_PARTS, VOCODER_PARTS, graph_file
from pngnat.voice.packing import pack, remove, unpack
from pngnat.voice.vocoders import DISCRIMINATORS


@pytest.fixture
def here(stub_voice, tmp_path, monkeypatch):
    """An empty working folder with a voice, ann, in ./voices."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(stub_voice, tmp_path / "voices/ann")
    return tmp_path


@pytest.fixture
def packed(here):
    pack(here / "voices/ann", here / "ann.voice")
    return here / "ann.voice"


def members(file) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(file, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def nothing(_folder) -> None:
    pass


def test_packed_names_equal_those_of_cards_and_graphs():
    assert DISCRIMINATORS in FILES and set(card.NEEDED) < set(FILES)
    parts = ((card.ACOUSTIC, ACOUSTIC_PARTS), (card.PROFESSIONAL, ACOUSTIC_PARTS), (card.VOCODER, VOCODER_PARTS))
    assert set(card.GRAPHS) == {graph_file(weights, part) for weights, names in parts for part in names}
    assert all(os.path.splitext(name)[1] in LARGEST_FILES for name in FILES)


def test_a_voice_goes_and_comes(here, capsys):
    assert main(["voices", "pack", "ann"]) == 0 and "MB" in capsys.readouterr().out
    assert main(["voices", "unpack", "ann.voice", "--as", "ben"]) == 0
    for name in os.listdir("voices/ann"):
        assert (here / "voices/ben" / name).read_bytes() == (here / "voices/ann" / name).read_bytes()
    one, other = (pngnat.synthesize("Hello.", f"voices/{name}").samples for name in ("ann", "ben"))
    np.testing.assert_array_equal(one, other)
    assert sorted(os.listdir("voices")) == ["ann", "ben"]
    assert stat.S_IMODE((here / "voices/ben").stat().st_mode) & 0o500 == 0o500


def test_the_same_voice_makes_the_same_bytes(packed, here):
    for name in os.listdir("voices/ann"):
        os.utime(here / "voices/ann" / name, (1e9, 1e9))
        (here / "voices/ann" / name).chmod(0o600)
    pack(here / "voices/ann", here / "again.voice")
    assert (here / "again.voice").read_bytes() == packed.read_bytes()


def test_nothing_but_a_voices_files_is_sent(here):
    (here / "voices/ann/diary.txt").write_text("private")
    pack(here / "voices/ann", here / "ann.voice")
    assert "diary.txt" not in members(here / "ann.voice") and set(members(here / "ann.voice")) <= set(FILES)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/tmp/evil",
        "voice.json/../../evil",
        "sub/voice.json",
        "C:\\evil",
        "evil.py",
        "Voice.json",
        "./voice.json",
    ],
)
def test_names_that_lead_elsewhere_are_refused(packed, here, name):
    before = set(here.rglob("*"))
    write(here / "bad.voice", {**members(packed), name: b"x"})
    assert main(["voices", "unpack", "bad.voice"]) == 2
    assert set(here.rglob("*")) - before == {here / "bad.voice"}


def test_links_become_no_links(packed, here):
    about = zipfile.ZipInfo("README.md")
    about.create_system, about.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    files = {name: data for name, data in members(packed).items() if name != "README.md"}
    write(here / "link.voice", files)
    with zipfile.ZipFile(here / "link.voice", "a") as archive:
        archive.writestr(about, "/etc/passwd")
    unpack(here / "link.voice", here / "voices/link", nothing)
    assert (
        not (here / "voices/link/README.md").is_symlink()
        and (here / "voices/link/README.md").read_text() == "/etc/passwd"
    )


def test_a_name_that_comes_twice_is_refused(packed, here):
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(CARD, "{}")
    with pytest.raises(PngnatError, match="twice"):
        unpack(packed, here / "voices/ben", nothing)


def test_a_bomb_is_stopped_at_the_limit(packed, here):
    files = members(packed)
    with zipfile.ZipFile(here / "bomb.voice", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in files:
            archive.writestr(name, b" " * (LARGEST_FILES[".json"] + 1) if name == CARD else files[name])
    assert (here / "bomb.voice").stat().st_size < packed.stat().st_size + 100_000
    with pytest.raises(PngnatError, match="larger than 8 MB"):
        unpack(here / "bomb.voice", here / "voices/ben", nothing)
    # One that lies about its size.
    data = (here / "bomb.voice").read_bytes()
    (here / "liar.voice").write_bytes(
        data.replace(struct.pack("<I", LARGEST_FILES[".json"] + 1), struct.pack("<I", 10))
    )
    with pytest.raises(PngnatError):
        unpack(here / "liar.voice", here / "voices/ben", nothing)
    assert sorted(os.listdir("voices")) == ["ann"]


def test_damage_anywhere_is_one_line_and_leaves_nothing(packed, here, capsys):
    whole, choose = packed.read_bytes(), random.Random(1)
    for number in range(40):
        damaged = bytearray(whole)
        if number % 2:
            damaged = damaged[: choose.randrange(len(whole))]
        else:
            for _ in range(20):
                # Among the first and the last bytes, where the structure is.
                place = choose.choice(
                    (choose.randrange(400), len(whole) - 1 - choose.randrange(900), choose.randrange(len(whole)))
                )
                damaged[place] = choose.randrange(256)
        (here / "bad.voice").write_bytes(damaged)
        try:
            unpack(here / "bad.voice", here / "voices/bad", nothing)
        except PngnatError:
            assert sorted(os.listdir("voices")) == ["ann"]
        else:
            shutil.rmtree(here / "voices/bad")


@pytest.mark.parametrize("change", [{CARD: b"{}"}, {"acoustic.safetensors": b"no weights"}, {"tokenizer.json": b"{}"}])
def test_a_voice_that_cannot_be_loaded_is_not_unpacked(packed, here, change, capsys):
    write(here / "bad.voice", {**members(packed), **change})
    assert main(["voices", "unpack", "bad.voice"]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and sorted(os.listdir("voices")) == ["ann"]


def test_nothing_is_overwritten(packed, here, capsys):
    assert main(["voices", "unpack", "ann.voice"]) == 2 and "is there already" in capsys.readouterr().err
    for name in ("english", "..", ".hidden", "a/b", ""):
        assert main(["voices", "unpack", "ann.voice", "--as", name]) == 2
    assert main(["voices", "unpack", "none.voice"]) == 2 and "no such file" in capsys.readouterr().err


def test_remove_asks_and_takes_voices_alone(here, capsys, monkeypatch):
    assert main(["voices", "remove", "ann"]) == 2 and "--yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", type("Terminal", (io.StringIO,), {"isatty": lambda self: True})())
    for answer, there in (("n", True), ("", True), ("y", False)):
        monkeypatch.setattr("builtins.input", lambda _question, answer=answer: answer)
        assert main(["voices", "remove", "ann"]) == 0 and (here / "voices/ann").exists() == there


@pytest.mark.parametrize("strange", ["diary.txt", "recordings/1.wav"])
def test_remove_keeps_folders_that_are_no_voice(here, strange):
    path = here / "voices/ann" / strange
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    assert main(["voices", "remove", "ann", "--yes"]) == 2 and path.read_text() == "mine"
    (here / "papers").mkdir()
    assert main(["voices", "remove", "papers", "--yes"]) == 2 and (here / "papers").is_dir()
    (here / "link").symlink_to(here / "voices/ann")
    with pytest.raises(PngnatError):
        remove(here / "link")


def test_a_bundled_voice_is_never_removed(here):
    bundled = next(iter(card.bundled_voices()))
    assert main(["voices", "remove", bundled, "--yes"]) == 2
    with pytest.raises(PngnatError, match="came with pngnat"):
        remove(BUNDLED / bundled)
    assert (BUNDLED / bundled / CARD).exists()
    assert LARGEST_FILES[".json"] == 8 * MIB
