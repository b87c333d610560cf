"""Bidirectional LSTM over padded sequences."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class BiLstm(nn.Module):
    """`layers` bidirectional LSTM layers; padding has no influence on either direction."""

    def __init__(self, inputs: int, units: int, layers: int = 1):
        super().__init__()
        self.lstm = nn.LSTM(inputs, units, layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x: (B, N, inputs), lengths: (B,). Returns (B, N, 2 * units), zero at padding, in float32."""
        # Recurrence accumulates rounding errors over the sequence, and gains nothing from half precision on CPUs.
        with torch.autocast(x.device.type, enabled=False):
            packed = pack_padded_sequence(x.float(), lengths.cpu(), batch_first=True, enforce_sorted=False)
            return pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])[0]
