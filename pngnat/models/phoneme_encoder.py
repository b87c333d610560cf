"""The phoneme-only encoder of Non-Attentive Tacotron, the baseline that PnG BERT replaces.

Source: arXiv 2010.04301, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from pngnat.models.batch import PngBatch
from pngnat.models.layers import BiLstm


@dataclass(frozen=True)
class PhonemeEncoderConfig:
    """Size of the encoder; the defaults are the paper's."""

    vocabulary_size: int
    """Number of ids of phonemes and wordpieces together."""
    width: int = 512
    """Width of the embeddings and convolutions."""
    lstm: int = 256
    """Units in each direction; the output has twice as many."""
    kernel: int = 5
    """Tokens that a convolution sees."""
    convolutions: int = 3
    """Number of convolutions."""
    dropout: float = 0.5
    """Dropout after each convolution."""


class PhonemeEncoder(nn.Module):
    """A token embedding, convolutions, and one bidirectional LSTM."""

    def __init__(self, config: PhonemeEncoderConfig):
        super().__init__()
        self.config = config
        self.token = nn.Embedding(config.vocabulary_size, config.width, padding_idx=0)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(config.width, config.width, config.kernel, padding=config.kernel // 2)
            for _ in range(config.convolutions)
        )
        # The paper has batch norm. Layer norm keeps padding out of the statistics, and batches are small on CPUs.
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(config.convolutions))
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = BiLstm(config.width, config.lstm)

    def forward(self, batch: PngBatch) -> Tensor:
        """Return the hidden state of each token of the phoneme segment, (B, N, 2 * lstm)."""
        mask = batch.phoneme_mask[..., None]
        hidden = self.token(batch.phoneme_ids)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            convolved = convolution((hidden * mask).transpose(1, 2)).transpose(1, 2)
            hidden = self.dropout(norm(convolved).relu())
        return self.lstm(hidden, batch.phoneme_lengths)
