"""A pre-training from beginning to end: text, fitting, export, figures on the held-out text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import lightning as L

from pngnat.data.pretraining.text import PreparedText, PretrainingText
from pngnat.models.png_bert import PngBertConfig
from pngnat.training.callbacks import Throughput
from pngnat.training.pretrain import Pretraining, PretrainingConfig
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.sizes import ModelSizes
from pngnat.training.start import start_from_frozen
from pngnat.voice.modules import load_modules


@dataclass(frozen=True, kw_only=True)
class PretrainingJob:
    """What to pre-train on what."""

    run_dir: Path
    """Checkpoints and logs; a run that was stopped goes on from here."""
    export_dir: Path
    """Folder of the finished model: config.json, model.safetensors, tokenizer.json."""
    text: PretrainingText
    """The text to learn from."""
    model: ModelSizes
    """Sizes of an acoustic model, whose encoder is pre-trained; model=NAME takes those of conf/model/NAME.yaml."""
    data: str | None = None
    """Folder of texts, for YAML files whose sources lie in `${data}`."""
    voice_from: str | None = None
    """Voice whose embeddings and frozen layers to keep, as its own pre-training left them."""
    prepare_only: bool = False
    """true makes the cache and the tokenizer, and stops before training."""
    training: PretrainingConfig = field(default_factory=PretrainingConfig)
    """How to train."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=10_000))
    """The learning rate over the run, and its end."""
    run: RunConfig = field(default_factory=lambda: RunConfig(checkpoint_minutes=10))
    """Where and how it runs."""


def pretrain(job: PretrainingJob, text: PreparedText) -> dict[str, float]:
    """Fit, or go on where the run stopped, write the model and measure it.

    Returns the `TaskScores.summary` of the held-out text in the first process, else nothing. Raises PngnatError for a
    start that does not fit."""
    sizes = {name: value for name, value in job.model["encoder"].items() if name != "kind"}
    model = PngBertConfig(**sizes, vocabulary_size=text.tokenizer.vocabulary_size)
    L.seed_everything(job.training.seed)
    module = Pretraining(model, job.training, text.tokenizer, text.train, text.held_out)
    if job.voice_from:
        start_from_frozen(module.model.encoder, load_modules(job.voice_from), text.tokenizer)
    fit(module, job.run_dir, job.run, job.schedule, [Throughput("tokens_per_s", "num_tokens")])
    is_first = module.global_rank == 0
    if is_first:
        module.export(job.export_dir)
    held_out = module.measure()
    return held_out if is_first else {}
