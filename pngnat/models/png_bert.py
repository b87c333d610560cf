"""PnG BERT: a transformer over the phonemes and the graphemes of a sentence (arXiv 2103.15060)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pngnat.models.batch import PngBatch
from pngnat.models.layers import sinusoidal, wavelengths

EMBEDDING_STD = 0.35
# Longer waves, in tokens or words, hardly tell neighbours apart; what weight they deserve is learned.
LONGEST_WAVE = 64.0


@dataclass(frozen=True)
class PngBertConfig:
    """Size of the encoder; the defaults are the paper's."""

    vocabulary_size: int
    """Ids of phonemes and wordpieces together."""
    width: int = 512
    """Of the embeddings and layers."""
    layers: int = 6
    """Transformer layers."""
    heads: int = 8
    """Attention heads of each layer."""
    feedforward: int = 2048
    """Hidden width of the feed-forward networks."""
    dropout: float = 0.1
    """Of the embeddings and layers."""
    word_positions: bool = True
    """false leaves their embedding out (an ablation)."""


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
        self.word_position = nn.Linear(config.width, config.width, bias=False) if config.word_positions else None
        self.norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                config.width, config.heads, config.feedforward, config.dropout, activation="gelu", norm_first=True
            )
            for _ in range(config.layers)
        )
        self.final_norm = nn.LayerNorm(config.width)
        self._initialize()

    @torch.no_grad()
    def _initialize(self) -> None:
        """Start where a hidden token soon finds the other half of its word: with PyTorch's usual weights small data
        never gets there."""
        for embedding in (self.token, self.segment):
            nn.init.normal_(embedding.weight, std=EMBEDDING_STD)
        short = (wavelengths(self.config.width) < LONGEST_WAVE).repeat(2)
        for projection in filter(None, (self.position, self.word_position)):
            # A sinusoid's mean square is 1/2; like this each position weighs as much as a token does.
            nn.init.normal_(projection.weight, std=EMBEDDING_STD * (0.5 * short.sum().item()) ** -0.5)
            projection.weight *= short
        for layer in self.layers:
            # Keys start as queries, so that tokens attend to tokens like themselves ("Mimetic initialization", arXiv
            # 2305.09828).
            assert isinstance(layer, nn.TransformerEncoderLayer)
            queries, keys, _ = layer.self_attn.in_proj_weight.chunk(3)
            keys.copy_(queries)

    def forward(self, batch: PngBatch) -> Tensor:
        """The hidden state of each token, (B, L, D). Padding has no influence on the rest."""
        # Tokens first: else PyTorch copies a frozen layer's weights for every token, which doubles the time of
        # training.
        hidden = self.embed(batch).transpose(0, 1).contiguous()
        padding = ~batch.mask
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=padding)
        return self.final_norm(hidden).transpose(0, 1)

    def embed(self, batch: PngBatch) -> Tensor:
        """The sum of the four embeddings, (B, L, D)."""
        width = self.config.width
        positions = sinusoidal(batch.ids.new_ones(batch.ids.shape).cumsum(1) - 1, width)
        total = self.token(batch.ids) + self.segment(batch.segments) + self.position(positions)
        if self.word_position is not None:
            total = total + self.word_position(sinusoidal(batch.word_positions, width))
        return self.dropout(self.norm(total))

    def freeze(self, layers: int) -> None:
        """Stop training the embeddings and the lowest `layers` transformer layers; -1 leaves everything trainable."""
        if layers < 0:
            return
        lowest = [self.token, self.segment, self.position, self.word_position, self.norm, *self.layers[:layers]]
        for module in filter(None, lowest):
            module.requires_grad_(False)
