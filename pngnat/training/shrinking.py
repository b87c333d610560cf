"""Pruning of a vocoder, as the start of a smaller one."""

from __future__ import annotations

import torch
from torch import Tensor

from pngnat.errors import PngnatError
from pngnat.models.layers import ConvNeXtBlock
from pngnat.models.vocoder import Vocoder, VocoderConfig


@torch.no_grad()
def shrunk(vocoder: Vocoder, config: VocoderConfig) -> Vocoder:
    """Return a vocoder of the sizes in `config` with weights of a larger one: fewer hidden units or corrections.

    Of each block, the hidden units with the largest product of the norms of their input and output weights stay
    (structured pruning by magnitude, Li et al., arXiv 1608.08710, of both layers at once). Raises PngnatError if the
    sizes differ otherwise, or if `config` has more units.
    """
    made = Vocoder(vocoder.audio, config)
    large, small = vocoder.net.blocks, made.net.blocks
    if len(large) != len(small) or config.hidden > vocoder.config.hidden:
        raise PngnatError(
            f"a vocoder of {len(large)} blocks with {vocoder.config.hidden} hidden units cannot be cut to these sizes: "
            f"{config}"
        )
    weights = vocoder.state_dict()
    for number, block in enumerate(large):
        assert isinstance(block, ConvNeXtBlock)
        kept = _strongest(block, config.hidden)
        name = f"net.blocks.{number}"
        weights[f"{name}.expand.weight"], weights[f"{name}.expand.bias"] = (
            block.expand.weight[kept],
            block.expand.bias[kept],
        )
        weights[f"{name}.contract.weight"] = block.contract.weight[:, kept]
    # The correction gate comes last; a vocoder without corrections has none.
    for name in ("weight", "bias"):
        weights[f"net.proj_out.{name}"] = weights[f"net.proj_out.{name}"][: sum(made.outputs)]
    try:
        made.load_state_dict(weights)
    except RuntimeError as error:
        raise PngnatError(f"the vocoder to start from cannot be cut to these sizes: {config}") from error
    return made.eval().requires_grad_(False)


def _strongest(block: ConvNeXtBlock, count: int) -> Tensor:
    """Return the indices of `count` hidden units, in order."""
    into = block.expand.weight * block.norm.weight
    strength = into.norm(dim=1) * block.contract.weight.norm(dim=0)
    return strength.topk(count).indices.sort().values
