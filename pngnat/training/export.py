"""Weights of a finished or running training, for a voice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.vocoder import Vocoder
from pngnat.models.vocoder.external import ExternalVocoder
from pngnat.training.callbacks import Ema
from pngnat.training.checkpoints import LAST, newest_checkpoint
from pngnat.training.mel_discriminator import persistent_weights
from pngnat.voice.card import find_voice
from pngnat.voice.modules import load_modules
from pngnat.voice.vocoders import SETTINGS, WEIGHTS, load_discriminators, load_own_vocoder, load_settings

DESCRIPTION = "acoustic.json"


@dataclass(frozen=True)
class AcousticRun:
    """The model of an acoustic training, as its folder describes it. speakers: names in the order of the speaker
    table."""

    model: PngNatConfig
    speakers: tuple[str, ...]

    def save(self, run_dir: Path) -> None:
        """Write `acoustic.json` into the run's folder."""
        run_dir.mkdir(parents=True, exist_ok=True)
        write_text(
            run_dir / DESCRIPTION, json.dumps({"model": self.model.to_dict(), "speakers": self.speakers}, indent=2)
        )

    @classmethod
    def load(cls, run_dir: Path) -> AcousticRun:
        """Read `acoustic.json`. Raise PngnatError if the folder holds no acoustic training."""
        try:
            content = json.loads((run_dir / DESCRIPTION).read_text(encoding="utf-8"))
            return cls(PngNatConfig.from_dict(content["model"]), tuple(content["speakers"]))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise PngnatError(
                f"{run_dir} holds no acoustic training: {DESCRIPTION} cannot be read ({error})"
            ) from error


def _newest(run_dir: Path) -> tuple[Path, dict[str, Any]]:
    """Return path and content of a run's newest checkpoint. Raise PngnatError if there is none.

    A checkpoint holds pickled objects: read only checkpoints of your own.
    """
    newest = newest_checkpoint(run_dir)
    if newest is None:
        raise PngnatError(f"{run_dir} holds no checkpoint {LAST}; train first")
    return newest, torch.load(newest, map_location="cpu", weights_only=False)


def averaged_weights(run_dir: Path) -> dict[str, torch.Tensor]:
    """Return the averaged (EMA) weights in a run's newest checkpoint, see `_newest`."""
    newest, checkpoint = _newest(run_dir)
    averages = [state["average"] for name, state in checkpoint["callbacks"].items() if name.startswith(Ema.__name__)]
    if not averages:
        raise PngnatError(f"{newest} holds no averaged weights; train with ema_decay")
    return averages[0]


def acoustic_model(run_dir: Path) -> tuple[PngNat, tuple[str, ...]]:
    """Return the acoustic model of a run with its averaged weights, and its speakers."""
    run = AcousticRun.load(run_dir)
    model = PngNat(run.model)
    model.load_state_dict(averaged_weights(run_dir))
    return model.eval(), run.speakers


def mel_discriminator(run_dir: Path) -> dict[str, torch.Tensor]:
    """Return the weights of the mel discriminator in a run's newest checkpoint; empty if it has none."""
    prefix = "discriminator."
    state = _newest(run_dir)[1]["state_dict"]
    return persistent_weights(
        {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    )


def vocoder_model(folder: Path) -> Vocoder:
    """Return the vocoder of a training: the exported one, or the averaged weights of the newest checkpoint.

    Raises PngnatError if there is neither, or if weights and settings do not fit.
    """
    if not (folder / SETTINGS).exists():
        raise PngnatError(f"{folder} holds no vocoder: it has no {SETTINGS}")
    if (folder / WEIGHTS).exists():
        return load_own_vocoder(folder)
    vocoder = Vocoder(*load_settings(folder))
    try:
        vocoder.load_state_dict(averaged_weights(folder))
    except RuntimeError as error:
        raise PngnatError(
            f"{folder} holds a damaged vocoder: {LAST} does not fit {SETTINGS} ({str(error).splitlines()[0]})"
        ) from error
    return vocoder.eval().requires_grad_(False)


@dataclass(frozen=True)
class VocoderStart:
    """The start of a vocoder training. discriminators: their weights, or None."""

    vocoder: Vocoder
    discriminators: dict[str, torch.Tensor] | None = None


def vocoder_start(source: str | Path) -> VocoderStart:
    """Return a vocoder as a start: from the folder of a training or export, or from a voice (name or folder).

    Raises PngnatError for other sources, for damaged files, and for a voice with an external vocoder.
    """
    folder = Path(source)
    vocoder: Vocoder | ExternalVocoder
    if (folder / SETTINGS).exists():
        vocoder = vocoder_model(folder)
    else:
        folder, vocoder = find_voice(source), load_modules(source).vocoder
        if not isinstance(vocoder, Vocoder):
            raise PngnatError(f"the voice {source} speaks with another project's vocoder, which cannot be trained here")
    try:
        return VocoderStart(vocoder, load_discriminators(folder))
    except PngnatError as error:
        raise PngnatError(f"{error}; delete it, and new discriminators are trained") from error
