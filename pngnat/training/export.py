"""A finished or running training to the weights that a voice is made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch

from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.training.callbacks import Ema
from pngnat.training.runs import LAST

DESCRIPTION = "acoustic.json"


@dataclass(frozen=True)
class AcousticRun:
    """What an acoustic training's folder says of its model. speakers: names in the order of the model's speaker table."""

    model: PngNatConfig
    speakers: tuple[str, ...]

    def save(self, run_dir: Path) -> None:
        """Write `acoustic.json` into the run's folder."""
        run_dir.mkdir(parents=True, exist_ok=True)
        write_text(run_dir / DESCRIPTION, json.dumps({"model": self.model.to_dict(), "speakers": self.speakers}, indent=2))

    @classmethod
    def load(cls, run_dir: Path) -> AcousticRun:
        """Read it back. Raises PngnatError where the folder holds no acoustic training."""
        try:
            content = json.loads((run_dir / DESCRIPTION).read_text(encoding="utf-8"))
            return cls(PngNatConfig.from_dict(content["model"]), tuple(content["speakers"]))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise PngnatError(f"{run_dir} holds no acoustic training: {DESCRIPTION} cannot be read ({error})") from error


def averaged_weights(run_dir: Path) -> dict[str, torch.Tensor]:
    """The averaged (EMA) weights in a run's newest checkpoint. Raises PngnatError where there is none.

    A checkpoint holds the optimizer's state as pickled objects: read only checkpoints that you made.
    """
    try:
        checkpoint = torch.load(run_dir / LAST, map_location="cpu", weights_only=False)
    except OSError as error:
        raise PngnatError(f"{run_dir} holds no checkpoint {LAST}; train first") from error
    averages = [state["average"] for name, state in checkpoint["callbacks"].items() if name.startswith(Ema.__name__)]
    if not averages:
        raise PngnatError(f"{run_dir / LAST} holds no averaged weights; train with ema_decay")
    return averages[0]


def acoustic_model(run_dir: Path) -> tuple[PngNat, tuple[str, ...]]:
    """The acoustic model of a run with its averaged weights, and its speakers."""
    run = AcousticRun.load(run_dir)
    model = PngNat(run.model)
    model.load_state_dict(averaged_weights(run_dir))
    return model.eval(), run.speakers
