"""conf/finetune.yaml and the speakers' settings say what the code understands."""

from pathlib import Path

import pytest

from pngnat.cli.recipes import finetune, vocoder
from pngnat.finetune.consent import NAMES, get_consent
from pngnat.finetune.run import FinetuneConfig
from pngnat.finetune.vocoder import VocoderTuning

ROOT = Path(__file__).parents[2]
SPEAKERS = sorted((ROOT / "recipes" / "speakers").glob("*/*.yaml"))
GIVEN = ("target=recordings", "name=ann")


def test_the_recipe_trains_what_python_trains():
    by_recipe = finetune.settings(*GIVEN)
    by_python = FinetuneConfig(target=Path("recordings"), name="ann", out=Path("voices/ann"), work=Path("runs/ann"))
    assert tuple(by_recipe.consent) == NAMES and not any(by_recipe.consent.values())
    # How many processes work changes nothing that is learned.
    assert (by_recipe.workers, by_recipe.vocoder.processes) == (2, 2)
    same = finetune.settings(*GIVEN, "consent=null", "workers=1", "vocoder.processes=1")
    assert same == by_python


def test_consent_may_be_a_file():
    assert finetune.settings(*GIVEN, "consent=papers/consent.yaml").consent == "papers/consent.yaml"


def test_the_vocoder_goes_on_as_its_second_stage_trained_it():
    tuned, stage = (
        VocoderTuning().training,
        vocoder.settings("run_dir=x", "corpora=[]", config="vocoder_adversarial").training,
    )
    sizes = tuned.adversarial.discriminators
    assert sizes == stage.adversarial.discriminators, "others could not go on with what the base vocoder's learned"
    assert (tuned.mel_weight, tuned.stft_weight, tuned.betas, tuned.stft) == (
        stage.mel_weight,
        stage.stft_weight,
        stage.betas,
        stage.stft,
    )
    assert finetune.settings(*GIVEN, "vocoder.training.adversarial=null").vocoder.training.adversarial is None


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: path.stem)
def test_the_speakers_of_the_recipes(path, tmp_path):
    config = finetune.settings("target=recordings", config=path.stem, folder=path.parent)
    assert config.name == path.stem and config.about.licence
    assert get_consent(config.consent, tmp_path / "consent.json", tmp_path).purpose
