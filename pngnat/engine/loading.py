"""Loading of voices, which stay in memory."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError, extra_command
from pngnat.untrusted import safe_file, shown
from pngnat.voice.card import ACOUSTIC, CARD, find_voice
from pngnat.voice.graphs.files import graph_file, has_graphs
from pngnat.voice.loading import loaded_once

ENGINES = ("onnx", "torch")


def load_voice(
    voice: str | os.PathLike | None = None,
    vocoder: str | os.PathLike | None = None,
    engine: str | None = None,
    device: str | None = None,
    threads: int | None = None,
) -> Voice:
    """Return a voice. The last four of each engine stay in memory.

    voice: a name or a folder, see `find_voice`; None means the first bundled voice.
    vocoder: a folder with a vocoder in the place of the voice's own: pngnat's, or a HiFi-GAN or Vocos checkpoint.
    engine: "onnx", for exported folders, or "torch", for any folder and any vocoder. None is "onnx" where the folder
    has graphs and neither a vocoder nor a device is given.
    device: the device of torch, such as "cuda"; None is the CPU. A CUDA device turns off TF32 in the convolutions of
    this process, so that batches of any size give the same sound.
    threads: CPU threads; None leaves the number to the engine. With torch, the number is PyTorch's in this process.
    Raises PngnatError for a folder that is missing, damaged, of a newer format or unsafe, for a vocoder of other mel
    spectrograms, and for an engine or a device that does not exist."""
    if engine not in (None, *ENGINES):
        raise PngnatError(f"there is no engine {shown(engine)}; there are {', '.join(ENGINES)}")
    folder = find_voice(voice).resolve()
    chosen = engine or ("onnx" if vocoder is None and device is None and has_graphs(folder) else "torch")
    modified = safe_file(folder, CARD).stat().st_mtime_ns
    if chosen == "onnx":
        if vocoder is not None or device is not None:
            raise PngnatError(
                "the engine 'onnx' speaks with the voice's own vocoder on the processor; "
                "for others take the engine 'torch'"
            )
        if not has_graphs(folder):
            raise PngnatError(
                f"{folder} has no graphs: run `pngnat voices export {folder}`, or take the engine 'torch'"
            )
        exported = safe_file(folder, graph_file(ACOUSTIC, "encoder")).stat().st_mtime_ns
        return _load_onnx(folder, (modified, exported), threads)
    _check_torch(folder)
    if threads is not None:
        _set_threads(threads)
    loaded = _load_torch(folder, modified, device)
    if vocoder is None:
        return loaded
    from pngnat.engine.torch_engine import torch_vocoder

    return replace(loaded, vocoder=torch_vocoder(vocoder, loaded.card.audio, device))


def _check_torch(folder: Path) -> None:
    if find_spec("torch") is None:
        other = "" if has_graphs(folder) else f", or, where it is installed, run `pngnat voices export {folder}`"
        raise PngnatError(f"this needs PyTorch, which is not installed: {extra_command('torch')}{other}")


def _set_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


@loaded_once(keep=4)
def _load_onnx(folder: Path, _modified: tuple[int, int], threads: int | None) -> Voice:
    from pngnat.engine.onnx_engine import onnx_voice

    return onnx_voice(folder, threads)


@loaded_once(keep=4)
def _load_torch(folder: Path, _modified: int, device: str | None) -> Voice:
    # PyTorch takes a second to import.
    from pngnat.engine.torch_engine import torch_voice
    from pngnat.voice.modules import load_modules

    return torch_voice(load_modules(folder), device)
