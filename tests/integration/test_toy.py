"""The README's way from recordings to a voice, at toy size; the recordings are the bundled voice's own speech."""

import json
import subprocess
import sys
from pathlib import Path

import harvard
import numpy as np
import pytest
import soundfile

import pngnat

ROOT = Path(__file__).parents[2]
SENTENCES = harvard.SENTENCES[:8]
MENUS = [
    "For tea, press one; for milk, two.",
    "For tea, press one; for milk, too.",
    "For bread, press one; for cake, two.",
    "For bread, press one; for cake, too.",
]
TINY_MODEL = [
    "model=tiny",
    "schedule.steps=4",
    "schedule.warmup=1",
    "run.threads=1",
    "run.validate_every=4",
    "run.accelerator=cpu",
]
TINY_VOCODER = [
    *(
        "model.width=16",
        "model.hidden=16",
        "model.blocks=1",
        "model.pitch.width=8",
        "model.pitch.hidden=8",
        "model.pitch.blocks=1",
    ),
    *("training.batch_size=2", "training.segments.frames=16", "processes=1", "pitch=dio", "validate_clips=1"),
]

TINY_DISCRIMINATORS = [f"training.adversarial.discriminators.{size}" for size in ("windows=[256]", "channels=4")]


def run(recipe: str, *settings: str) -> None:
    call(str(ROOT / "recipes" / f"{recipe}.py"), *settings)


def call(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, f"{arguments}: {done.stderr[-2000:]}"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    return record(
        tmp_path_factory.mktemp("recordings"), SENTENCES, ["train"] * (len(SENTENCES) - 2) + ["valid", "test"]
    )


def record(folder: Path, sentences: list[str], splits: list[str]) -> Path:
    (folder / "wavs").mkdir(parents=True)
    for index, sentence in enumerate(sentences):
        pngnat.synthesize(sentence).save(folder / "wavs" / f"s{index}.wav")
    rows = [f"s{i}|ann|{split}|{text}\n" for i, (split, text) in enumerate(zip(splits, sentences, strict=True))]
    (folder / "metadata.csv").write_text("".join(rows), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_from_recordings_to_a_voice_and_on_to_a_new_speaker(recordings, tmp_path, loopback):
    run("prepare", "corpus=folder", f"path={recordings}", f"out={tmp_path / 'corpus'}", "workers=1")
    (tmp_path / "text.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    text = [f"text.folder={tmp_path / 'text'}", f"text.sources.books.pattern={tmp_path / 'text.txt'}", "text.workers=1"]
    run("pretrain", f"run_dir={tmp_path / 'png_bert'}", *text, "text.vocabulary_size=300", *TINY_MODEL)
    png_bert = tmp_path / "png_bert" / "model"

    corpus = f"corpora=[{tmp_path / 'corpus'}]"
    menus = record(tmp_path / "menus", MENUS, ["train", "train", "test", "test"])
    run("prepare", "corpus=folder", f"path={menus}", f"out={tmp_path / 'probe'}", "workers=1")
    models = [f"models.{name}.sizes=tiny" for name in ("nat", "scratch", "frozen", "tuned")] + [
        "models.frozen.frozen_layers=1"
    ]
    compared = [
        f"run_dir={tmp_path / 'compared'}",
        f"probe={tmp_path / 'probe'}",
        f"tokenizer={png_bert}",
        f"pretrained={png_bert}",
    ]
    short = [
        "schedule.steps=2",
        "probe_schedule.steps=2",
        "probe_draws.probe=8",
        "seeds=[0]",
        "probe_sizes=[2]",
        "run.accelerator=cpu",
        "run.validate_every=2",
    ]
    call("-m", "experiments.encoders.compare", corpus, *compared, *short, *models)
    assert {"results.json", "tables.md", "pauses.png"} <= {path.name for path in (tmp_path / "compared").iterdir()}

    start = [f"tokenizer={png_bert}", f"encoder_from={png_bert}", "model.frozen_layers=1"]
    run("train", f"run_dir={tmp_path / 'acoustic'}", corpus, *start, *TINY_MODEL)
    run("vocoder", f"run_dir={tmp_path / 'vocoder'}", corpus, *TINY_VOCODER, *TINY_MODEL[1:])
    make_voice(tmp_path, "acoustic", "first")
    check_voice(tmp_path / "first", ["ann"])
    start = [
        f"vocoder_from={tmp_path / 'vocoder'}",
        f"mels_from={tmp_path / 'acoustic'}",
        f"features={tmp_path / 'vocoder' / 'features'}",
    ]
    settings = [
        f"run_dir={tmp_path / 'vocoder2'}",
        corpus,
        *start,
        *TINY_DISCRIMINATORS,
        *TINY_VOCODER,
        *TINY_MODEL[1:],
    ]
    run("vocoder", "--config-name", "vocoder_adversarial", *settings)
    make_voice(tmp_path, "acoustic", "better", "vocoder2")
    check_voice(tmp_path / "better", ["ann"])
    assert (tmp_path / "better" / "discriminators.safetensors").exists()

    (recordings / "metadata.csv").write_text(
        (recordings / "metadata.csv").read_text(encoding="utf-8").replace("|ann|", "|ben|")
    )
    run("prepare", "corpus=folder", f"path={recordings}", f"out={tmp_path / 'ben'}", "workers=1")
    settings = [f"corpora=[{tmp_path / 'ben'},{tmp_path / 'corpus'}]", f"voice_from={tmp_path / 'first'}", *TINY_MODEL]
    run(
        "train",
        f"run_dir={tmp_path / 'fine_tuned'}",
        *settings,
        *(["run.devices=2", "run.strategy=ddp", "schedule.hours=1"] if loopback else []),
    )
    make_voice(tmp_path, "fine_tuned", "second")
    check_voice(tmp_path / "second", ["ann", "ben"])


def make_voice(folder: Path, acoustic: str, name: str, vocoder: str = "vocoder") -> None:
    parts = [f"acoustic={folder / acoustic}", f"vocoder={folder / vocoder}", f"voice={folder / name}"]
    run("make_voice", *parts, f"name={name}", "licence=Apache-2.0", "description=a toy")


def check_voice(voice: Path, speakers: list[str]) -> None:
    out = voice.with_suffix(".wav")
    command = [
        sys.executable,
        "-m",
        "pngnat",
        "Rice is served.",
        "--voice",
        str(voice),
        "--speaker",
        speakers[-1],
        "-o",
        str(out),
    ]
    done = subprocess.run([*command, "--timings", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    samples, rate = soundfile.read(out)
    assert rate == 24000
    assert np.isfinite(samples).all()
    assert len(samples) > 1000
    card = json.loads((voice / "voice.json").read_text(encoding="utf-8"))
    assert [speaker["name"] for speaker in card["speakers"]] == speakers
