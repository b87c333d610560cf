"""The comparison of encoders trains what is missing, and takes no result for that of other settings."""

import importlib.util
import sys
from pathlib import Path

import pytest

from experiments.encoders.duration_job import DurationJob
from experiments.encoders.report import EncoderReport
from pngnat.errors import PngnatError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def recipe():
    spec = importlib.util.spec_from_file_location("compare_encoders", ROOT / "experiments" / "encoders" / "compare.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def compare(recipe, toy_corpus, tmp_path):
    """Measures the tiny model in `tmp_path` with more settings, and returns the report."""
    toy_corpus.tokenizer.save(toy_corpus.folder)
    splits = {split: [r for r in toy_corpus.recordings if r.split == split] for split in ("train", "valid")}
    recordings = {**splits, "test": splits["valid"]}
    short = [
        "schedule.steps=2",
        "probe_schedule.steps=2",
        "probe_draws.probe=8",
        "probe_sizes=[2]",
        "run.accelerator=cpu",
        "run.threads=1",
    ]

    def measured(*overrides: str) -> EncoderReport:
        places = ["run_dir=x", "corpora=[y]", "probe=z", "pretrained=p", f"tokenizer={toy_corpus.folder}"]
        sentences = f"sentences={ROOT}/experiments/encoders/two_or_too.txt"
        config = recipe.main.settings(*short, *places, sentences, "models.scratch.sizes=tiny", *overrides)
        job = DurationJob(toy_corpus.folder, ["a", "b"], config.training, config.run)
        report = EncoderReport()
        recipe.measure(
            recipe.Comparison(config, job, recordings, recordings),
            report,
            config.models["scratch"],
            0,
            tmp_path / "run",
        )
        return report

    return measured


def test_what_is_finished_is_not_done_again_and_other_settings_are_refused(compare, tmp_path, monkeypatch):
    first = compare()
    monkeypatch.setattr(DurationJob, "train", lambda *args: pytest.fail("trained again"))
    again = compare()
    # As text: toys pause nowhere, and a share of nothing is NaN, which equals nothing.
    assert str(again) == str(first)
    with pytest.raises(PngnatError, match=r"run was made with other settings \(schedule\.steps: "):
        compare("schedule.steps=3")
    # What the model learned before it met the probe corpus still holds.
    with pytest.raises(PngnatError, match=r"probe2 was made with other settings \(schedule\.steps: "):
        compare("probe_schedule.steps=3")
    assert str(compare("probe_sizes=[]", "probe_schedule.steps=3").figures) == str(first.figures)


def test_figures_of_other_recordings_are_measured_again(recipe, tmp_path):
    path = tmp_path / "figures.json"
    for measured_on, number, expected in (("a", 1, 1), ("a", 2, 1), ("b", 3, 3)):
        found = recipe.once(path, {"test": measured_on}, lambda number=number: {"number": number})
        assert found["number"] == expected


@pytest.mark.parametrize("choice", ["pretraining", "ablations"])
def test_each_choice_of_encoders_names_models_that_there_are(recipe, choice):
    places = ["run_dir=x", "corpora=[y]", "probe=z", "pretrained=p", "tokenizer=t", f"encoders@models={choice}"]
    models = recipe.main.settings(*places).models
    assert len(models) > 3
    for variant in models.values():
        encoder = recipe.read_sizes(recipe.SIZES / f"{variant.sizes}.yaml")["encoder"]
        assert set(variant.encoder) <= set(encoder) and variant.title
        assert variant.encoder_from is None or variant.encoder_from.parts[0] == "p"
