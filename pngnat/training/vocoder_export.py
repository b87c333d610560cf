"""A vocoder by itself, outside a voice: a JSON file with its settings and half-precision weights beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, write_text
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.training.export import averaged_weights
from pngnat.voice.card import find_voice, safe_file
from pngnat.voice.voice import load_voice

SETTINGS, WEIGHTS, DISCRIMINATORS = "vocoder.json", "vocoder.safetensors", "discriminators.safetensors"


def save_settings(folder: Path, audio: AudioConfig, model: VocoderConfig) -> None:
    """Write `vocoder.json`: {"audio": AudioConfig, "model": VocoderConfig} as dictionaries."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / SETTINGS, json.dumps({"audio": asdict(audio), "model": asdict(model)}, indent=2) + "\n")


def load_settings(folder: Path) -> tuple[AudioConfig, VocoderConfig]:
    """Read it back. Raises PngnatError where the folder holds no vocoder."""
    try:
        content: dict[str, Any] = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        return AudioConfig(**content["audio"]), VocoderConfig.from_dict(content["model"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PngnatError(f"{folder} holds no vocoder: {SETTINGS} cannot be read ({error})") from error


def save_vocoder(folder: Path, vocoder: Vocoder) -> None:
    """Write settings and weights, the weights in half precision."""
    save_settings(folder, vocoder.audio, vocoder.config)
    weights = {name: value.detach().cpu().half().contiguous() for name, value in vocoder.state_dict().items()}
    with atomic_write(folder / WEIGHTS) as beside:
        save_file(weights, beside)


def vocoder_model(folder: Path) -> Vocoder:
    """The vocoder that `save_vocoder` wrote, or, of a training that still runs, the averaged weights of its newest checkpoint.

    Raises PngnatError where there is neither, or where weights and settings do not fit.
    """
    vocoder = Vocoder(*load_settings(folder))
    try:
        weights = load_file(folder / WEIGHTS) if (folder / WEIGHTS).exists() else averaged_weights(folder)
        vocoder.load_state_dict(weights)
    except (SafetensorError, RuntimeError) as error:
        raise PngnatError(f"{folder} holds a damaged vocoder: {WEIGHTS} does not fit {SETTINGS} ({str(error).splitlines()[0]})") from error
    return vocoder.eval().requires_grad_(False)


def save_discriminators(folder: Path, weights: Mapping[str, Tensor]) -> None:
    """Write the discriminators' weights, in half precision, so that a later training need not teach them again."""
    with atomic_write(folder / DISCRIMINATORS) as beside:
        save_file({name: value.detach().cpu().half().contiguous() for name, value in weights.items()}, beside)


@dataclass(frozen=True)
class VocoderStart:
    """What a training goes on from. discriminators: their weights, None where there are none."""

    vocoder: Vocoder
    discriminators: dict[str, Tensor] | None = None


def vocoder_start(source: str | Path) -> VocoderStart:
    """A vocoder to go on from: of a training's or export's folder, or of a voice (its name or folder).

    Raises PngnatError for neither, for damaged files, and for a voice that speaks with another project's vocoder.
    """
    folder = Path(source)
    if (folder / SETTINGS).exists():
        vocoder = vocoder_model(folder)
    else:
        folder, vocoder = find_voice(source), load_voice(source).vocoder
        if not isinstance(vocoder, Vocoder):
            raise PngnatError(f"the voice {source} speaks with another project's vocoder, which cannot be trained here")
    if not (folder / DISCRIMINATORS).exists():
        return VocoderStart(vocoder)
    try:
        return VocoderStart(vocoder, load_file(safe_file(folder, DISCRIMINATORS, "vocoder")))
    except SafetensorError as error:
        raise PngnatError(f"{folder / DISCRIMINATORS} is damaged ({error}); delete it, and new discriminators are trained") from error
