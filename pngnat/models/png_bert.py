"""PnG BERT: a transformer over the phonemes and the graphemes of a sentence (arXiv 2103.15060)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from pngnat.models.batch import PngBatch
from pngnat.models.positions import sinusoidal


@dataclass(frozen=True)
class PngBertConfig:
    """Size of the encoder; the defaults are the paper's. `vocabulary_size` counts the ids of phonemes and wordpieces together."""

    vocabulary_size: int
    width: int = 512
    layers: int = 6
    heads: int = 8
    feedforward: int = 2048
    dropout: float = 0.1


class PngBert(nn.Module):
    """Token, segment, position and word-position embeddings, then transformer layers (arXiv 2103.15060, section 2.1).

    The two positions are sinusoidal, and each has a projection of its own that keeps them apart.
    """

    def __init__(self, config: PngBertConfig):
        super().__init__()
        self.config = config
        self.token = nn.Embedding(config.vocabulary_size, config.width, padding_idx=0)
        self.segment = nn.Embedding(2, config.width)
        self.position = nn.Linear(config.width, config.width, bias=False)
        self.word_position = nn.Linear(config.width, config.width, bias=False)
        self.norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                config.width, config.heads, config.feedforward, config.dropout, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(config.layers)
        )
        self.final_norm = nn.LayerNorm(config.width)
        for embedding in (self.token, self.segment):
            nn.init.normal_(embedding.weight, std=config.width**-0.5)
        # The sinusoids' norm is sqrt(width / 2); at the usual scale they would drown the tokens.
        for projection in (self.position, self.word_position):
            nn.init.normal_(projection.weight, std=0.5 / config.width**0.5)

    def forward(self, batch: PngBatch) -> Tensor:
        """The hidden state of each token, (B, L, D). Padding has no influence on the rest."""
        hidden = self.embed(batch)
        padding = ~batch.mask
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=padding)
        return self.final_norm(hidden)

    def embed(self, batch: PngBatch) -> Tensor:
        """The sum of the four embeddings, (B, L, D)."""
        width = self.config.width
        positions = sinusoidal(batch.ids.new_ones(batch.ids.shape).cumsum(1) - 1, width)
        words = sinusoidal(batch.word_positions, width)
        total = self.token(batch.ids) + self.segment(batch.segments) + self.position(positions) + self.word_position(words)
        return self.dropout(self.norm(total))

    def freeze(self, layers: int) -> None:
        """Stop training the embeddings and the lowest `layers` transformer layers; -1 leaves everything trainable."""
        if layers < 0:
            return
        lowest = [self.token, self.segment, self.position, self.word_position, self.norm, *self.layers[:layers]]
        for module in lowest:
            module.requires_grad_(False)
