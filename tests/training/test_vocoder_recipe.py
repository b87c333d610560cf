import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pngnat.audio import wav
from pngnat.cli.recipes import vocoder
from pngnat.data.corpus import Prepared, cut_dict, write_manifest
from pngnat.data.segments import Segment
from pngnat.text.utterance import Boundary, Utterance, Word
from pngnat.training.discriminators import AdversarialConfig, DiscriminatorConfig, Discriminators
from pngnat.training.export import vocoder_model
from pngnat.training.vocoder_job import VocoderRecipe

ROOT = Path(__file__).parents[2]
TINY = [
    *(
        "model.width=16",
        "model.hidden=16",
        "model.blocks=1",
        "model.pitch.width=8",
        "model.pitch.hidden=8",
        "model.pitch.blocks=1",
    ),
    *(
        "training.batch_size=2",
        "training.segments.frames=16",
        "schedule.steps=3",
        "schedule.warmup=1",
        "run.validate_every=2",
    ),
    *("run.threads=1", "pitch=dio", "processes=1"),
]


@pytest.fixture
def corpus(tmp_path):
    folder, cuts = tmp_path / "corpus", []
    (folder / "audio").mkdir(parents=True)
    random = np.random.default_rng(0)
    for number, split in enumerate(["train", "train", "valid"]):
        time = np.arange(12000) / 24000
        samples = 0.3 * np.sign(np.sin(2 * np.pi * (120 + 20 * number) * time)) + 0.01 * random.standard_normal(12000)
        wav.write(folder / "audio" / f"{number}.wav", samples, 24000)
        utterance = Utterance((Word("a", ("AH0",)),), (Boundary(), Boundary(".")))
        segments = (Segment("AH0", 0.0, 0.5, -1.0),)
        cuts.append(
            cut_dict(
                Prepared(
                    f"clip{number}", "ada", split, f"audio/{number}.wav", 24000, 12000, utterance, segments, (), {}
                )
            )
        )
    write_manifest(folder, cuts)
    return folder


def run(folder, corpus, *settings, after=()):
    command = [
        sys.executable,
        "-W",
        "ignore",
        ROOT / "recipes" / "vocoder.py",
        *settings,
        f"corpora=[{corpus}]",
        *TINY,
        *after,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, cwd=folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_recipe_trains_resumes_and_goes_on_with_discriminators(corpus, tmp_path):
    for _ in range(2):
        run(tmp_path, corpus, f"run_dir={tmp_path / 'first'}")
    second = [
        f"run_dir={tmp_path / 'second'}",
        f"vocoder_from={tmp_path / 'first'}",
        f"features={tmp_path / 'first' / 'features'}",
    ]
    run(
        tmp_path,
        corpus,
        "--config-name",
        "vocoder_adversarial",
        *second,
        "training.adversarial.discriminators.channels=4",
    )
    for folder in ("first", "second"):
        made = vocoder_model(tmp_path / folder)(torch.zeros(1, 128, 4))
        assert made.shape == (1, 1200) and torch.isfinite(made).all()
        assert list((tmp_path / folder).glob("events*"))
    assert (tmp_path / "second" / "discriminators.safetensors").exists()


@pytest.mark.slow
def test_recipe_shrinks_its_start_model(corpus, tmp_path):
    run(tmp_path, corpus, f"run_dir={tmp_path / 'large'}")
    small = [
        f"run_dir={tmp_path / 'small'}",
        f"vocoder_from={tmp_path / 'large'}",
        f"features={tmp_path / 'large' / 'features'}",
    ]
    run(tmp_path, corpus, *small, "shrink=true", "minutes_per_speaker=0.005", after=["model.hidden=8"])
    assert vocoder_model(tmp_path / "small").config.hidden == 8


GIVEN = ("run_dir=x", "corpora=[y]")


def test_first_stage_has_the_defaults():
    assert vocoder.settings(*GIVEN) == VocoderRecipe(
        run_dir=Path("x"), corpora=(Path("y"),), features=Path("x/features"), processes=2
    )


def test_adversarial_stage_differs_from_the_first_in_its_losses():
    first, second = (vocoder.settings(*GIVEN, config=name).training for name in ("vocoder", "vocoder_adversarial"))
    assert second == replace(
        first, adversarial=AdversarialConfig(in_turn=True), betas=(0.8, 0.99), stft_weight=0.3, mel_weight=2.0
    )


def test_a_gpu_has_larger_discriminators_and_who_wants_none_has_none():
    larger, none = (
        vocoder.settings(*GIVEN, override, config="vocoder_adversarial").training.adversarial
        for override in ("adversarial@training.adversarial=gpu", "training.adversarial=null")
    )
    assert (
        replace(larger, discriminators=DiscriminatorConfig()) == AdversarialConfig()
        and larger.discriminators.channels == 64
    )
    assert Discriminators(larger.discriminators) and none is None
