"""What a recipe starts from depends only on its settings."""

import torch

from pngnat.cli import recipes
from pngnat.data.pretraining.sources import TextFiles
from pngnat.data.pretraining.text import PretrainingText
from pngnat.training.pretrain_job import pretrain


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_two_acoustic_trainings_start_the_same(toy_corpus, tmp_path, monkeypatch):
    built = []
    job = "pngnat.training.acoustic_job"
    monkeypatch.setattr("pngnat.data.recordings.read_manifest", lambda folder: toy_corpus.recordings)
    monkeypatch.setattr(f"{job}.fit", lambda module, *rest: built.append(module.model))
    toy_corpus.tokenizer.save(tmp_path)
    for seed in (0, 0, 1):
        overrides = [
            f"run_dir={tmp_path}",
            "corpora=[toy]",
            f"tokenizer={tmp_path}",
            "model=tiny",
            f"training.seed={seed}",
        ]
        recipes.train.__wrapped__(recipes.train.settings(*overrides))
    assert same(built[0], built[1]) and not same(built[0], built[2])


def test_two_pretrainings_start_the_same(tmp_path, monkeypatch):
    (tmp_path / "book.txt").write_text("The cat sat on the mat, and sang. Who heard it?")
    source = {"books": TextFiles(str(tmp_path / "*.txt"))}
    text = PretrainingText(source, str(tmp_path / "cache"), vocabulary_size=200).prepare()
    built = []
    monkeypatch.setattr("pngnat.training.pretrain_job.fit", lambda module, *rest: built.append(module.model))
    monkeypatch.setattr("pngnat.training.pretrain.Pretraining.measure", lambda module: {})
    monkeypatch.setattr("lightning.LightningModule.global_rank", 0)
    for seed in (0, 0, 1):
        overrides = [f"run_dir={tmp_path / 'run'}", "text.folder=x", "text.sources.books.pattern=y", "model=tiny"]
        pretrain(recipes.pretrain.settings(*overrides, f"training.seed={seed}"), text)
    assert same(built[0], built[1]) and not same(built[0], built[2])
