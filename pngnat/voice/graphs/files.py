"""What a voice folder's graphs are called. Imports neither onnx nor PyTorch."""

from __future__ import annotations

from pathlib import Path

from pngnat.voice.card import ACOUSTIC, PROFESSIONAL, VOCODER

# The name under which a graph remembers the header of the file that it points into.
WEIGHTS_DIGEST = "pngnat.weights"
ACOUSTIC_PARTS = ("encoder", "durations", "mel")
VOCODER_PARTS = ("pitch", "filters")


def graph_file(weights: str, part: str) -> str:
    """acoustic.encoder.onnx, for the graph `encoder` of acoustic.safetensors."""
    return f"{weights.split('.')[0]}.{part}.onnx"


def has_graphs(folder: Path) -> bool:
    """Whether a voice folder was exported."""
    return (folder / graph_file(ACOUSTIC, "encoder")).is_file()


def remove_graphs(folder: Path) -> None:
    """Take a voice's graphs away: those of other weights would point at the wrong numbers."""
    for weights, parts in ((ACOUSTIC, ACOUSTIC_PARTS), (PROFESSIONAL, ACOUSTIC_PARTS), (VOCODER, VOCODER_PARTS)):
        for part in parts:
            (folder / graph_file(weights, part)).unlink(missing_ok=True)
