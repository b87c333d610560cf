"""Predicted quality of speech: DistilMOS (arXiv 2502.05356), a small network that imitates listeners' mean opinion
scores, 1 to 5."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import torch

from pngnat.audio.wav import resample
from pngnat.errors import PngnatError

SAMPLE_RATE = 16000
NAME = "DistilMOS 0.9"


class MosPredictor:
    """A predictor of quality. Raise PngnatError if the wheels `distillmos` and `xls-r-sqa` are not installed."""

    def __init__(self):
        sqa = _distillmos()
        self._model = sqa.ConvTransformerSQAModel(load_weights=False)
        weights = torch.load(sqa.DEFAULT_WEIGHTS_CHKPT, map_location="cpu", weights_only=True)
        self._model.load_state_dict(weights["model"])
        self._model.eval()

    @torch.inference_mode()
    def score(self, samples: np.ndarray, sample_rate: int) -> float:
        """Return a score from 1 (bad) to 5 (excellent) for samples (S,) at `sample_rate` Hz. Raise ValueError for less
        than 20 ms."""
        at_16k = resample(samples, sample_rate, SAMPLE_RATE)
        if len(at_16k) < SAMPLE_RATE // 50:
            raise ValueError(f"{len(samples)} samples at {sample_rate} Hz are too short to be scored")
        return float(self._model(torch.from_numpy(at_16k)[None]).item())


def _distillmos() -> ModuleType:
    """Return the module with DistilMOS's network.

    It imports torchaudio, which it needs only to load files, and which has no release for this PyTorch. An empty module
    takes its place during the import only.
    """
    before = sys.modules.get("torchaudio")
    sys.modules["torchaudio"] = ModuleType("torchaudio")
    try:
        from distillmos import sqa
    except ImportError as error:
        raise PngnatError(
            "DistilMOS is missing; install it with: pip install --no-deps distillmos xls-r-sqa"
        ) from error
    finally:
        if before is None:
            del sys.modules["torchaudio"]
        else:
            sys.modules["torchaudio"] = before
    return sqa
