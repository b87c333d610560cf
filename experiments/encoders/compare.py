"""What a pre-trained PnG BERT is worth for durations: the same short training for several encoders and seeds, and
tables of the results.

    python -m experiments.encoders.compare run_dir=runs/encoders corpora=[corpora/teacher] probe=corpora/probe \
        tokenizer=runs/png_bert/model pretrained=runs/png_bert/model

First each model learns durations from `corpora`. Then, from there, it learns the pause of ", two." against ", too."
from few sentences of the probe corpus. Settings are in conf/compare.yaml, beside this file; the same command goes on
where it stopped, and ends with results.json, tables.md and pauses.png in `run_dir`. Where they differ from those of a
training in `run_dir`, it stops and says which. """

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from experiments.encoders.duration_job import DurationJob, DurationPlan, recordings_digest
from experiments.encoders.durations import DurationDataset, DurationTrainingConfig, TimedTokens, predicted
from experiments.encoders.last_pause import LastPause
from experiments.encoders.picture import draw
from experiments.encoders.probe import ProbeDraws, few
from experiments.encoders.report import EncoderReport
from pngnat.cli.recipe import recipe
from pngnat.data.corpus import SPLITS, Recording
from pngnat.data.recordings import as_recordings, read_corpus
from pngnat.evaluation.durations import duration_counts, duration_figures
from pngnat.files import write_text
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.stamps import check_stamp, digest
from pngnat.text.frontend import Frontend
from pngnat.training.checkpoints import LAST, PREVIOUS
from pngnat.training.runs import RunConfig
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.sizes import model_config, read_sizes

SIZES = Path(__file__).parents[2] / "conf" / "model"
REMEDY = "name another run_dir, or remove this folder to train it again"


@dataclass(frozen=True)
class Variant:
    """One of the models to compare."""

    title: str
    """In tables."""
    sizes: str
    """A file of conf/model/, without its suffix."""
    encoder_from: Path | None = None
    """Folder of a pre-trained PnG BERT; null starts from random weights."""
    encoder: Mapping[str, Any] = field(default_factory=dict)
    """What is other in the encoder than `sizes` says."""
    frozen_layers: int = -1
    """Of PnG BERT, as in PngNatConfig."""


@dataclass(frozen=True, kw_only=True)
class CompareSettings:
    """What to compare on what."""

    run_dir: Path
    """One folder a training; what is finished is not done again."""
    corpora: tuple[Path, ...]
    """Prepared corpora with the splits train, valid and test."""
    probe: Path
    """The prepared probe corpus, menus that end in ", two." or ", too."."""
    tokenizer: Path
    """Folder with tokenizer.json."""
    pretrained: Path
    """Folder of a pre-trained PnG BERT (recipes/pretrain.py), or what the choice of encoders says."""
    models: Mapping[str, Variant]
    """encoders@models=pretraining or ablations; each learns in a folder of its own name."""
    sentences: Path = Path("experiments/encoders/two_or_too.txt")
    """More sentences of the probe's kind, never trained on."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Each model learns once with each."""
    probe_sizes: tuple[int, ...] = (4, 8, 16, 32, 0)
    """Probe recordings to learn from; 0 for all of its training split."""
    training: DurationTrainingConfig = field(default_factory=DurationTrainingConfig)
    """How to train."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(learning_rate=5e-4, warmup=50, steps=600))
    """Of the training on `corpora`."""
    probe_schedule: ScheduleConfig = field(
        default_factory=lambda: ScheduleConfig(learning_rate=5e-4, warmup=5, steps=100)
    )
    """Goes on from there, with recordings of the probe beside those of `corpora`: about one pass over what is drawn,
    six of all 190 of the probe's recordings."""
    probe_draws: ProbeDraws = field(default_factory=ProbeDraws)
    """What it learns from."""
    run: RunConfig = field(default_factory=lambda: RunConfig(validate_every=100))
    """Where and how the trainings run."""
    ema_decay: float = 0.98
    """Of the averaged weights, which are measured."""


@dataclass(frozen=True)
class Comparison:
    """The data and the settings of all trainings."""

    config: CompareSettings
    job: DurationJob
    recordings: dict[str, list[Recording]]
    probe: dict[str, list[Recording]]

    @classmethod
    def of(cls, config: CompareSettings) -> Comparison:
        """Read the corpora."""
        recordings = {split: [r for folder in config.corpora for r in read_corpus(folder, split)] for split in SPLITS}
        probe = {split: read_corpus(config.probe, split) for split in ("train", "test")}
        speakers = as_recordings(recordings["train"]).speakers
        job = DurationJob(config.tokenizer, speakers, config.training, config.run, config.ema_decay)
        return cls(config, job, recordings, probe)

    def model(self, variant: Variant) -> PngNatConfig:
        """The model of an entry of `models`."""
        values = read_sizes(SIZES / f"{variant.sizes}.yaml")
        values["encoder"] |= variant.encoder
        values["frozen_layers"] = variant.frozen_layers
        return model_config(values, self.job.tokenizer.vocabulary_size, len(self.job.speakers))

    def plan(self, variant: Variant, seed: int) -> DurationPlan:
        """What teaches a model durations from `corpora`."""
        return DurationPlan(
            self.model(variant), self.recordings["train"], self.recordings["valid"], self.config.schedule, seed
        )

    def with_probe(self, plan: DurationPlan, size: int) -> DurationPlan:
        """What teaches it more from `size` recordings of the probe corpus as well."""
        chosen = few(self.probe["train"], size, plan.seed)
        train = self.config.probe_draws.mixed(chosen, self.recordings["train"], plan.seed)
        return replace(plan, train=train, schedule=self.config.probe_schedule)

    @cached_property
    def measured_on(self) -> dict[str, str]:
        """What figures depend on besides the model."""
        held_out = {split: self.recordings[split] for split in ("valid", "test")} | {"probe": self.probe["test"]}
        return {name: recordings_digest(kept) for name, kept in held_out.items()} | {
            "ours": digest(self.config.sentences)
        }

    @cached_property
    def spoken(self) -> dict[str, list[TimedTokens]]:
        """The recordings of each split that no model has seen."""
        job = self.job
        return {
            split: DurationDataset(self.recordings[split], job.tokenizer, job.speakers).examples
            for split in ("valid", "test")
        }

    def counts(self) -> dict[str, dict[str, int]]:
        """What the figures of each split stand on."""
        return {
            split: duration_counts([e.durations for e in found], [e.tokens.word_index for e in found])
            for split, found in self.spoken.items()
        }

    def figures(self, model: PngNat) -> dict[str, dict[str, float]]:
        """A model's errors on the recordings that it has not seen."""
        found = {}
        for split, examples in self.spoken.items():
            arrays = (
                predicted(model, examples),
                [e.durations for e in examples],
                [e.tokens.word_index for e in examples],
            )
            found[split] = duration_figures(*arrays)
        return found

    def pauses(self, model: PngNat) -> list[dict]:
        """The pause before the last word in the probe's test split and in the sentences that are ours."""
        speakers, frontend = self.job.speakers, Frontend()
        texts = [line for line in self.config.sentences.read_text(encoding="utf-8").splitlines() if line]
        ours = [self.job.tokenizer.encode(next(frontend.utterances(text))) for text in texts]
        voices = [speakers.index(name) for name in as_recordings(self.probe["train"]).speakers]
        groups = {
            "probe, test split": DurationDataset(self.probe["test"], self.job.tokenizer, speakers).examples,
            "ours": [TimedTokens(text, t, np.zeros(0), v) for text, t in zip(texts, ours, strict=True) for v in voices],
        }
        spelled = {recording.id: recording.utterance.text for recording in self.probe["test"]}
        found = []
        for group, examples in groups.items():
            for example, durations in zip(examples, predicted(model, examples), strict=True):
                pause = LastPause.of(spelled.get(example.id, example.id), group, durations, example.tokens.word_index)
                found.append(pause.to_dict())
        return found


def once(path: Path, measured_on: dict, measure: Callable[[], dict]) -> dict:
    """What `measure` returns, from `path` where that has been measured before on the same."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if kept.get("measured_on") != measured_on:
        kept = {"measured_on": measured_on, **measure()}
        write_text(path, json.dumps(kept, indent=1))
    return kept


def measure(comparison: Comparison, report: EncoderReport, variant: Variant, seed: int, folder: Path) -> None:
    """Train one seed of a model in `folder`, without the probe corpus and with each number of its recordings, and
    report it."""
    job, plan, measured_on = comparison.job, comparison.plan(variant, seed), comparison.measured_on
    start = variant.encoder_from
    settings = job.settings(plan, start and digest(start / "model.safetensors"))
    check_stamp(folder, settings, REMEDY)
    # Trained, or read from a finished run, where something is to be measured, and then once.
    base = cache(lambda: job.train(folder, plan, start))
    trained = once(
        folder / "figures.json",
        measured_on,
        lambda: {**comparison.figures(base()), "pauses": comparison.pauses(base())},
    )
    report.add(variant.title, seed, trained)

    def probed(folder: Path, plan: DurationPlan) -> dict:
        model = job.train(folder, plan, base())
        (folder / LAST).unlink()
        (folder / PREVIOUS).unlink(missing_ok=True)
        return {"pauses": comparison.pauses(model)}

    for size in comparison.config.probe_sizes:
        more, place = comparison.with_probe(plan, size), folder / f"probe{size}"
        check_stamp(place, job.settings(more, settings), REMEDY)
        report.add_probe(variant.title, size, once(place / "figures.json", measured_on, partial(probed, place, more)))


@recipe("compare", "experiments.encoders.compare.CompareSettings", folder=Path(__file__).parent / "conf")
def main(config: CompareSettings) -> None:
    """Compare encoders by short trainings of durations: train and measure what is missing, then write the tables."""
    comparison = Comparison.of(config)
    report = EncoderReport(comparison.counts())
    for seed in config.seeds:
        for name, variant in config.models.items():
            measure(comparison, report, variant, seed, config.run_dir / name / f"seed{seed}")
    report.write(config.run_dir)
    draw(report, config.run_dir / "pauses.png")
    print(report.tables())


if __name__ == "__main__":
    sys.exit(main())
