"""The engine `torch`: a voice's PyTorch modules behind the interface, on a CPU or a GPU."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pngnat.audio.config import AudioConfig
from pngnat.engine.interface import Pitch
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.models.batch import PngBatch
from pngnat.models.png_nat import PngNat
from pngnat.models.vocoder import Vocoder
from pngnat.models.vocoder.external import ExternalVocoder
from pngnat.models.vocoder.streaming import stream
from pngnat.text.tokenizer import PngTokens
from pngnat.voice.modules import VoiceModules
from pngnat.voice.vocoders import load_vocoder


class TorchEncoding:
    """See `interface.Encoding`."""

    def __init__(self, model: PngNat, batch: PngBatch) -> None:
        self._model, self._encoded = model, model.encode(batch)

    @torch.inference_mode()
    def predict_durations(self, rows: Sequence[int]) -> np.ndarray:
        """See `interface.Encoding.predict_durations`."""
        return _array(self._model.predict_durations(self._encoded, self._rows(rows)).float())

    @torch.inference_mode()
    def generate_mels(self, rows: Sequence[int], seconds: np.ndarray) -> np.ndarray:
        """See `interface.Encoding.generate_mels`."""
        durations = torch.from_numpy(np.asarray(seconds, dtype=np.float32)).to(self._encoded.hidden.device)
        return _array(self._model.generate_mel(self._encoded, self._rows(rows), durations))

    def _rows(self, rows: Sequence[int]) -> Tensor:
        return torch.tensor(list(rows), device=self._encoded.hidden.device)


class TorchAcoustic:
    """See `interface.AcousticEngine`."""

    def __init__(self, model: PngNat) -> None:
        self.model = model

    @torch.inference_mode()
    def encode(self, utterances: Sequence[PngTokens]) -> TorchEncoding:
        """See `interface.AcousticEngine.encode`."""
        return TorchEncoding(self.model, PngBatch.collate(utterances).to(self.model.speaker.weight.device))


class TorchVocoder:
    """See `interface.VocoderEngine`. Takes pngnat's vocoders and those of other projects."""

    def __init__(self, vocoder: Vocoder | ExternalVocoder, device: torch.device) -> None:
        self.vocoder, self._device = vocoder, device

    def check_pitch(self, requested: bool) -> None:
        """See `interface.VocoderEngine.check_pitch`."""
        if isinstance(self.vocoder, ExternalVocoder):
            self.vocoder.check_pitch(requested)

    @torch.inference_mode()
    def sound(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> np.ndarray:
        """See `interface.VocoderEngine.sound`."""
        return _array(self.vocoder(self._tensor(mel), *self._pitch(pitch, noise))[0])

    @torch.inference_mode()
    def blocks(self, mel: np.ndarray, pitch: Pitch, noise: np.random.Generator) -> Iterator[np.ndarray]:
        """See `interface.VocoderEngine.blocks`."""
        for piece in stream(self.vocoder, self._tensor(mel), *self._pitch(pitch, noise)):
            yield _array(piece[0])

    def _pitch(
        self, pitch: Pitch, noise: np.random.Generator
    ) -> tuple[Tensor | None, np.random.Generator, float | Tensor]:
        """Return the f0, noise and semitones that `Vocoder.forward` takes."""
        f0 = None if pitch.f0 is None else self._tensor(pitch.f0)
        return f0, noise, self._tensor(pitch.semitones) if isinstance(pitch.semitones, np.ndarray) else pitch.semitones

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(values, dtype=np.float32))[None].to(self._device)


def torch_voice(modules: VoiceModules, device: str | None = None) -> Voice:
    """Return a voice of these modules, or of copies on another device: "cuda", "cuda:1", "mps"; None is the CPU.

    Raises PngnatError for a device that does not exist.
    """
    place = _device(device)
    acoustic = TorchAcoustic(_placed(modules.acoustic, place))
    professional = None if modules.professional is None else TorchAcoustic(_placed(modules.professional, place))
    return Voice(
        modules.card,
        modules.tokenizer,
        acoustic,
        TorchVocoder(_placed(modules.vocoder, place), place),
        professional,
        "torch",
    )


def torch_vocoder(folder: str | os.PathLike, audio: AudioConfig, device: str | None = None) -> TorchVocoder:
    """Return the vocoder in a folder, pngnat's or another project's.

    device: as for `torch_voice`. Raises PngnatError as `torch_voice` and `load_vocoder` do."""
    place = _device(device)
    return TorchVocoder(_placed(load_vocoder(folder, audio), place), place)


def _placed(module: Any, device: torch.device) -> Any:
    # A copy: the loaded modules are cached, and other voices share them.
    return module if device.type == "cpu" else copy.deepcopy(module).to(device)


def _device(name: str | None) -> torch.device:
    try:
        device = torch.device(name or "cpu")
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        raise PngnatError(f"the device {name!r} cannot be used ({str(error).splitlines()[0]})") from error
    if device.type == "cuda":
        # By default convolutions on a GPU round to 10 bits (TF32). Durations and pitch are then off by a thousandth,
        # which moves the pulses: on an H100, a sentence alone and in a batch differed by up to half of full scale.
        torch.backends.cudnn.allow_tf32 = False
    return device


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy()
