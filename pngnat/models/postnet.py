"""The post-net: a residual that sharpens the decoder's mel (Tacotron 2, arXiv 1712.05884, section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class PostNetConfig:
    """Size of the post-net; the defaults are the paper's."""

    width: int = 512
    layers: int = 5
    kernel: int = 5
    dropout: float = 0.5


class PostNet(nn.Module):
    """Convolutions over time with tanh between them."""

    def __init__(self, n_mels: int, config: PostNetConfig):
        super().__init__()
        widths = [n_mels, *[config.width] * (config.layers - 1), n_mels]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, config.kernel, padding=config.kernel // 2)
            for before, after in zip(widths[:-1], widths[1:], strict=True)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """mel: (B, T, M); mask: (B, T, 1), True inside the utterance. Returns what to add to the mel, (B, T, M)."""
        hidden = mel
        for index, convolution in enumerate(self.convolutions):
            if index:
                hidden = self.dropout(hidden.tanh())
            hidden = convolution((hidden * mask).transpose(1, 2)).transpose(1, 2)
        return hidden
