import json
import os
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from pngnat import load_voice, synthesize
from pngnat.cli.voices import print_voices
from pngnat.errors import PngnatError
from pngnat.voice.card import bundled_voices, find_voice, list_voices, named_voices, read_card
from pngnat.voice.modules import load_modules, save_voice


@pytest.fixture
def folder(stub_voice, tmp_path):
    return shutil.copytree(stub_voice, tmp_path / "copy")


def edit(folder, **changes) -> None:
    """Set values in voice.json; a double underscore steps into an object."""
    path = folder / "voice.json"
    card = json.loads(path.read_text())
    for key, value in changes.items():
        *way, last = key.split("__")
        section = card
        for step in way:
            section = section[step]
        section[last] = value
    path.write_text(json.dumps(card))


def refuses(folder, match: str) -> None:
    with pytest.raises(PngnatError, match=match) as caught:
        load_modules(folder)
    assert "\n" not in str(caught.value)


def test_loads_once(stub_voice):
    voice = load_modules(stub_voice)
    assert load_modules(str(stub_voice)) is voice and voice.speakers == ["ada", "bob"] and voice.name == "stub"
    assert not voice.acoustic.training and not any(p.requires_grad for p in voice.vocoder.parameters())


def test_saving_a_loaded_voice_keeps_it(stub_voice, tmp_path):
    save_voice(load_modules(stub_voice), tmp_path / "again", readme="# again\n")
    for name in sorted(os.listdir(stub_voice)):
        if name != "README.md":
            assert (tmp_path / "again" / name).read_bytes() == (stub_voice / name).read_bytes()
    assert load_file(tmp_path / "again" / "acoustic.safetensors")["speaker.weight"].dtype == torch.float16


def test_who_agreed_stays_with_the_voice(folder, tmp_path):
    consent = {"speaker": "Ann", "agreed_by": "Ann", "purpose": "reading " * 50, "date": "2026-01-02"}
    edit(folder, consent=consent)
    save_voice(load_modules(folder), tmp_path / "again")
    assert load_modules(tmp_path / "again").card.consent == consent


def test_own_words_stay_with_the_voice(folder, tmp_path):
    edit(folder, lexicon={"Nguyen": "w ih n", "IPA": "AY1 P IY1 EY1"})
    save_voice(load_modules(folder), tmp_path / "again")
    assert load_modules(tmp_path / "again").card.lexicon == {
        "nguyen": ("W", "IH1", "N"),
        "ipa": ("AY1", "P", "IY1", "EY1"),
    }


def test_who_is_not_offered_is_not_listed_and_still_lends_a_rhythm(folder, tmp_path, capsys):
    rows = json.loads((folder / "voice.json").read_text())["speakers"]
    edit(folder, speakers=[rows[0], rows[1] | {"offered": False}])
    save_voice(load_modules(folder), tmp_path / "again")
    voice = load_voice(tmp_path / "again", engine="torch")
    assert voice.speakers == ["ada"] and voice.card.professional_row("bob") == ("acoustic", 1)
    assert len(synthesize("Hello.", voice, speaker="bob").samples)
    print_voices(str(tmp_path / "again"))
    shown = capsys.readouterr().out
    assert "\n  bob" not in shown and "(--blend-with): pro, bob\n" in shown
    edit(folder, default_speaker="bob")
    refuses(folder, "default speaker 'bob'")
    edit(folder, speakers=[rows[0], rows[1] | {"offered": "no"}])
    refuses(folder, "true or false")


def test_values_that_half_precision_cannot_hold_stay(stub_voice, tmp_path):
    shutil.copytree(stub_voice, tmp_path / "loud")
    voice = load_modules(tmp_path / "loud")
    voice.acoustic.speaker.weight.data[0, 0] = 1e6
    save_voice(voice, tmp_path / "louder")
    assert load_modules(tmp_path / "louder").acoustic.speaker.weight[0, 0] == 1e6


def test_an_unknown_voice_is_named(stub_voice):
    with pytest.raises(PngnatError, match="there is no voice 'nobody'"):
        load_modules("nobody")


def test_bundled_voices_can_be_read():
    for card in map(read_card, bundled_voices().values()):
        assert card.speakers and card.licence and card.description
        assert find_voice(card.name).name == card.name


@pytest.mark.parametrize(
    "name", ["voice.json", "tokenizer.json", "acoustic.safetensors", "vocoder.safetensors", "professional.safetensors"]
)
def test_missing_truncated_and_foreign_files(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    refuses(folder, name)
    (folder / name).write_bytes(b"")
    refuses(folder, name)
    (folder / name).unlink()
    refuses(folder, name)
    (folder / name).mkdir()
    refuses(folder, name)


def test_a_pickle_is_not_opened(folder, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    for name in ("acoustic.safetensors", "vocoder.safetensors", "tokenizer.json", "voice.json"):
        original = (folder / name).read_bytes()
        (folder / name).write_bytes(pickle.dumps(Bomb()))
        refuses(folder, name)
        (folder / name).write_bytes(original)
    torch.save({"speaker.weight": torch.zeros(2, 4)}, folder / "acoustic.safetensors")
    refuses(folder, "acoustic")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("name", ["voice.json", "tokenizer.json", "acoustic.safetensors"])
def test_links_out_of_the_folder_are_not_followed(folder, tmp_path, name):
    shutil.move(folder / name, tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    refuses(folder, "leads out of the folder")
    (folder / name).unlink()
    (folder / name).symlink_to(folder / name)
    refuses(folder, name)


def test_a_pipe_is_no_file(folder):
    (folder / "voice.json").unlink()
    os.mkfifo(folder / "voice.json")
    refuses(folder, "no ordinary file")


def test_names_are_no_paths(folder, stub_voice):
    edit(folder, name="../../etc/passwd", acoustic__encoder__kind="../../evil")
    refuses(folder, "unknown encoder kind")
    with pytest.raises(PngnatError):
        find_voice("../voices")


def test_voices_are_found_by_name(stub_voice, tmp_path, monkeypatch):
    project, first, second = (tmp_path / name for name in ("project", "first", "second"))
    for folder in (project / "voices" / "ann", first / "ann", first / "ben", second / "ben", second / "english"):
        shutil.copytree(stub_voice, folder)
    monkeypatch.chdir(project)
    monkeypatch.delenv("PNGNAT_VOICES", raising=False)
    assert find_voice("ann").samefile(project / "voices" / "ann") and load_modules("ann").name == "stub"
    with pytest.raises(PngnatError, match=r"no voice 'ben'.*english.* voices/ben \(\$PNGNAT_VOICES is not set\)"):
        find_voice("ben")
    monkeypatch.setenv("PNGNAT_VOICES", os.pathsep.join(["", str(first), str(second)]))
    assert find_voice("ann").samefile(project / "voices" / "ann") and find_voice("ben") == first / "ben"
    assert find_voice("english").parent.parent.name == "pngnat"
    assert set(named_voices()) == {*bundled_voices(), "ann", "ben"} and len(list_voices()) == len(named_voices())
    assert all(find_voice(name).samefile(folder) for name, folder in named_voices().items())
    (project / "ann").mkdir()
    assert find_voice("ann").samefile(project / "voices" / "ann"), "the recordings, not the voice"
    shutil.copytree(stub_voice, project / "ben")
    assert find_voice("ben").samefile(project / "ben")
    for name in ("../project/ann/../voices/zoe", "zoe", ""):
        with pytest.raises(PngnatError) as caught:
            load_modules(name)
        assert "\n" not in str(caught.value)
    with pytest.raises(PngnatError) as caught:
        find_voice("zoe")
    assert str(second / "zoe") in str(caught.value)


def test_newer_formats_say_so(folder):
    edit(folder, format_version=2)
    refuses(folder, "voice format 2.*update pngnat")


def test_unknown_settings_are_refused(folder):
    edit(folder, acoustic___target_="os.system")
    refuses(folder, "_target_")


@pytest.mark.parametrize(
    "changes, match",
    [
        ({"format_version": "1"}, "format_version"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"licence": ["MIT"]}, "licence"),
        ({"audio__sample_rate": 24000.5}, "sample_rate"),
        ({"audio__sample_rate": 10**12}, "sample_rate"),
        ({"audio__hop_length": 0}, "hop_length"),
        ({"audio__hop_length": 2000}, "do not fit"),
        ({"audio__n_mels": True}, "n_mels"),
        ({"audio": None}, "audio"),
        ({"speakers": []}, "speakers"),
        ({"speakers": [{"name": "ada"}, {"name": "ada"}]}, "different names"),
        ({"speakers": [{"name": "ada"}]}, "do not fit"),
        ({"default_speaker": "zoe"}, "zoe"),
        ({"pauses": {"sentence": -1}}, "sentence"),
        ({"pauses": {"sentence": float("nan")}}, "NaN"),
        ({"blend": {"professional": "zoe", "weight": 0.5}}, "zoe"),
        ({"blend": {"professional": "pro", "weight": 1.5}}, "weight"),
        ({"acoustic__decoder__width": 10**9}, "width"),
        ({"acoustic__decoder__layers": 10**6}, "layers"),
        ({"acoustic__decoder__width": 1_000_000}, "acoustic.safetensors"),
        ({"acoustic__decoder__width": 24}, "acoustic.safetensors"),
        ({"acoustic__decoder__kind": "evil"}, "evil"),
        ({"acoustic__decoder__reduction": 0}, "acoustic.safetensors"),
        ({"acoustic__encoder__heads": 0}, "acoustic.safetensors"),
        ({"acoustic__encoder__width": -5}, "acoustic.safetensors"),
        ({"acoustic__encoder": 3}, "cannot be used"),
        ({"acoustic__predictor": {"units": "many"}}, "acoustic.safetensors"),
        ({"acoustic__speakers": 3}, "do not fit"),
        ({"acoustic__audio__hop_length": 200}, "audio settings"),
        ({"consent": "yes"}, "consent"),
        ({"consent": {"agreed_by": 5}}, "agreed_by"),
        ({"lexicon": ["nguyen"]}, "lexicon"),
        ({"lexicon": {"nguyen": 5}}, "nguyen"),
        ({"lexicon": {"nguyen": "W IX N"}}, "in 'lexicon', 'IX' is no ARPAbet phoneme"),
        ({"vocoder__width": 999_999}, "vocoder.safetensors"),
        ({"vocoder__pitch": None}, "vocoder"),
        ({"vocoder__blocks": 1e308}, "blocks"),
        ({"vocoder__blocks": 1.5}, "voice.json"),
        ({"professional": {"acoustic": {}, "speakers": [{"name": "pro"}]}}, "professional"),
    ],
)
def test_values_that_cannot_be(folder, changes, match):
    edit(folder, **changes)
    refuses(folder, match)


@pytest.mark.parametrize(
    "content", ["[]", "null", "{", '{"format_version": ' + "9" * 5000 + "}", "[" * 100_000, "\ufeff{}"]
)
def test_json_that_is_no_card(folder, content):
    (folder / "voice.json").write_text(content, encoding="utf-8")
    refuses(folder, "voice.json")


def test_tensors_that_cannot_be(folder):
    path = folder / "acoustic.safetensors"
    weights = load_file(path)
    name = "speaker.weight"
    for changed, match in (
        ({key: value for key, value in weights.items() if key != name}, f"'{name}' is missing"),
        ({**weights, "extra": torch.zeros(1)}, "'extra' is not part"),
        ({**weights, name: torch.zeros(3, 4)}, "of shape"),
        ({**weights, name: torch.full((2, 4), float("nan"))}, "not finite numbers"),
        (
            {**weights, name: torch.zeros(2, 4, dtype=torch.int64)},
            r"whole numbers \(int64\) and should hold fractions \(float32\)",
        ),
    ):
        save_file(changed, path)
        refuses(folder, match)


def test_a_card_without_the_optional_parts(folder):
    card = json.loads((folder / "voice.json").read_text())
    for key in ("pauses", "professional"):
        del card[key]
    (folder / "voice.json").write_text(json.dumps(card))
    voice = load_modules(folder)
    assert voice.professional is None and voice.card.consent is None and voice.card.pauses.sentence == 0.25
    assert read_card(folder) == voice.card


def test_a_folder_that_cannot_be_written(stub_voice, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PngnatError, match="cannot be written"):
        save_voice(load_modules(stub_voice), tmp_path / "file" / "voice")


def test_a_speaker_s_name_leads_to_the_voice(stub_voice, monkeypatch):
    monkeypatch.setenv("PNGNAT_VOICES", str(stub_voice.parent))
    with pytest.raises(PngnatError, match="'bob' is no voice but a speaker of the voice 'stub'"):
        load_modules("bob")


def test_a_card_shows_itself_in_a_line(stub_voice):
    assert repr(read_card(stub_voice)) == "<VoiceCard 'stub', speakers: ada, bob>"
