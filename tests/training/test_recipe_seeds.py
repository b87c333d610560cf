"""What a recipe starts from depends only on its settings."""

import importlib.util
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir

from pngnat.data.pretraining.sources import TextFiles
from pngnat.data.pretraining.text import PretrainingText

ROOT = Path(__file__).parents[2]


def recipe(name: str):
    spec = importlib.util.spec_from_file_location(f"{name}_recipe", ROOT / "recipes" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settings(name: str, *overrides: str):
    with initialize_config_dir(str(ROOT / "conf"), version_base=None):
        return compose(name, ["model=tiny", *overrides])


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_two_acoustic_trainings_start_the_same(toy_corpus, tmp_path, monkeypatch):
    train, built = recipe("train"), []
    monkeypatch.setattr(train, "read_corpus", lambda folder, split: [r for r in toy_corpus.recordings if r.split == split])
    monkeypatch.setattr(train, "fit", lambda module, *rest: built.append(module.model))
    toy_corpus.tokenizer.save(tmp_path)
    for seed in (0, 0, 1):
        overrides = [f"run_dir={tmp_path}", "corpora=[toy]", f"tokenizer={tmp_path}", f"training.seed={seed}"]
        train.main.__wrapped__(settings("train", *overrides))
    assert same(built[0], built[1]) and not same(built[0], built[2])


def test_two_pretrainings_start_the_same(tmp_path, monkeypatch):
    (tmp_path / "book.txt").write_text("The cat sat on the mat, and sang. Who heard it?")
    text = PretrainingText({"books": TextFiles(str(tmp_path / "*.txt"))}, str(tmp_path / "cache"), vocabulary_size=200).prepare()
    built = []
    monkeypatch.setattr("pngnat.training.runs.fit", lambda module, *rest: built.append(module.model))
    for seed in (0, 0, 1):
        recipe("pretrain").train(settings("pretrain", f"run_dir={tmp_path / 'run'}", f"training.seed={seed}"), text)
    assert same(built[0], built[1]) and not same(built[0], built[2])
