"""Pre-training learns, resumes exactly, reports each task apart, and runs through its recipe."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pngnat.cli import recipes
from pngnat.data.pretraining.homographs import HomographSentences
from pngnat.data.pretraining.masking import MaskingConfig, Task
from pngnat.data.pretraining.sentences import MaskedBatch
from pngnat.data.pretraining.sources import HeldOutSpan, TextFiles, TextRows
from pngnat.data.pretraining.text import PreparedText, PretrainingText
from pngnat.errors import PngnatError
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_bert_pretraining import load_pretrained
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.callbacks import Throughput
from pngnat.training.pretrain import Pretraining, PretrainingConfig
from pngnat.training.runs import LAST, RunConfig, fit
from pngnat.training.schedule import ScheduleConfig, WarmupCosine
from pngnat.training.task_scores import TaskScores

ROOT = Path(__file__).parents[2]
RUN = RunConfig(accelerator="cpu", threads=1, validate_every=4)
SCHEDULE = ScheduleConfig(learning_rate=3e-3, warmup=2, steps=8)
TRAINING = PretrainingConfig(batch_tokens=300, autocast=False)


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("books")
    rng = np.random.default_rng(0)
    for name, count in (("train.txt", 60), ("held.txt", 8)):
        nouns, verbs = ["cat", "dog", "bird", "child"], ["sees", "hears", "likes"]
        lines = [
            f"The {rng.choice(nouns)} {rng.choice(verbs)} the {rng.choice(nouns)}, and sings." for _ in range(count)
        ]
        (folder / name).write_text("\n\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def text(books, tmp_path_factory) -> PreparedText:
    sources = {"books": TextFiles(str(books / "*.txt"), [HeldOutSpan("held", "held.txt")])}
    return PretrainingText(sources, str(tmp_path_factory.mktemp("cache")), vocabulary_size=200).prepare()


def pretraining(text: PreparedText, config: PretrainingConfig = TRAINING) -> Pretraining:
    torch.manual_seed(0)
    sizes = PngBertConfig(text.tokenizer.vocabulary_size, width=32, layers=1, heads=2, feedforward=64, dropout=0.1)
    return Pretraining(sizes, config, text.tokenizer, text.train, text.held_out)


def held_out_loss(module: Pretraining) -> float:
    module.eval()
    data = module.held_out_data
    with torch.no_grad():
        scores, labels = module.guess(MaskedBatch.collate([data[0, index] for index in range(len(data))]))
    return float(torch.nn.functional.cross_entropy(scores, labels))


@pytest.mark.slow
def test_training_lowers_the_held_out_loss_and_logs_each_task(text, tmp_path):
    before = held_out_loss(pretraining(text))
    module = pretraining(text)
    fit(
        module,
        tmp_path,
        RUN,
        replace(SCHEDULE, steps=60, learning_rate=1e-2),
        [Throughput("tokens_per_s", "num_tokens", window=5)],
    )
    assert held_out_loss(module) < 0.5 * before
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logged = set(EventAccumulator(str(tmp_path)).Reload().Tags()["scalars"])
    tasks = ("mlm_phoneme", "mlm_grapheme", "g2p", "p2g")
    measures = ("loss", "token_accuracy", "word_accuracy")
    assert {f"held_out/{task}/{measure}" for task in tasks for measure in measures} | {
        "held_out/loss",
        "tokens_per_s",
    } <= logged


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(text, tmp_path):
    whole = pretraining(text)
    fit(whole, tmp_path / "whole", RUN, SCHEDULE, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WarmupCosine, "progress", lambda self, step: step / 8 if step < 4 else 1.0)
        fit(pretraining(text), tmp_path / "halves", RUN, SCHEDULE, [])
    resumed = pretraining(text)
    fit(resumed, tmp_path / "halves", RUN, SCHEDULE, [])
    for (name, expected), found in zip(
        whole.model.state_dict().items(), resumed.model.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=0, msg=f"{name} differs")


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_sentences(text, tmp_path):
    module = pretraining(text)
    torch.nn.init.constant_(module.model.head.transform.weight, float("nan"))
    with pytest.raises(PngnatError, match=r"nan at step 0; the batch holds epoch 0 sentence \d+"):
        fit(module, tmp_path, RUN, SCHEDULE, [])


def test_batch_without_masked_tokens_gives_no_nan(text):
    module = pretraining(text, replace(TRAINING, masking=MaskingConfig(0, 0, 0)))
    module.log = lambda *args, **options: None
    assert module.training_step(MaskedBatch.collate([module.train_data[0, 0]]), 0) == 0


def test_masks_of_held_out_books_are_fixed(text):
    usual, other = (
        pretraining(text, replace(TRAINING, masking=masking)) for masking in (MaskingConfig(), MaskingConfig(0.3, 0, 0))
    )
    for index in range(len(text.held_out)):
        one, two = usual.held_out_data[0, index].masked, other.held_out_data[0, index].masked
        np.testing.assert_array_equal(one.ids, two.ids)
        assert (one.ids[one.tasks != Task.NONE] == text.tokenizer.mask_id).all()


def test_scores_by_token_and_by_word():
    scores = TaskScores()
    # Word 1: three phonemes, one of them wrong. Word 2: two right. The grapheme of word 1 is right, and a word of
    # another batch wrong.
    tasks = torch.tensor([Task.G2P] * 5 + [Task.MLM_GRAPHEME])
    right = torch.tensor([True, False, True, True, True, True])
    scores.add(torch.tensor([1.0, 4.0, 1.0, 1.0, 1.0, 2.0]), right, tasks, torch.tensor([1, 1, 1, 2, 2, 1]))
    scores.add(torch.tensor([4.0]), torch.tensor([False]), torch.tensor([Task.MLM_GRAPHEME]), torch.tensor([1]))
    assert scores.summary() == pytest.approx(
        {
            "g2p/loss": 8 / 5,
            "g2p/token_accuracy": 4 / 5,
            "g2p/word_accuracy": 1 / 2,
            "mlm_grapheme/loss": 3,
            "mlm_grapheme/token_accuracy": 1 / 2,
            "mlm_grapheme/word_accuracy": 1 / 2,
            "loss": 14 / 7,
        }
    )


def test_config_builds_its_classes():
    held = "[{_target_: pngnat.data.pretraining.sources.HeldOutSpan, name: Emma, file: emma.txt}]"
    overrides = [
        "run_dir=x",
        "text.folder=y",
        "text.sources.books.pattern='*.txt'",
        f"text.sources.books.held_out={held}",
    ]
    job = recipes.pretrain.settings(*overrides)
    assert job.text.sources == {"books": TextFiles("*.txt", [HeldOutSpan("Emma", "emma.txt")])}
    assert job.training == PretrainingConfig() and job.export_dir == Path("x/model")


def test_other_sources_can_take_the_place_of_the_books():
    rows = "+text.sources.wiki={_target_: pngnat.data.pretraining.sources.TextRows, pattern: 's3://bucket/*.parquet'}"
    job = recipes.pretrain.settings("run_dir=x", "text.folder=y", "~text.sources.books", rows)
    assert job.text.sources == {"wiki": TextRows("s3://bucket/*.parquet")}


def test_config_of_the_shipped_run_builds_its_classes():
    text = recipes.pretrain.settings("run_dir=x", "text.folder=y", "data=z", config="pretrain_novels").text
    assert PngTokenizer.load(ROOT / text.tokenizer).vocabulary_size == text.vocabulary_size
    assert [span.name for span in text.sources["books"].held_out] == ["The Call of the Wild", "Treasure Island"]
    assert text.sources["homographs"] == HomographSentences("z/homographs/train.tsv.gz")


@pytest.fixture
def toy_run(books, tmp_path) -> list[str]:
    """Overrides that make the recipe's run a matter of seconds, in `tmp_path`."""
    return [
        f"run_dir={tmp_path}/run",
        f"text.folder={tmp_path}/cache",
        f"text.sources.books.pattern='{books}/*.txt'",
        "text.sources.books.held_out=[{_target_: pngnat.data.pretraining.sources.HeldOutSpan, name: held, file: "
        "held.txt}]",
        "text.vocabulary_size=200",
        "text.workers=1",
        "training.batch_tokens=300",
        "model.encoder.width=16",
        "model.encoder.layers=1",
        "model.encoder.heads=2",
        "model.encoder.feedforward=16",
        "schedule.steps=3",
        "run.accelerator=cpu",
        "run.threads=1",
    ]


def run_recipe(overrides: list[str]) -> None:
    recipes.pretrain.__wrapped__(recipes.pretrain.settings(*overrides))


def test_the_recipe_trains_and_exports(toy_run, tmp_path):
    run_recipe(toy_run)
    folder = tmp_path / "run" / "model"
    assert load_pretrained(folder).config.vocabulary_size == PngTokenizer.load(folder).vocabulary_size
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors", "tokenizer.json"}
    # Whoever can read the settings can read the weights.
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1


@pytest.mark.slow
def test_recipe_measures_the_trained_model(toy_run, tmp_path, capsys):
    run_recipe([*toy_run, "run.validate_every=3"])
    written = tmp_path / "run" / "held_out.json"
    figures = json.loads(written.read_text())
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    cells = {row[0]: row[1:] for row in ([cell.strip() for cell in line.strip("|").split("|")] for line in table[2:])}
    assert list(cells) == ["MLM, phonemes", "MLM, graphemes", "G2P", "P2G", "all"]
    shares = (figures["g2p/token_accuracy"] * 100, figures["g2p/word_accuracy"] * 100)
    assert cells["G2P"] == [f"{value:.2f}" for value in (figures["g2p/loss"], *shares)]
    assert cells["all"][0] == f"{figures['loss']:.2f}"
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert EventAccumulator(str(tmp_path / "run")).Reload().Scalars("held_out/loss")[0].value == pytest.approx(
        figures["loss"]
    )
    written.unlink()
    run_recipe(toy_run)  # finished: measured again
    assert json.loads(written.read_text()) == figures


def test_validation_of_the_last_step_is_reused(text, tmp_path, monkeypatch):
    module = pretraining(text)
    fit(module, tmp_path, RUN, SCHEDULE, [])
    monkeypatch.setattr(module.trainer, "validate", lambda *args, **options: pytest.fail("measured twice"))
    assert module.measure()["loss"] == pytest.approx(held_out_loss(module))


def test_the_recipe_measures_nothing_where_nothing_is_held_out(toy_run, tmp_path):
    run_recipe([*toy_run, "text.sources.books.held_out=[]"])
    assert not (tmp_path / "run" / "held_out.json").exists()
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()


@pytest.mark.slow
def test_two_processes_train_one_model(toy_run, tmp_path, loopback):
    if not loopback:
        pytest.skip("processes cannot talk to each other here")
    command = [
        sys.executable,
        str(ROOT / "recipes" / "pretrain.py"),
        *toy_run,
        "run.devices=2",
        "run.strategy=ddp",
        "run.validate_every=2",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, env=environment, cwd=tmp_path, timeout=500)
    checkpoint = torch.load(tmp_path / "run" / LAST, weights_only=False)
    assert checkpoint["global_step"] == 3
    weights = load_pretrained(tmp_path / "run" / "model").state_dict()
    torch.testing.assert_close(weights["encoder.token.weight"], checkpoint["state_dict"]["model.encoder.token.weight"])
    by_two = json.loads((tmp_path / "run" / "held_out.json").read_text())
    run_recipe(toy_run)
    assert by_two == pytest.approx(json.loads((tmp_path / "run" / "held_out.json").read_text()))
