"""PnG BERT: a transformer over the phonemes and graphemes of a sentence (arXiv 2103.15060)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pngnat.models.batch import PngBatch
from pngnat.models.layers import sinusoidal, wavelengths

EMBEDDING_STD = 0.35
# Wavelength in tokens or words; longer waves hardly distinguish neighbours. Training learns their weights.
LONGEST_WAVE = 64.0


@dataclass(frozen=True)
class PngBertConfig:
    """Size of the encoder; the defaults are the paper's."""

    vocabulary_size: int
    """Number of ids of phonemes and wordpieces together."""
    width: int = 512
    """Width of the embeddings and layers."""
    layers: int = 6
    """Number of transformer layers."""
    heads: int = 8
    """Attention heads of each layer."""
    feedforward: int = 2048
    """Hidden width of the feed-forward networks."""
    dropout: float = 0.1
    """Dropout of the embeddings and layers."""
    word_positions: bool = True
    """Whether there is an embedding of word positions; false is an ablation."""


class PngBert(nn.Module):
    """A transformer over the sum of token, segment, position and word-position embeddings.

    Both positions are sinusoidal; each has its own projection, which distinguishes them. Source: arXiv 2103.15060,
    section 2.1.
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
        """Initialize weights so that a masked token soon finds the other form of its word.

        With PyTorch's default weights, training on little data never learns this.
        """
        for embedding in (self.token, self.segment):
            nn.init.normal_(embedding.weight, std=EMBEDDING_STD)
        short = (wavelengths(self.config.width) < LONGEST_WAVE).repeat(2)
        for projection in filter(None, (self.position, self.word_position)):
            # A sinusoid's mean square is 1/2; this factor gives a position the same weight as a token.
            nn.init.normal_(projection.weight, std=EMBEDDING_STD * (0.5 * short.sum().item()) ** -0.5)
            projection.weight *= short
        for layer in self.layers:
            # Keys are initialized as queries, so that tokens attend to similar tokens ("Mimetic initialization", arXiv
            # 2305.09828).
            assert isinstance(layer, nn.TransformerEncoderLayer)
            queries, keys, _ = layer.self_attn.in_proj_weight.chunk(3)
            keys.copy_(queries)

    def forward(self, batch: PngBatch) -> Tensor:
        """Return the hidden state of each token, (B, L, D). Padding has no influence on the tokens."""
        # The token dimension comes first. Otherwise PyTorch copies the weights of a frozen layer for every token, which
        # doubles the time of training.
        hidden = self.embed(batch).transpose(0, 1).contiguous()  # (L, B, D)
        padding = ~batch.mask
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=padding)
        return self.final_norm(hidden).transpose(0, 1)  # (B, L, D)

    def embed(self, batch: PngBatch) -> Tensor:
        """Return the sum of the four embeddings, (B, L, D)."""
        width = self.config.width
        positions = sinusoidal(batch.ids.new_ones(batch.ids.shape).cumsum(1) - 1, width)  # (B, L, D)
        total = self.token(batch.ids) + self.segment(batch.segments) + self.position(positions)
        if self.word_position is not None:
            total = total + self.word_position(sinusoidal(batch.word_positions, width))
        return self.dropout(self.norm(total))

    def freeze(self, layers: int) -> None:
        """Freeze the embeddings and the lowest `layers` transformer layers; -1 freezes nothing."""
        if layers < 0:
            return
        lowest = [self.token, self.segment, self.position, self.word_position, self.norm, *self.layers[:layers]]
        for module in filter(None, lowest):
            module.requires_grad_(False)
