"""A person's recordings to a voice, at toy size; the person is a speaker of the bundled voice, the base voice has
random weights."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from harvard import SENTENCES

import pngnat
from pngnat.data.recordings import read_corpus
from pngnat.errors import PngnatError
from pngnat.evaluation import disfluency
from pngnat.evaluation.judges import Judges
from pngnat.finetune import acoustic as finetune_acoustic
from pngnat.finetune import run as finetuning
from pngnat.finetune import voice as finetune_voice
from pngnat.finetune.acoustic import AcousticTuning
from pngnat.finetune.data import target_sources
from pngnat.finetune.nearest import SpectrumTimbre
from pngnat.finetune.progress import Progress
from pngnat.finetune.run import FinetuneConfig, finetune
from pngnat.finetune.stages import STATE
from pngnat.finetune.vocoder import VocoderTuning
from pngnat.finetune.voice import About, BlendChoice
from pngnat.training.acoustic import AcousticTrainingConfig
from pngnat.training.mel_discriminator import MelAdversarialConfig, MelDiscriminator
from pngnat.training.runs import RunConfig
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.vocoder import VocoderTrainingConfig
from pngnat.training.vocoder_data import SegmentConfig
from pngnat.voice.modules import load_modules

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CONSENT = {"speaker": "Ann Example", "agreed_by": "Ann Example", "purpose": "tests of pngnat", "date": "2026-01-02"}
RUN = RunConfig(accelerator="cpu", threads=1, validate_every=100)
WORK = {
    "corpus": "prepare_target",
    "speaker": "likenesses",
    "acoustic": "tune_acoustic",
    "vocoder": "tune_vocoder",
    "voice": "write_voice",
}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ann")
    (folder / "wavs").mkdir()
    for index, sentence in enumerate(SENTENCES):
        pngnat.synthesize(sentence).save(folder / "wavs" / f"s{index}.wav")
    (folder / "metadata.csv").write_text(
        "".join(f"s{i}|{text}\n" for i, text in enumerate(SENTENCES)), encoding="utf-8"
    )
    (folder / "names.txt").write_text("pngnat  P IH1 NG N AE2 T\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_listeners(monkeypatch):
    """What is installed here must not decide what is tested, and noise is not worth a recognizer's time."""
    monkeypatch.setattr(finetuning, "installed_timbre", SpectrumTimbre)
    monkeypatch.setattr(finetune_voice, "installed_judges", lambda real, threads: Judges())


def settings(recordings: Path, stub_voice: Path, folder: Path) -> FinetuneConfig:
    return FinetuneConfig(
        target=recordings,
        held_out=0.1,
        least=0.1,
        name="ann",
        out=folder / "voices" / "ann",
        work=folder / "runs" / "ann",
        consent=CONSENT,
        base=str(stub_voice),
        budget=30.0,
        lexicon=recordings / "names.txt",
        acoustic=AcousticTuning(
            training=AcousticTrainingConfig(batch_seconds=6.0, autocast=False, pictures=0),
            schedule=ScheduleConfig(learning_rate=1e-3, warmup=1, steps=4),
            run=RUN,
            validations=2,
            sentences=1,
            measure="mel_cepstra",
            frozen_layers=1,
        ),
        vocoder=VocoderTuning(
            training=VocoderTrainingConfig(batch_size=2, autocast=False, segments=SegmentConfig(frames=16)),
            schedule=ScheduleConfig(warmup=1, steps=2),
            run=RUN,
            pitch="dio",
            validate_clips=1,
        ),
        about=About(description="a toy"),
    )


@pytest.fixture(scope="module")
def made(recordings, stub_voice, tmp_path_factory):
    """The settings of a finished fine-tuning, and its results."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetuning, "installed_timbre", SpectrumTimbre)
        patch.setattr(finetune_voice, "installed_judges", lambda real, threads: Judges())
        config = settings(recordings, stub_voice, tmp_path_factory.mktemp("made"))
        return config, finetune(config)


def test_the_voice_speaks_and_names_itself(made, tmp_path):
    config, _ = made
    for ending in ("wav", "flac", "ogg"):
        out = tmp_path / f"a.{ending}"
        command = [
            sys.executable,
            "-m",
            "pngnat",
            "Rice is served.",
            "--voice",
            str(config.out),
            "-o",
            str(out),
            "--quiet",
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        assert done.returncode == 0, done.stderr
        with soundfile.SoundFile(out) as file:
            assert "Synthetic speech by pngnat" in file.comment and "voice: ann" in file.comment
            assert np.isfinite(file.read()).all() and file.samplerate == 24000


def test_the_card_says_who_agreed_and_what_was_kept_out(made):
    config, _ = made
    card = json.loads((config.out / "voice.json").read_text(encoding="utf-8"))
    assert (
        card["consent"] == CONSENT
        and card["default_speaker"] == "ann"
        and [s["name"] for s in card["speakers"]] == ["ann"]
    )
    assert [s["name"] for s in card["professional"]["speakers"]] == ["ada", "bob"]
    text = (config.out / "README.md").read_text(encoding="utf-8")
    assert "Who agreed: Ann Example; 2026-01-02" in text and "tests of pngnat" in text and "preview" in text
    assert "8 recordings) were learned from; 1 recordings were kept out" in text
    assert soundfile.info(config.out / "preview.wav").frames > 1000


def test_the_voice_keeps_the_person_s_own_words(made):
    speech = pngnat.synthesize("Pngnat.", made[0].out)
    assert "".join(phoneme.symbol for phoneme in speech.phonemes if phoneme.word == 0) == "PIH1NGNAE2T"


def test_it_starts_from_the_nearest_and_blends_with_them(made):
    config, result = made
    state = json.loads((config.work / STATE).read_text(encoding="utf-8"))
    likeness = state["speaker"]["result"]["likeness"]
    assert state["speaker"]["result"]["nearest"] == max(likeness, key=likeness.get)
    if result["blend"]:
        assert result["blend"] == {"professional": state["speaker"]["result"]["nearest"], "weight": 0.5}
    assert (config.work / "voice" / "disfluency.png").exists()
    assert [row[""] for row in result["test"]][:2] == ["recordings", "voice, own rhythm"]


def test_the_professional_s_durations_come_from_the_base_voice(made, stub_voice):
    config, _ = made
    theirs = pngnat.synthesize("Rice is served.", stub_voice, speaker="bob").durations
    borrowed = pngnat.synthesize("Rice is served.", config.out, blend=pngnat.Blend("bob", 1.0)).durations
    own = pngnat.synthesize("Rice is served.", config.out, blend=pngnat.Blend("bob", 0.0)).durations
    np.testing.assert_allclose(borrowed, theirs, atol=2e-3)
    assert not np.allclose(own, theirs, atol=2e-3)


def test_mels_are_judged_by_what_judged_the_base_voice_s_or_by_nothing(made, tmp_path, monkeypatch):
    config, _ = made

    class Begun(Exception):
        pass

    def begin(module, *rest):
        raise Begun(module)

    monkeypatch.setattr(finetune_acoustic, "fit", begin)
    tuning = replace(
        config.acoustic, training=replace(config.acoustic.training, adversarial=MelAdversarialConfig(channels=2))
    )
    weights = MelDiscriminator(MelAdversarialConfig(channels=2)).state_dict()
    recordings, base = list(read_corpus(config.work / "corpus")), load_modules(config.base)
    for place, given in enumerate((weights, None)):
        learner = finetune_acoustic.Learner(
            base, "ann", "bob", recordings, config.work / "speaker" / "features", discriminator=given
        )
        with pytest.raises(Begun) as caught:
            finetune_acoustic.tune_acoustic(
                learner, tuning, 1.0, tmp_path / str(place), Progress({"acoustic": 1.0}, {"acoustic": "a"})
            )
        (module,) = caught.value.args
        assert (module.discriminator is None) == (given is None)
        for name, value in (given or {}).items():
            assert torch.equal(module.discriminator.state_dict()[name], value)


def test_nothing_is_done_twice(made, monkeypatch):
    config, result = made
    for function in WORK.values():
        monkeypatch.setattr(finetuning, function, None)
    assert finetune(replace(config, consent=None)) == json.loads(json.dumps(result))


@pytest.mark.parametrize("stage", WORK)
def test_it_goes_on_from_each_stage(made, stage, tmp_path, monkeypatch):
    config, _ = made
    shutil.copytree(config.work, tmp_path / "work")
    state = json.loads((tmp_path / "work" / STATE).read_text(encoding="utf-8"))
    names = list(WORK)
    for later in names[names.index(stage) + 1 :]:
        del state[later]
        shutil.rmtree(tmp_path / "work" / later)
    state[stage] |= {"made": "", "result": None}
    (tmp_path / "work" / STATE).write_text(json.dumps(state))
    called = []
    for name, function in WORK.items():
        monkeypatch.setattr(finetuning, function, _counted(called, name, getattr(finetuning, function)))
    again = replace(config, work=tmp_path / "work", out=config.out)
    finetune(again)
    assert called == names[names.index(stage) :]
    assert all(entry["made"] for entry in json.loads((tmp_path / "work" / STATE).read_text(encoding="utf-8")).values())


def _counted(called, name, function):
    def count(*arguments, **options):
        called.append(name)
        return function(*arguments, **options)

    return count


def test_a_given_blend_changes_the_last_stage_alone(made, tmp_path, monkeypatch):
    config, _ = made
    shutil.copytree(config.work, tmp_path / "work")
    called = []
    for name, function in WORK.items():
        monkeypatch.setattr(finetuning, function, _counted(called, name, getattr(finetuning, function)))
    again = replace(config, work=tmp_path / "work", out=tmp_path / "voice", blend=BlendChoice("bob", 0.25))
    assert finetune(again)["blend"] == {"professional": "bob", "weight": 0.25}
    assert called == ["voice"]
    assert pngnat.load_voice(tmp_path / "voice").card.blend == pngnat.Blend("bob", 0.25)
    with pytest.raises(PngnatError, match="nobody"):
        finetune(replace(again, blend=BlendChoice("nobody")))


def test_limits_and_processors_are_no_reason_to_learn_again(made, monkeypatch):
    config, result = made
    for function in WORK.values():
        monkeypatch.setattr(finetuning, function, None)
    acoustic = replace(config.acoustic, validations=3, sentences=2, run=replace(RUN, threads=2))
    vocoder = replace(config.vocoder, validate_clips=2, processes=2)
    again = replace(config, budget=60.0, workers=2, threads=2, acoustic=acoustic, vocoder=vocoder)
    assert finetune(again) == json.loads(json.dumps(result))


@pytest.mark.parametrize("stage", WORK)
def test_nothing_of_the_person_s_lies_where_stages_work(made, stage):
    config, _ = made
    with pytest.raises(PngnatError, match=r"out=.* lies in"):
        replace(config, out=config.work / stage / "voice")
    with pytest.raises(PngnatError, match=r"target=.* lies in"):
        replace(config, target=config.work / stage)


def test_other_recordings_are_learned_anew(made, recordings, tmp_path, monkeypatch):
    config, _ = made
    shutil.copytree(config.work, tmp_path / "work")
    shutil.copytree(recordings, tmp_path / "ann")
    lines = (tmp_path / "ann" / "metadata.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "ann" / "metadata.csv").write_text("\n".join([*lines, "s0|said twice"]) + "\n", encoding="utf-8")
    begun = []

    def stop(*_):
        begun.append(sorted(path.name for path in (tmp_path / "work" / "corpus").iterdir()))
        raise KeyboardInterrupt

    monkeypatch.setattr(finetuning, "prepare_target", stop)
    again = replace(config, work=tmp_path / "work", target=tmp_path / "ann")
    assert finetune(again), "a line that is skipped changes nothing"
    (tmp_path / "ann" / "metadata.csv").write_text(
        "\n".join(lines).replace("Four hours", "For hours") + "\n", encoding="utf-8"
    )
    with pytest.raises(KeyboardInterrupt):
        finetune(again)
    assert begun == [[]]


def test_the_disfluency_report_needs_nothing_but_recordings(recordings, stub_voice, tmp_path, capsys):
    arguments = [str(recordings), "--voice", str(stub_voice), "--professional", "bob", "--out", str(tmp_path)]
    assert disfluency.main("disfluency", arguments) == 0
    assert "10 recordings beside bob" in capsys.readouterr().out
    assert json.loads((tmp_path / "disfluency.json").read_text())["rhythm"][0]["phonemes/s"] > 5


def test_a_name_is_nobody_else_s(made):
    with pytest.raises(PngnatError, match="'bob' already"):
        finetune(replace(made[0], name="bob"))


def test_without_consent_nothing_is_begun(recordings, stub_voice, tmp_path):
    config = replace(settings(recordings, stub_voice, tmp_path), consent=None)
    with pytest.raises(PngnatError, match="no voice is made without consent"):
        finetune(config, ask=None)
    assert list(tmp_path.iterdir()) == []


def run(*arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", str(ROOT / "recipes" / "finetune.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)


def test_the_recipe_refuses_in_one_line(recordings, tmp_path):
    done = run(f"target={recordings}", "name=ann", "least=0", f"work={tmp_path / 'work'}", f"out={tmp_path / 'voice'}")
    assert (
        done.returncode == 2
        and done.stderr.startswith("finetune: no voice is made without consent")
        and done.stderr.count("\n") == 1
    )
    assert not (tmp_path / "work").exists() and not (tmp_path / "voice").exists()


def test_the_recipe_reads_its_settings(recordings, tmp_path):
    (tmp_path / "consent.json").write_text(json.dumps(CONSENT), encoding="utf-8")
    places = [f"work={tmp_path / 'work'}", f"out={tmp_path / 'voice'}", f"consent={tmp_path / 'consent.json'}"]
    done = run(f"target={recordings}", "name=ann", *places)
    assert done.returncode == 2 and "minutes to learn from" in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "work").exists(), "recordings that no voice can be made of come before any question"
    done = run(f"target={recordings}", "name=ann", "least=0", "base=nobody", *places)
    assert done.returncode == 2 and "nobody" in done.stderr and done.stderr.count("\n") == 1
    kept = json.loads((tmp_path / "work" / "consent.json").read_text(encoding="utf-8"))
    assert kept == CONSENT | {"recordings": str(recordings.resolve())}


def test_recordings_are_aligned_with_the_base_voice_s_words_too(recordings, stub_voice, tmp_path):
    base = shutil.copytree(stub_voice, tmp_path / "base")
    card = json.loads((base / "voice.json").read_text(encoding="utf-8"))
    (base / "voice.json").write_text(
        json.dumps({**card, "lexicon": {"rice": "R AA1 S", "pngnat": "P IH1"}}), encoding="utf-8"
    )
    config = settings(recordings, base, tmp_path)
    run = finetuning._Finetuning(config, None, target_sources(config, config.name))
    assert run.lexicon == {"rice": ("R", "AA1", "S"), "pngnat": tuple("P IH1 NG N AE2 T".split())}
    assert run._preparing(tmp_path).lexicon == run.base.card.lexicon == run.lexicon
