"""Training of durations alone: the acoustic model's encoder, speaker table and duration predictor, without its decoder
or any sound.

It shows in minutes what an encoder knows about rhythm, where the whole model takes hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pngnat.data.batching import BucketedBatches
from pngnat.data.corpus import Recording
from pngnat.data.dataset import TOKEN_MULTIPLE
from pngnat.engine.torch_engine import TorchAcoustic
from pngnat.evaluation.tracks import predict_durations
from pngnat.models.batch import PngBatch, pad_rows
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.text.tokenizer import PngTokenizer, PngTokens
from pngnat.training.module import StageModule


@dataclass(frozen=True)
class TimedTokens:
    """One utterance: its tokens, seconds of each of the N phoneme-segment tokens, and its speaker's row."""

    id: str
    tokens: PngTokens
    durations: np.ndarray
    speaker: int


@dataclass(frozen=True)
class DurationBatch:
    """B utterances. durations: (B, N) seconds, 0 at padding; speaker: (B,)."""

    ids: tuple[str, ...]
    tokens: PngBatch
    durations: Tensor
    speaker: Tensor

    @classmethod
    def collate(cls, examples: Sequence[TimedTokens]) -> DurationBatch:
        """The padded batch of these utterances."""
        return cls(
            ids=tuple(example.id for example in examples),
            tokens=PngBatch.collate([example.tokens for example in examples], TOKEN_MULTIPLE),
            durations=pad_rows([torch.from_numpy(example.durations) for example in examples]),
            speaker=torch.tensor([example.speaker for example in examples]),
        )

    def to(self, device: torch.device | str) -> DurationBatch:
        """The same batch on another device."""
        return DurationBatch(self.ids, self.tokens.to(device), self.durations.to(device), self.speaker.to(device))


class DurationDataset(Dataset[TimedTokens]):
    """Recordings of prepared corpora. speakers: names in the order of the model's speaker table."""

    def __init__(self, recordings: Sequence[Recording], tokenizer: PngTokenizer, speakers: Sequence[str]):
        rows = {name: row for row, name in enumerate(speakers)}
        self.examples = [
            TimedTokens(r.id, tokenizer.encode(r.utterance), r.durations, rows[r.speaker]) for r in recordings
        ]

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> TimedTokens:
        return self.examples[index]

    @property
    def padded_lengths(self) -> np.ndarray:
        """The number of PnG tokens of each utterance as a batch pads it."""
        return np.array([-(-len(example.tokens.ids) // TOKEN_MULTIPLE) * TOKEN_MULTIPLE for example in self.examples])


def predicted(model: PngNat, examples: Sequence[TimedTokens], size: int = 32) -> list[np.ndarray]:
    """Predicted seconds of each utterance's N tokens, (N,), whose own durations are not read."""
    return predict_durations(
        TorchAcoustic(model), [example.tokens for example in examples], [example.speaker for example in examples], size
    )


@dataclass(frozen=True)
class DurationTrainingConfig:
    """How to train."""

    batch_tokens: int = 2048
    """Padded PnG tokens in a batch."""
    weight_decay: float = 0.01
    """Of AdamW."""
    betas: tuple[float, float] = (0.9, 0.98)
    """Of AdamW."""
    autocast: bool = True
    """bfloat16 in the matrix products, where it is computed natively."""
    seed: int = 0
    """Of the order of batches and dropout."""


class DurationTraining(StageModule):
    """The squared error of durations in seconds, as in the acoustic model's loss (arXiv 2010.04301, section 3)."""

    def __init__(
        self, model: PngNatConfig, config: DurationTrainingConfig, train: DurationDataset, valid: DurationDataset
    ):
        super().__init__()
        self.config = config
        self.model = PngNat(model)
        self.data = {"train": train, "valid": valid}

    def train_dataloader(self) -> DataLoader:
        data = self.data["train"]
        batches = self.batches(BucketedBatches, data.padded_lengths, self.config.batch_tokens)
        return DataLoader(data, batch_sampler=batches, collate_fn=DurationBatch.collate)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.data["valid"], batch_size=32, collate_fn=DurationBatch.collate)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        parts = chain.from_iterable(
            part.parameters() for part in (self.model.encoder, self.model.speaker, self.model.duration_predictor)
        )
        trained = [parameter for parameter in parts if parameter.requires_grad]
        return torch.optim.AdamW(trained, betas=self.config.betas, weight_decay=self.config.weight_decay, fused=True)

    def training_step(self, batch: DurationBatch, batch_idx: int) -> Tensor:
        loss = self.loss(batch)
        # Squared seconds are small numbers; Adam does not mind, and a bar shows milliseconds better.
        self.log("train/rmse_ms", loss.detach().sqrt() * 1000, prog_bar=True, batch_size=len(batch.ids))
        return loss

    def validation_step(self, batch: DurationBatch, batch_idx: int) -> None:
        self.log(
            "valid/mse",
            self.loss(batch) * 1e6,
            batch_size=int(batch.tokens.phoneme_lengths.sum()),
            sync_dist=True,
            prog_bar=True,
        )

    def loss(self, batch: DurationBatch) -> Tensor:
        """The mean squared error in seconds squared over all tokens that are no padding."""
        with self.precision():
            hidden = self.model.add_speaker(self.model.encode(batch.tokens), batch.speaker)
            predicted = self.model.duration_predictor(hidden, batch.tokens.phoneme_lengths)
        return (predicted.float() - batch.durations)[batch.tokens.phoneme_mask].square().mean()
