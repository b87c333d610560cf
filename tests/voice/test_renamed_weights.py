"""Voices of version 0.1 call the parts of a convolution stack by other names."""

from safetensors.torch import save_file

from pngnat.models.layers import ConvNeXt
from pngnat.voice.weights import load_weights

OLD = {"proj_in": "enter", "proj_out": "leave", "expand": "widen", "contract": "narrow"}


def test_old_names_are_read_as_the_new_ones(tmp_path):
    network = ConvNeXt(3, 2, width=4, hidden=8, blocks=1)
    for block in (OLD, {"depthwise": "mix", "proj_in": "enter", "proj_out": "leave"}):
        old = {
            ".".join(block.get(part, part) for part in name.split(".")): weight
            for name, weight in network.state_dict().items()
        }
        save_file(old, tmp_path / "old.safetensors")
        network.load_state_dict(load_weights(tmp_path, "old.safetensors"), strict=True)
