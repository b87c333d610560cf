"""Where a run's figures and sounds go, and what it says of itself."""

import csv
import json
from dataclasses import dataclass, replace

import lightning as L
import pytest
import torch
from prepared_toy import write_prepared
from torch.utils.data import DataLoader

from pngnat.cli import recipes
from pngnat.errors import PngnatError
from pngnat.training.loggers import can_hold_sound, make_loggers
from pngnat.training.pretrain import PretrainingConfig
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig

# What is learned from, and what is held out.
KINDS = ("train/", ("valid/", "held_out/"))
RUN = RunConfig(accelerator="cpu", threads=1, validate_every=100)


@dataclass
class Batch:
    """What every batch has."""

    value: torch.Tensor
    ids: tuple[str, ...] = ("x",)


class Little(L.LightningModule):
    """Learns one number."""

    config = PretrainingConfig(seed=7)

    def __init__(self):
        super().__init__()
        self.number = torch.nn.Parameter(torch.ones(()))

    def train_dataloader(self):
        return DataLoader([Batch(torch.ones(()))] * 60, batch_size=None, collate_fn=lambda batch: batch)

    def training_step(self, batch, batch_idx):
        loss = (self.number * batch.value) ** 2
        self.log("train/loss", loss, batch_size=1)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def train(folder, steps, *loggers):
    fit(Little(), folder, replace(RUN, loggers=loggers), ScheduleConfig(learning_rate=0.01, warmup=1, steps=steps), [])


def test_csv_has_the_losses_and_a_run_that_goes_on_loses_none(tmp_path):
    train(tmp_path, 40, "csv")
    train(tmp_path, 80, "csv")
    rows = [row for path in sorted(tmp_path.glob("csv/*/metrics.csv")) for row in csv.DictReader(path.open())]
    steps = [int(row["step"]) for row in rows if row["train/loss"]]
    assert steps == [19, 39, 59, 79]


def test_run_json_tells_of_each_start(tmp_path):
    L.seed_everything(11)
    train(tmp_path, 2)
    train(tmp_path, 4)
    first, second = json.loads((tmp_path / "run.json").read_text())["starts"]
    assert (first["goes_on"], second["goes_on"]) == (False, True)
    assert first["seed"] == 11 and first["training"]["seed"] == 7
    assert first["schedule"]["steps"] == 2 and first["run"]["accelerator"] == "cpu"
    assert (
        first["versions"]["torch"] == torch.__version__.split("+")[0] or first["versions"]["torch"] == torch.__version__
    )
    assert first["hardware"]["processors"] >= 1 and first["hardware"]["gpus"] == []


def test_an_unknown_logger_is_named(tmp_path):
    with pytest.raises(PngnatError, match="no logger 'tensorbord'; there are tensorboard, csv, wandb"):
        train(tmp_path, 1, "tensorbord")


def test_csv_holds_no_sound(tmp_path):
    assert not can_hold_sound(make_loggers(["csv"], tmp_path)) and can_hold_sound(
        make_loggers(["csv", "tensorboard"], tmp_path)
    )


@pytest.fixture
def offline(monkeypatch, loopback):
    """Weights & Biases, which keeps all on this machine."""
    wandb = pytest.importorskip("wandb")
    if not loopback:
        pytest.skip("needs a network of this machine's own")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    yield wandb
    wandb.finish()


STEPS = ["schedule.steps=20", "schedule.warmup=1", "run.threads=1", "run.validate_every=20", "run.accelerator=cpu"]
STAGES = {
    "train": ["model=tiny", "training.pictures=1"],
    "vocoder": [
        *(
            "model.width=16",
            "model.hidden=16",
            "model.blocks=1",
            "model.pitch.width=8",
            "model.pitch.hidden=8",
            "model.pitch.blocks=1",
        ),
        *("training.batch_size=2", "training.segments.frames=16", "pitch=dio", "validate_clips=1"),
    ],
    "pretrain": ["model=tiny", "text.vocabulary_size=300", "text.workers=1"],
}


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_logs_to_csv_and_to_weights_and_biases(toy_corpus, tmp_path, offline, stage):
    run, corpus = tmp_path / "run", write_prepared(toy_corpus, tmp_path / "corpus")
    toy_corpus.tokenizer.save(tmp_path)
    (tmp_path / "a.txt").write_text("The cat sat on the mat, and sang.\n\nWho heard it?\n\n" * 9)
    held_out = (
        "text.sources.books.held_out=[{_target_: pngnat.data.pretraining.sources.HeldOutSpan, "
        "name: x, file: a.txt, last_line: 3}]"
    )
    data = {
        "train": [f"corpora=[{corpus}]", f"tokenizer={tmp_path}", "features=null"],
        "vocoder": [f"corpora=[{corpus}]", f"features={tmp_path / 'features'}"],
        "pretrain": [f"text.folder={tmp_path / 'text'}", f"text.sources.books.pattern={tmp_path / 'a.txt'}", held_out],
    }
    recipe = getattr(recipes, stage)
    recipe.__wrapped__(
        recipe.settings(f"run_dir={run}", *data[stage], *STAGES[stage], *STEPS, "run.loggers=[csv,wandb]")
    )
    offline.finish()
    (start,) = json.loads((run / "run.json").read_text())["starts"]
    assert start["seed"] == 0 and start["training"]["seed"] == 0 and start["run"]["loggers"] == ["csv", "wandb"]
    rows = [row for path in run.glob("csv/*/metrics.csv") for row in csv.DictReader(path.open())]
    learned, measured = (
        {name for row in rows for name, value in row.items() if value and name.startswith(kind)} for kind in KINDS
    )
    assert "train/loss" in learned and measured
    assert list(run.glob("wandb/offline-run-*/run-*.wandb"))
    assert bool(list(run.glob("wandb/offline-run-*/files/media/audio/**/*.wav"))) == (stage != "pretrain")
