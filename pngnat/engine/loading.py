"""Load a voice once, speak many times."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.untrusted import safe_file, shown
from pngnat.voice.card import CARD, find_voice
from pngnat.voice.loading import loaded_once

ENGINES = ("torch",)


def load_voice(
    voice: str | os.PathLike | None = None,
    vocoder: str | os.PathLike | None = None,
    engine: str | None = None,
    device: str | None = None,
    threads: int | None = None,
) -> Voice:
    """Load a voice: a name or a folder, see `find_voice`; None means the first bundled one. The last four stay in memory.

    vocoder: a folder with a vocoder to speak with instead of the voice's own: pngnat's, or a HiFi-GAN or Vocos checkpoint.
    engine: "torch", which is the default. device: where it computes, such as "cuda"; None is the processor.
    threads: of the processor, for all of PyTorch in this process; None leaves them as they are.
    Raises PngnatError where a folder is missing, damaged, of a newer format or not safe to use, for a vocoder that was made for
    other mel spectrograms, and for an engine or a device that is not there.
    """
    if engine not in (None, *ENGINES):
        raise PngnatError(f"there is no engine {shown(engine)}; there are {', '.join(ENGINES)}")
    folder = find_voice(voice).resolve()
    if threads is not None:
        _set_threads(threads)
    loaded = _load(folder, safe_file(folder, CARD).stat().st_mtime_ns, device)
    if vocoder is None:
        return loaded
    from pngnat.engine.torch_engine import torch_vocoder

    return replace(loaded, vocoder=torch_vocoder(vocoder, loaded.card.audio, device))


def _set_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


@loaded_once(keep=4)
def _load(folder: Path, _modified: int, device: str | None) -> Voice:
    # PyTorch takes a second to import.
    from pngnat.engine.torch_engine import torch_voice
    from pngnat.voice.modules import load_modules

    return torch_voice(load_modules(folder), device)
