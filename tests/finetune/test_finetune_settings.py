"""conf/finetune*.yaml and the speakers' settings say what the code understands."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from pngnat.finetune.acoustic import AcousticTuning
from pngnat.finetune.consent import NAMES, get_consent
from pngnat.finetune.vocoder import VocoderTuning
from pngnat.finetune.voice import About, BlendChoice
from pngnat.training.discriminators import AdversarialConfig

ROOT = Path(__file__).parents[2]
SPEAKERS = sorted((ROOT / "recipes" / "speakers").glob("*/*.yaml"))


def composed(name: str, *overrides: str):
    with initialize_config_dir(str(ROOT / "conf"), version_base=None):
        return compose(name, ["target=recordings", "name=ann", *overrides])


def test_the_settings_have_the_types_that_they_name():
    config = composed("finetune")
    assert isinstance(instantiate(config.acoustic, _convert_="all"), AcousticTuning)
    assert isinstance(instantiate(config.vocoder, _convert_="all"), VocoderTuning)
    assert BlendChoice(**config.blend) == BlendChoice() and About(**config.about) == About()
    assert tuple(config.consent) == NAMES and config.out == "voices/ann" and config.work == "runs/ann"


def test_consent_may_be_a_file():
    assert composed("finetune", "consent=papers/consent.yaml").consent == "papers/consent.yaml"


def test_the_adversarial_settings():
    vocoder = instantiate(composed("finetune").vocoder, _convert_="all")
    assert isinstance(vocoder.training.adversarial, AdversarialConfig)
    with initialize_config_dir(str(ROOT / "conf"), version_base=None):
        stage = instantiate(compose("vocoder_adversarial", ["run_dir=x", "corpora=[]"]).training, _convert_="all")
    assert vocoder.training.adversarial == replace(stage.adversarial, in_turn=False), (
        "other sizes could not go on with what the base vocoder's learned"
    )
    assert (vocoder.training.mel_weight, vocoder.training.stft_weight) == (stage.mel_weight, stage.stft_weight)
    assert instantiate(composed("finetune", "vocoder.training.adversarial=null").vocoder).training.adversarial is None


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: path.stem)
def test_the_speakers_of_the_recipes(path, tmp_path):
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert settings.pop("defaults") == ["finetune", "_self_"]
    assert set(settings) <= set(composed("finetune"))
    assert get_consent(settings["consent"], tmp_path / "consent.json", tmp_path).purpose
    assert About(**settings["about"]).licence
