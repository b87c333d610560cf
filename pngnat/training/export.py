"""A finished or running training to the weights that a voice is made of."""

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
from pngnat.training.mel_discriminator import kept
from pngnat.voice.card import find_voice
from pngnat.voice.modules import load_modules
from pngnat.voice.vocoders import SETTINGS, WEIGHTS, load_discriminators, load_own_vocoder, load_settings

DESCRIPTION = "acoustic.json"


@dataclass(frozen=True)
class AcousticRun:
    """What an acoustic training's folder says of its model. speakers: names in the order of the model's speaker
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
        """Read it back. Raises PngnatError where the folder holds no acoustic training."""
        try:
            content = json.loads((run_dir / DESCRIPTION).read_text(encoding="utf-8"))
            return cls(PngNatConfig.from_dict(content["model"]), tuple(content["speakers"]))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise PngnatError(
                f"{run_dir} holds no acoustic training: {DESCRIPTION} cannot be read ({error})"
            ) from error


def _newest(run_dir: Path) -> tuple[Path, dict[str, Any]]:
    """A run's newest checkpoint, its path and content. Raises PngnatError where there is none.

    It holds the optimizer's state as pickled objects: read only checkpoints that you made.
    """
    newest = newest_checkpoint(run_dir)
    if newest is None:
        raise PngnatError(f"{run_dir} holds no checkpoint {LAST}; train first")
    return newest, torch.load(newest, map_location="cpu", weights_only=False)


def averaged_weights(run_dir: Path) -> dict[str, torch.Tensor]:
    """The averaged (EMA) weights in a run's newest checkpoint, see `_newest`."""
    newest, checkpoint = _newest(run_dir)
    averages = [state["average"] for name, state in checkpoint["callbacks"].items() if name.startswith(Ema.__name__)]
    if not averages:
        raise PngnatError(f"{newest} holds no averaged weights; train with ema_decay")
    return averages[0]


def acoustic_model(run_dir: Path) -> tuple[PngNat, tuple[str, ...]]:
    """The acoustic model of a run with its averaged weights, and its speakers."""
    run = AcousticRun.load(run_dir)
    model = PngNat(run.model)
    model.load_state_dict(averaged_weights(run_dir))
    return model.eval(), run.speakers


def mel_discriminator(run_dir: Path) -> dict[str, torch.Tensor]:
    """The weights of what an acoustic training's mels were judged by, in its newest checkpoint; empty where nothing
    judged them."""
    prefix = "discriminator."
    state = _newest(run_dir)[1]["state_dict"]
    return kept({name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)})


def vocoder_model(folder: Path) -> Vocoder:
    """The vocoder that a training wrote, or, while it still runs, the averaged weights of its newest checkpoint; ready
    to speak.

    Raises PngnatError where there is neither, or where weights and settings do not fit.
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
    """What a training goes on from. discriminators: their weights, None where there are none."""

    vocoder: Vocoder
    discriminators: dict[str, torch.Tensor] | None = None


def vocoder_start(source: str | Path) -> VocoderStart:
    """A vocoder to go on from: of a training's or export's folder, or of a voice (its name or folder).

    Raises PngnatError for neither, for damaged files, and for a voice that speaks with another project's vocoder.
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
