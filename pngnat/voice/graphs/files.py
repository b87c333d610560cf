"""The file names of a voice folder's graphs. Imports neither onnx nor PyTorch."""

from __future__ import annotations

from pathlib import Path

from pngnat.voice.card import ACOUSTIC, PROFESSIONAL, VOCODER

# The property of a graph with the digest of the header of its weights' file.
WEIGHTS_DIGEST = "pngnat.weights"
ACOUSTIC_PARTS = ("encoder", "durations", "mel")
VOCODER_PARTS = ("pitch", "filters")


def graph_file(weights: str, part: str) -> str:
    """Return the file name of a graph: acoustic.encoder.onnx for the graph `encoder` of acoustic.safetensors."""
    return f"{weights.split('.')[0]}.{part}.onnx"


def has_graphs(folder: Path) -> bool:
    """Return whether a voice folder was exported."""
    return (folder / graph_file(ACOUSTIC, "encoder")).is_file()


def remove_graphs(folder: Path) -> None:
    """Remove a voice's graphs: with other weights, their offsets would be wrong."""
    for weights, parts in ((ACOUSTIC, ACOUSTIC_PARTS), (PROFESSIONAL, ACOUSTIC_PARTS), (VOCODER, VOCODER_PARTS)):
        for part in parts:
            (folder / graph_file(weights, part)).unlink(missing_ok=True)
