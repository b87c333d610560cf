"""Pre-training of PnG BERT by masked language modelling."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader

from pngnat.data.pretraining.masking import IGNORED, MaskingConfig
from pngnat.data.pretraining.sentences import EpochBatches, MaskedBatch, MaskedSentences, id_spaces
from pngnat.data.pretraining.tokens import TokenStore
from pngnat.files import atomic_write, make_folder
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_bert_pretraining import PngBertForPreTraining, PngBertPretrainedConfig
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.module import StageModule
from pngnat.training.task_scores import TaskScores

REQUESTED_MULTIPLE = 256


@dataclass(frozen=True)
class PretrainingConfig:
    """Batches, masking and optimizer of a pre-training."""

    batch_tokens: int = 8192
    """Padded tokens in a batch of one process."""
    masking: MaskingConfig = field(default_factory=MaskingConfig)
    """Masking in training. Held-out books are masked with the default fractions and [MASK] alone, so that runs with
    different masking are comparable."""
    weight_decay: float = 0.01
    """Weight decay of AdamW for matrices; biases and norms have none."""
    betas: tuple[float, float] = (0.9, 0.98)
    """Betas of AdamW."""
    autocast: bool = True
    """bfloat16 in the matrix products, where it is computed natively."""
    workers: int = 0
    """Processes that mask and load."""
    window: int = 64
    """Shards of the text whose sentences are mixed."""
    validation_batches: int = 0
    """Number of held-out batches to measure; 0 is all."""
    seed: int = 0
    """Seed of random weights, order of batches, masking and dropout."""


class Pretraining(StageModule):
    """Model, objective and data. train, held_out: token stores made with `tokenizer`."""

    def __init__(
        self,
        model: PngBertConfig,
        config: PretrainingConfig,
        tokenizer: PngTokenizer,
        train: TokenStore,
        held_out: TokenStore,
    ):
        super().__init__()
        self.config: PretrainingConfig = config
        self.model = PngBertForPreTraining(PngBertPretrainedConfig.from_plain(model)).train()
        self.tokenizer = tokenizer
        spaces = id_spaces(tokenizer)
        measured = replace(MaskingConfig(), masked=1.0, replaced=0.0)
        self.train_data = MaskedSentences(train, spaces, config.masking, config.seed)
        self.held_out_data = MaskedSentences(held_out, spaces, measured, seed=0)
        self._scores = TaskScores()
        self._scored_step = -1

    def train_dataloader(self) -> DataLoader:
        store = self.train_data.store
        kind = partial(EpochBatches, starts=store.starts, window=self.config.window)
        batches = self.batches(kind, store.lengths, self.config.batch_tokens)
        return DataLoader(
            self.train_data, batch_sampler=batches, collate_fn=MaskedBatch.collate, num_workers=self.config.workers
        )

    def val_dataloader(self) -> DataLoader | list:
        if not len(self.held_out_data):
            return []
        batches = EpochBatches(self.held_out_data.store.lengths, self.config.batch_tokens).epoch(0)
        chosen = range(len(batches))[: self.config.validation_batches or None]
        own = [batches[place] for place in chosen[self.trainer.global_rank :: self.trainer.world_size]]
        return DataLoader(self.held_out_data, batch_sampler=own, collate_fn=MaskedBatch.collate)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        matrices = [parameter for parameter in self.model.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in self.model.parameters() if parameter.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": self.config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, betas=self.config.betas, fused=True)

    def guess(self, batch: MaskedBatch) -> tuple[Tensor, Tensor]:
        """Return the scores (K, V) of the K masked tokens, and their labels (K,)."""
        asked = batch.labels != IGNORED
        labels = batch.labels[asked]
        with self.precision():
            chosen = self.model.encoder(batch.tokens)[asked]
            padded = F.pad(chosen, (0, 0, 0, -len(chosen) % REQUESTED_MULTIPLE))  # few shapes, as the batches have
            scores = self.model.scores(padded)[: len(chosen)]
        return scores.float(), labels

    def training_step(self, batch: MaskedBatch, batch_idx: int) -> Tensor:
        scores, labels = self.guess(batch)
        loss = F.cross_entropy(scores, labels, reduction="sum") / max(len(labels), 1)
        self.log("train/loss", loss.detach(), prog_bar=True, batch_size=len(batch.ids))
        return loss

    def on_validation_epoch_start(self) -> None:
        self._scores = TaskScores()

    def validation_step(self, batch: MaskedBatch, batch_idx: int) -> None:
        scores, labels = self.guess(batch)
        asked = batch.labels != IGNORED
        rows = torch.arange(len(asked), device=asked.device)[:, None] * int(batch.tokens.word_positions.max() + 1)
        losses = F.cross_entropy(scores, labels, reduction="none")
        self._scores.add(
            losses, scores.argmax(-1) == labels, batch.tasks[asked], (rows + batch.tokens.word_positions)[asked]
        )

    def on_validation_epoch_end(self) -> None:
        self._scores.sums = self.trainer.strategy.reduce(self._scores.sums.to(self.device), reduce_op="sum")
        self._scored_step = self.trainer.global_step
        for name, value in self._scores.summary().items():
            self.log(f"held_out/{name}", value, prog_bar=name in ("loss", "g2p/word_accuracy"), rank_zero_only=True)

    def measure(self) -> dict[str, float]:
        """Return the `TaskScores.summary` of the held-out text, or an empty one. Call it after `fit`, in all
        processes."""
        if not len(self.held_out_data):
            return {}
        if self._scored_step != self.trainer.global_step:
            self.trainer.validate(self, verbose=False)
        return self._scores.summary()

    def export(self, folder: Path) -> None:
        """Write the model and its tokenizer to `folder`, for `load_pretrained` and `PngTokenizer.load`.

        Raises PngnatError if the folder cannot be written.
        """
        self.tokenizer.save(make_folder(folder))
        # safetensors writes files that only their owner can read, and a stop here would leave half a model.
        with tempfile.TemporaryDirectory(dir=folder) as new:
            self.model.save_pretrained(new)
            for file in Path(new).iterdir():
                with atomic_write(folder / file.name) as beside:
                    shutil.copyfile(file, beside)
