"""The export of a voice folder's graphs, which are written beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pngnat.errors import PngnatError, extra_command
from pngnat.files import atomic_write
from pngnat.models.png_nat import PngNatConfig
from pngnat.models.vocoder import VocoderConfig
from pngnat.voice.card import ACOUSTIC, PROFESSIONAL, VOCODER, VoiceCard, read_card
from pngnat.voice.graphs.files import ACOUSTIC_PARTS, VOCODER_PARTS, graph_file, remove_graphs
from pngnat.voice.graphs.weight_layout import read_layout

if TYPE_CHECKING:
    import onnx


def can_export() -> bool:
    """Return whether the package onnx is installed."""
    return find_spec("onnx") is not None


def speaks_without_torch(card: VoiceCard) -> bool:
    """Return whether graphs support the voice's models: the loop of the `lstm` decoder over frames needs PyTorch."""
    kept = [card.professional.acoustic] if card.professional else []
    return all(PngNatConfig.from_dict(values).decoder.kind == "parallel" for values in (card.acoustic, *kept))


def export_graphs(folder: Path, int8: bool = True) -> list[Path]:
    """Write the graphs of a voice folder, which refer to its safetensors files; return their paths.

    Older graphs are replaced. int8: whether to round the weights of dense layers to 8 bits, which the graphs then hold
    themselves: this is a quarter faster, without an audible difference (`docs/graphs.md`). Otherwise the sound is
    PyTorch's: of 200 sentences of the voice `english`, 163 are within 1e-3 of full scale, and all within 5e-3. Raises
    PngnatError for a damaged voice, for a voice that needs PyTorch, and if onnx is not installed.
    """
    if not can_export():
        raise PngnatError(f"a voice is exported with the package onnx: {extra_command('train')}")
    card = read_card(folder)
    if not speaks_without_torch(card):
        raise PngnatError(f"{folder}: the decoder 'lstm' speaks with PyTorch alone, and cannot be exported")
    graphs = _graphs(folder, card, int8)
    # A folder with only some of its graphs would be damaged.
    remove_graphs(folder)
    for name, graph in graphs.items():
        with atomic_write(folder / name) as beside:
            beside.write_bytes(graph.SerializeToString())
    return [folder / name for name in graphs]


def _graphs(folder: Path, card: VoiceCard, int8: bool) -> Mapping[str, onnx.ModelProto]:
    from pngnat.voice.graphs.acoustic import acoustic_graphs
    from pngnat.voice.graphs.vocoder import vocoder_graphs

    models = {ACOUSTIC: card.acoustic, **({PROFESSIONAL: card.professional.acoustic} if card.professional else {})}
    found: dict[str, onnx.ModelProto] = {}
    for file, values in models.items():
        parts = acoustic_graphs(PngNatConfig.from_dict(values), read_layout(folder / file), int8)
        found |= {graph_file(file, part): parts[part] for part in ACOUSTIC_PARTS}
    parts = vocoder_graphs(card.audio, VocoderConfig.from_dict(card.vocoder), read_layout(folder / VOCODER), int8)
    return found | {graph_file(VOCODER, part): parts[part] for part in VOCODER_PARTS}
