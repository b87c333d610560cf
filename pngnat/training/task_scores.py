"""Accuracy of masked tokens, for each task, by token and by word."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from pngnat.data.pretraining.masking import Task

# In the order of reports, with titles.
TASKS = {Task.MLM_PHONEME: "MLM, phonemes", Task.MLM_GRAPHEME: "MLM, graphemes", Task.G2P: "G2P", Task.P2G: "P2G"}


class TaskScores:
    """Sums over batches. A word is right if all of its tokens in the task are."""

    def __init__(self) -> None:
        # For each task: tokens, tokens right, summed cross entropy, words, words right.
        self.sums = torch.zeros(len(Task), 5, dtype=torch.float64)

    def add(self, losses: Tensor, right: Tensor, tasks: Tensor, words: Tensor) -> None:
        """Count K masked tokens.

        losses: (K,) cross entropies. right: (K,) bool. tasks: (K,) `Task`. words: (K,) a number for each word of the
        batch.
        """
        tasks = tasks.long()
        _, place = torch.unique(words.long() * len(Task) + tasks, return_inverse=True)
        count = int(place.max()) + 1 if len(place) else 0
        wrong_tokens = torch.zeros(count, device=losses.device).index_add_(0, place, (~right).float())
        word_tasks = torch.zeros(count, dtype=torch.long, device=losses.device).index_copy_(0, place, tasks)
        by_token = torch.stack([torch.ones_like(losses), right.to(losses), losses], dim=1).double()
        by_word = torch.stack([torch.ones_like(wrong_tokens), (wrong_tokens == 0).float()], dim=1).double()
        self.sums = self.sums.to(losses.device)
        self.sums[:, :3].index_add_(0, tasks, by_token)
        self.sums[:, 3:].index_add_(0, word_tasks, by_word)

    def summary(self) -> dict[str, float]:
        """Return "g2p/loss" (nats a token), "g2p/token_accuracy" and "g2p/word_accuracy" for each task with tokens, and
        "loss" over all tokens."""
        summary = {}
        for task in TASKS:
            tokens, right, loss, words, words_right = self.sums[task].tolist()
            if tokens:
                name = task.name.lower()
                summary[f"{name}/loss"] = loss / tokens
                summary[f"{name}/token_accuracy"] = right / tokens
                summary[f"{name}/word_accuracy"] = words_right / words
        tokens, _, loss = self.sums[list(TASKS), :3].sum(0).tolist()
        return {**summary, "loss": loss / max(tokens, 1)}


def task_rows(summary: Mapping[str, float]) -> list[dict[str, str | float | None]]:
    """Return a `TaskScores.summary` as rows of a table, one for each task and one for all; fractions in percent."""
    rows: list[dict[str, str | float | None]] = []
    for task, title in TASKS.items():
        name = task.name.lower()
        if f"{name}/loss" in summary:
            shares = {f"{unit}s right %": 100 * summary[f"{name}/{unit}_accuracy"] for unit in ("token", "word")}
            rows.append({"task": title, "loss, nats": summary[f"{name}/loss"], **shares})
    return [*rows, {"task": "all", "loss, nats": summary["loss"], "tokens right %": None, "words right %": None}]
