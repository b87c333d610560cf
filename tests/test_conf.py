"""Each file in conf/ says what the code understands."""

from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf

from pngnat.cli import recipes
from pngnat.cli.recipe import Recipe
from pngnat.config.help import settings_of
from pngnat.models.png_nat import PngNat, PngNatConfig

CONF = Path(__file__).parents[1] / "conf"
MODELS = sorted(path.stem for path in (CONF / "model").glob("*.yaml"))
COMMANDS = {name: command for name, command in vars(recipes).items() if isinstance(command, Recipe)}
STAGES = ("train", "vocoder", "vocoder_adversarial", "pretrain")


def composed(name: str, *overrides: str):
    with initialize_config_dir(str(CONF), version_base=None):
        return compose(name, list(overrides))


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_built(name):
    values = OmegaConf.to_container(composed("train", f"model={name}").model, resolve=True)
    values["encoder"]["vocabulary_size"] = 4096
    with torch.device("meta"):
        model = PngNat(PngNatConfig.from_dict({**values, "speakers": 2}))
    sizes = {part: sum(p.numel() for p in module.parameters()) for part, module in model.named_children()}
    if name == "small":
        assert sizes["decoder"] <= 6_000_000
    if name == "paper":
        assert sizes["encoder"] > 18_000_000


@pytest.mark.parametrize("name", [name for name in MODELS if name != "nat"])
def test_each_png_bert_can_do_without_word_positions(name):
    assert composed("pretrain", f"model={name}", "model.encoder.word_positions=false").model.encoder.word_positions is False


@pytest.mark.parametrize("name", STAGES)
def test_each_stage_is_instantiated(name, tmp_path):
    config = composed(name, f"run_dir={tmp_path}")
    for part in ("training", "schedule", "run"):
        instantiate(config[part], _convert_="all")


@pytest.mark.parametrize("name", [path.stem for path in CONF.glob("*.yaml") if path.stem not in COMMANDS])
def test_each_file_is_composed(name):
    assert composed(name)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_help_names_the_settings_that_there_are(command):
    """What help reads from the source, and what OmegaConf has of the classes themselves."""
    config, shown = OmegaConf.to_container(command.compose()), {}
    for setting in settings_of(command.settings_class):
        *folders, last = setting.name.split(".")
        place = shown
        for folder in folders:
            if not isinstance(place.get(folder), dict):
                place[folder] = {}
            place = place[folder]
        place[last] = setting.default
        assert setting.doc, f"{setting.name} has no docstring"
    assert _names(shown) == _names(config)


def _names(values: dict) -> set[str]:
    inner = {f"{name}.{one}" for name, value in values.items() if isinstance(value, dict) for one in _names(value)}
    return {*values, *inner}


@pytest.mark.parametrize("choice", [path.stem for path in (CONF / "encoders").glob("*.yaml")])
def test_each_choice_of_encoders_is_built(choice):
    for variant in composed("compare_encoders", f"encoders@models={choice}", "pretrained=runs").models.values():
        values = OmegaConf.to_container(OmegaConf.load(CONF / "model" / f"{variant.sizes}.yaml"))
        values["encoder"] |= {"vocabulary_size": 300, **variant.get("encoder", {})}
        with torch.device("meta"):
            PngNat(PngNatConfig.from_dict({**values, "speakers": 2}))
