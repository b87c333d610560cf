"""Where a run's figures and sounds go, and what it says of itself."""

import csv
import json
from dataclasses import dataclass, replace
from types import SimpleNamespace

import lightning as L
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from pngnat.errors import PngnatError
from pngnat.training.loggers import can_hold_sound, log_picture, log_sound, make_loggers
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig

RUN = RunConfig(accelerator="cpu", threads=1, validate_every=100)


@dataclass
class Batch:
    """What every batch has."""

    value: torch.Tensor
    ids: tuple[str, ...] = ("x",)


class Little(L.LightningModule):
    """Learns one number."""

    config = SimpleNamespace(seed=7)

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
    train(tmp_path, 2)
    train(tmp_path, 4)
    first, second = json.loads((tmp_path / "run.json").read_text())["starts"]
    assert (first["goes_on"], second["goes_on"]) == (False, True)
    assert first["seed"] == 7 and first["schedule"]["steps"] == 2 and first["run"]["accelerator"] == "cpu"
    assert first["versions"]["torch"] == torch.__version__.split("+")[0] or first["versions"]["torch"] == torch.__version__
    assert first["hardware"]["processors"] >= 1 and first["hardware"]["gpus"] == []


def test_an_unknown_logger_is_named(tmp_path):
    with pytest.raises(PngnatError, match="no logger 'tensorbord'; there are tensorboard, csv, wandb"):
        train(tmp_path, 1, "tensorbord")


def test_csv_holds_no_sound(tmp_path):
    assert not can_hold_sound(make_loggers(["csv"], tmp_path)) and can_hold_sound(make_loggers(["csv", "tensorboard"], tmp_path))


@pytest.mark.slow
def test_weights_and_biases_offline(tmp_path, monkeypatch, loopback):
    wandb = pytest.importorskip("wandb")
    if not loopback:
        pytest.skip("needs a network of this machine's own")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    loggers = make_loggers(["wandb"], tmp_path)
    log_sound(loggers, "valid/r", np.zeros(2400), 24000, 1)
    log_picture(loggers, "valid/m", torch.rand(1, 8, 8), 1)
    wandb.finish()
    train(tmp_path, 20, "wandb")
    wandb.finish()
    assert list(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))
    assert list(tmp_path.glob("wandb/offline-run-*/files/media/audio/**/*.wav"))
