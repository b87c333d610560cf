"""Each file in conf/ says what the code understands."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from omegaconf import DictConfig, OmegaConf

from pngnat.cli import recipes
from pngnat.cli.recipe import Recipe
from pngnat.models.png_nat import PngNat
from pngnat.training.sizes import model_config

ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
MODELS = sorted(path.stem for path in (CONF / "model").glob("*.yaml"))
COMMANDS = {name: command for name, command in vars(recipes).items() if isinstance(command, Recipe)}
# Of a folder of choices: a config that has it, how it is chosen, and where in the settings it lies.
GROUPS = {
    "model": ("train", "model", "model"),
    "adversarial": ("vocoder_adversarial", "adversarial@training.adversarial", "training.adversarial"),
}
FILES = sorted(path.relative_to(CONF) for path in CONF.rglob("*.yaml"))


def command_of(config: str) -> Recipe:
    """The command that a file of conf/ belongs to: its own name's, or that of the one it builds on."""
    while config not in COMMANDS:
        config = yaml.safe_load((CONF / f"{config}.yaml").read_text(encoding="utf-8"))["defaults"][0]
    return COMMANDS[config]


def test_the_baseline_differs_from_the_small_model_in_its_encoder_alone():
    nat, small = (OmegaConf.to_container(recipes.train.compose(f"model={name}").model) for name in ("nat", "small"))
    assert [part for part in small if nat[part] != small[part]] == ["encoder"] and nat.keys() == small.keys()


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_built(name):
    sizes = OmegaConf.to_container(recipes.train.compose(f"model={name}").model)
    with torch.device("meta"):
        model = PngNat(model_config(sizes, 4096, 2))
    sizes = {part: sum(p.numel() for p in module.parameters()) for part, module in model.named_children()}
    if name == "small":
        assert sizes["decoder"] <= 6_000_000
    if name == "paper":
        assert sizes["encoder"] > 18_000_000


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_holds_only_what_differs_from_what_it_builds_on(path, tmp_path):
    """Else a default would stand in two places, and one of them would be forgotten."""
    own = yaml.safe_load((CONF / path).read_text(encoding="utf-8"))
    shutil.copytree(CONF, tmp_path / "conf")
    (tmp_path / "conf" / path).write_text(yaml.safe_dump({"defaults": own["defaults"]}), encoding="utf-8")
    group, name = str(path.parent), path.stem
    config, override, place = GROUPS[group] if group in GROUPS else (name, None, None)
    command = command_of(config)
    bare = Recipe(command.function, command.name, command.settings_class, command.extra, tmp_path / "conf")
    composed = bare.compose(*([f"{override}={name}"] if override else []), config=config)
    beneath = flat(OmegaConf.select(composed, place) if place else composed)
    said = {key: value for key, value in flat(own).items() if key.split(".")[0] not in ("defaults", "hydra")}
    same = [key for key, value in said.items() if key in beneath and beneath[key] == value]
    assert not same, f"{path} says what holds without it: {', '.join(same)}"


def flat(values: DictConfig | dict, prefix: str = "") -> dict[str, Any]:
    """The values that are no mappings, by their names as on the command line."""
    found: dict[str, Any] = {}
    for name, value in (values if isinstance(values, dict) else OmegaConf.to_container(values)).items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {f"{prefix}{name}": value}
    return found


@pytest.mark.parametrize("name", ["train", "vocoder", "vocoder_adversarial", "pretrain"])
def test_every_training_can_be_told_where_to_run(name):
    wanted = {
        "run.devices": 2,
        "run.nodes": 3,
        "run.strategy": "ddp",
        "run.accumulate": 4,
        "training.workers": 5,
        "schedule.hours": 0.5,
    }
    config = command_of(name).compose(*(f"{key}={value}" for key, value in wanted.items()), config=name)
    assert {key: OmegaConf.select(config, key) for key in wanted} == wanted


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_help_names_the_settings_that_there_are(command):
    """What help reads from the source, and what OmegaConf has of the classes themselves."""
    there, settings = flat(command.compose()), command.documented()
    assert not [setting.name for setting in settings if not setting.doc], "without a docstring"
    shown = {setting.name for setting in settings}
    # A part that is null has fields all the same, and a mapping has names that no class knows.
    null = {name for name, value in there.items() if value is None}
    inner = {name for name in shown if any(within(one, {name}) for one in there)}
    assert not [name for name in shown - set(there) - inner if not within(name, null)]
    # The encoder's class is what says its kind.
    assert not [name for name in set(there) - shown - {"model.encoder.kind"} if not within(name, shown)]


def within(name: str, others: set[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:count]) in others for count in range(1, len(parts)))
