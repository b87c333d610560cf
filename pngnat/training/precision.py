"""bfloat16 in the matrix products of a training, where that is quicker."""

from __future__ import annotations

from functools import cache

import torch


def autocast(device: torch.device, wanted: bool) -> torch.autocast:
    """The context for a forward pass on `device`: bfloat16 where it is wanted and computed natively, else single precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted and (device.type != "cpu" or _processor_has_bfloat16()))


@cache
def _processor_has_bfloat16() -> bool:
    """Whether oneDNN has kernels for it. Without AVX-512 it imitates them, 30 to 75 times slower than single precision."""
    try:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    except AttributeError:  # PyTorch without oneDNN
        return False
