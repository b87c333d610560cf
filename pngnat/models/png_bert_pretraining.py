"""PnG BERT with its masked-language-model head as a `transformers` model.

The encoder is the plain module of `png_bert.py`, so that synthesis needs no `transformers`. A saved folder has
`config.json` and `model.safetensors`; its keys with the prefix `encoder.` belong to the plain encoder.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForPreTraining, PretrainedConfig, PreTrainedModel
from transformers.utils import ModelOutput

from pngnat.errors import PngnatError
from pngnat.models.batch import PngBatch
from pngnat.models.png_bert import EMBEDDING_STD, PngBert, PngBertConfig


class PngBertPretrainedConfig(PretrainedConfig):
    """A `PngBertConfig` in the form that `transformers` saves; `to_plain` returns the plain one."""

    model_type = "png_bert"
    attribute_map: ClassVar = {
        "vocab_size": "vocabulary_size",
        "hidden_size": "width",
        "num_hidden_layers": "layers",
        "num_attention_heads": "heads",
        "intermediate_size": "feedforward",
    }

    def __init__(
        self,
        vocabulary_size: int = 8192,
        width: int = PngBertConfig.width,
        layers: int = PngBertConfig.layers,
        heads: int = PngBertConfig.heads,
        feedforward: int = PngBertConfig.feedforward,
        dropout: float = PngBertConfig.dropout,
        word_positions: bool = PngBertConfig.word_positions,
        **kwargs,
    ):
        self.vocabulary_size = vocabulary_size
        self.width = width
        self.layers = layers
        self.heads = heads
        self.feedforward = feedforward
        self.dropout = dropout
        self.word_positions = word_positions
        kwargs.setdefault("pad_token_id", 0)
        super().__init__(**kwargs)

    @classmethod
    def from_plain(cls, config: PngBertConfig) -> PngBertPretrainedConfig:
        """Return the config of the same sizes in this form."""
        return cls(**asdict(config))

    def to_plain(self) -> PngBertConfig:
        """Return the config of the plain encoder."""
        return PngBertConfig(**{field.name: getattr(self, field.name) for field in fields(PngBertConfig)})


@dataclass
class PngBertOutput(ModelOutput):
    """Outputs of the model. loss: () mean cross entropy over the labels; None without labels. logits: (B, L, V).
    last_hidden_state: (B, L, D)."""

    loss: Tensor | None = None
    logits: Tensor | None = None
    last_hidden_state: Tensor | None = None


class MaskedTokenHead(nn.Module):
    """A head from hidden states to scores of all ids of phonemes and wordpieces.

    The output weights are those of the token embedding.
    """

    def __init__(self, config: PngBertConfig):
        super().__init__()
        self.transform = nn.Linear(config.width, config.width)
        self.norm = nn.LayerNorm(config.width)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        # With the weights of the embedding, this gives scores of about 1.
        nn.init.constant_(self.norm.weight, config.width**-0.5 / EMBEDDING_STD)

    def forward(self, hidden: Tensor, embedding: Tensor) -> Tensor:
        """Return scores, (..., V). hidden: (..., D). embedding: (V, D)."""
        return F.linear(self.norm(F.gelu(self.transform(hidden))), embedding, self.bias)


class PngBertForPreTraining(PreTrainedModel):
    """PnG BERT with the head that predicts masked phonemes and wordpieces (arXiv 2103.15060, section 2.2)."""

    config_class = PngBertPretrainedConfig
    base_model_prefix = "encoder"
    main_input_name = "input_ids"

    def __init__(self, config: PngBertPretrainedConfig):
        super().__init__(config)
        plain = config.to_plain()
        self.encoder = PngBert(plain)
        self.head = MaskedTokenHead(plain)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Do nothing: the modules initialize themselves when they are built."""

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the token embedding, (V, D)."""
        return self.encoder.token

    def scores(self, hidden: Tensor) -> Tensor:
        """Return scores of all ids, (..., V), for hidden states (..., D); training computes them for masked tokens
        only."""
        return self.head(hidden, self.encoder.token.weight)

    def forward(
        self,
        input_ids: Tensor,
        segment_ids: Tensor,
        word_positions: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> PngBertOutput:
        """Return the scores of every token, for use outside of this package.

        input_ids, segment_ids (0 phonemes and their [SEP], 1 graphemes), word_positions: (B, L), as in `PngTokens`.
        attention_mask: (B, L), 1 at tokens, which come first in each row, 0 at padding. labels: (B, L), -100 at tokens
        without a loss.
        """
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        batch = PngBatch(
            ids=input_ids,
            segments=segment_ids,
            word_positions=word_positions,
            lengths=mask.sum(1),
            phoneme_lengths=((segment_ids == 0) & (mask > 0)).sum(1) - 1,
        )
        hidden = self.encoder(batch)
        logits = self.scores(hidden)
        loss = (
            None
            if labels is None
            else F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=-100)
        )
        return PngBertOutput(loss=loss, logits=logits, last_hidden_state=hidden)


def load_pretrained(folder: str | Path) -> PngBertForPreTraining:
    """Load the model saved in `folder`; `.encoder` is the plain PngBert. Raises PngnatError if the folder has none."""
    if not (Path(folder) / "config.json").is_file():
        raise PngnatError(
            f"{folder} holds no pre-trained PnG BERT (no config.json): "
            "give the folder that `pngnat train pretrain` exported"
        )
    return PngBertForPreTraining.from_pretrained(folder, local_files_only=True)


AutoConfig.register("png_bert", PngBertPretrainedConfig, exist_ok=True)
AutoModelForPreTraining.register(PngBertPretrainedConfig, PngBertForPreTraining, exist_ok=True)
