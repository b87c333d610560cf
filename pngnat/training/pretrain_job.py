"""The pre-training as a job: text, fitting, export, figures on the held-out text."""

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
    """Settings of a pre-training."""

    run_dir: Path
    """Folder for checkpoints and logs; a stopped run continues here."""
    export_dir: Path
    """Folder of the exported model: config.json, model.safetensors, tokenizer.json."""
    text: PretrainingText
    """The training text."""
    model: ModelSizes
    """Sizes of an acoustic model, whose encoder is pre-trained; model=NAME selects conf/model/NAME.yaml."""
    data: str | None = None
    """Folder of texts, for YAML files with sources in `${data}`."""
    voice_from: str | None = None
    """Voice whose embeddings and frozen layers are kept, as its own pre-training left them."""
    prepare_only: bool = False
    """true prepares the cache and the tokenizer, and stops before training."""
    training: PretrainingConfig = field(default_factory=PretrainingConfig)
    """Batches, masking and optimizer."""
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=10_000))
    """The learning rate over the run, and its end."""
    run: RunConfig = field(default_factory=lambda: RunConfig(checkpoint_minutes=10))
    """Devices, checkpoints and logs."""


def pretrain(job: PretrainingJob, text: PreparedText) -> dict[str, float]:
    """Train, or continue a stopped run; export the model and measure it.

    Returns the `TaskScores.summary` of the held-out text in the first process, else an empty mapping. Raises
    PngnatError for a start that does not fit.
    """
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
