"""A voice folder's graphs, written beside its weights."""

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
    """Whether the package onnx is installed."""
    return find_spec("onnx") is not None


def speaks_without_torch(card: VoiceCard) -> bool:
    """Whether the graphs can say what the voice's models do: the `lstm` decoder's loop over frames runs with PyTorch
    alone."""
    kept = [card.professional.acoustic] if card.professional else []
    return all(PngNatConfig.from_dict(values).decoder.kind == "parallel" for values in (card.acoustic, *kept))


def export_graphs(folder: Path, int8: bool = True) -> list[Path]:
    """Write the graphs of a voice folder, which point into its safetensors files, and return their paths; older ones
    are replaced.

    int8: whether the dense layers' weights are rounded to 8 bits, which the graphs then hold themselves: a quarter
    quicker, and to a listener the same (`docs/graphs.md`). Otherwise the sound is PyTorch's: of 200 sentences of the
    voice `english` 163 within 1e-3 of full scale, and all within 5e-3.
    Raises PngnatError for a damaged voice, for one that speaks with PyTorch alone, and where onnx is not installed.
    """
    if not can_export():
        raise PngnatError(f"a voice is exported with the package onnx: {extra_command('train')}")
    card = read_card(folder)
    if not speaks_without_torch(card):
        raise PngnatError(f"{folder}: the decoder 'lstm' speaks with PyTorch alone, and cannot be exported")
    graphs = _graphs(folder, card, int8)
    # A folder with some of its graphs would be a damaged one.
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
