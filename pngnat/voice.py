"""A voice in memory: load it once, speak many times; save one that was trained."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from pngnat.errors import PngnatError
from pngnat.files import unwritable, write_text, written_beside
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice_folder import (
    ACOUSTIC,
    CARD,
    PROFESSIONAL,
    TOKENIZER,
    VOCODER,
    SpeakerCard,
    VoiceCard,
    find_voice,
    read_card,
    safe_file,
)

_FLOAT16_LARGEST = torch.finfo(torch.float16).max


@dataclass(frozen=True, eq=False)
class Voice:
    """All that speaking needs. professional: the multi-speaker model whose rhythm can be borrowed, where the voice keeps one."""

    card: VoiceCard
    tokenizer: PngTokenizer
    acoustic: PngNat
    vocoder: Vocoder
    professional: PngNat | None = None

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.card.audio.sample_rate

    @property
    def speakers(self) -> list[str]:
        """Names, in the order of the acoustic model's rows."""
        return [speaker.name for speaker in self.card.speakers]

    def speaker_row(self, name: str | None) -> int:
        """The row of a speaker; None means the default one. Raises PngnatError, with the list, for an unknown name."""
        return _row(self.card.speakers, self.card.default_speaker if name is None else name, self.name)

    def professional_row(self, name: str) -> tuple[PngNat, int]:
        """The model and the row that predict a professional's durations. Raises PngnatError, with the list, for an unknown name."""
        kept = self.card.professional.speakers if self.card.professional else ()
        if self.professional is not None and name in [speaker.name for speaker in kept]:
            return self.professional, _row(kept, name, self.name)
        others = tuple(speaker for speaker in self.card.speakers if speaker.name not in {s.name for s in kept})
        _row((*kept, *others), name, self.name)
        return self.acoustic, self.speaker_row(name)

    def __repr__(self) -> str:
        return f"<Voice {self.name!r}, speakers: {', '.join(self.speakers)}>"


def _row(speakers: tuple[SpeakerCard, ...], name: str, voice: str) -> int:
    names = [speaker.name for speaker in speakers]
    if name not in names:
        raise PngnatError(f"the voice '{voice}' has no speaker '{name}'; it has: {', '.join(names)}")
    return names.index(name)


def load_voice(voice: str | os.PathLike | None = None) -> Voice:
    """Load a voice: the name of a bundled one, or a folder; None means the first bundled one. The last four stay in memory.

    Raises PngnatError where the folder is missing, damaged, of a newer format or not safe to use.
    """
    folder = find_voice(voice).resolve()
    return _load(folder, safe_file(folder, CARD).stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(folder: Path, _modified: int) -> Voice:
    card = read_card(folder)
    safe_file(folder, TOKENIZER)
    tokenizer = PngTokenizer.load(folder)
    acoustic = _acoustic(folder, ACOUSTIC, card.acoustic, len(card.speakers), card, tokenizer)
    try:
        vocoder_config = VocoderConfig.from_dict(card.vocoder)
    except (ValueError, TypeError, KeyError) as error:
        raise PngnatError(f"{folder / CARD} is damaged: the vocoder's settings cannot be used ({error})") from error
    vocoder = _build(safe_file(folder, VOCODER), lambda: Vocoder(card.audio, vocoder_config))
    professional = None
    if card.professional:
        kept = card.professional
        professional = _acoustic(folder, PROFESSIONAL, kept.acoustic, len(kept.speakers), card, tokenizer)
    return Voice(card, tokenizer, acoustic, vocoder, professional)


def _acoustic(folder: Path, file: str, values: dict[str, Any], speakers: int, card: VoiceCard, tokenizer: PngTokenizer) -> PngNat:
    where = f"{folder / CARD} is damaged: the settings of {file}"
    try:
        config = PngNatConfig.from_dict(values)
        sizes_fit = config.speakers == speakers and config.encoder.vocabulary_size == tokenizer.vocabulary_size
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PngnatError(f"{where} cannot be used ({error})") from error
    if not sizes_fit:
        raise PngnatError(f"{where} do not fit its list of speakers or its tokenizer")
    if config.audio != card.audio:
        raise PngnatError(f"{where} have other audio settings than the voice")
    return _build(safe_file(folder, file), lambda: PngNat(config))


def _build(path: Path, make: Callable[[], nn.Module]) -> Any:
    """The module with its weights, ready to speak."""
    try:
        with safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}
        with _SizeGuard(sum(tensor.numel() for tensor in weights.values())):
            module = make()
    except (ValueError, TypeError, KeyError, ArithmeticError, AssertionError, RuntimeError, OSError, SafetensorError) as error:
        raise PngnatError(f"{path} is damaged or does not fit {CARD} ({_first_line(error)})") from error
    _check_tensors(path, weights, module.state_dict())
    module.load_state_dict(weights)
    return module.eval().requires_grad_(False)


class _SizeGuard(TorchFunctionMode):
    """Stops the building of a module that has more parameters than its file holds: a card must not be able to use up the memory."""

    def __init__(self, parameters: int):
        super().__init__()
        self.left = parameters

    def __torch_function__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        # Modules make their parameters with `empty`, whose memory is not taken before it is filled.
        if func is torch.empty:
            self.left -= made.numel()
            if self.left < 0:
                raise ValueError("it describes a larger model than the file holds")
        return made


def _check_tensors(path: Path, found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    for name in sorted(expected.keys() ^ found.keys()):
        raise PngnatError(f"{path} is damaged: '{name}' {'is missing' if name in expected else 'is no part of this model'}")
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape or tensor.is_floating_point() != expected[name].is_floating_point():
            shapes = f"{list(tensor.shape)} and should be {list(expected[name].shape)}"
            raise PngnatError(f"{path} is damaged: '{name}' is of shape {shapes}")
        if not torch.isfinite(tensor.float()).all():
            raise PngnatError(f"{path} is damaged: '{name}' holds values that are no numbers")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def save_voice(voice: Voice, folder: str | os.PathLike, readme: str | None = None) -> None:
    """Write a voice folder, with half-precision weights. readme: the text of its card for people, README.md.

    Each file appears whole or not at all, voice.json last. Raises PngnatError where it cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    voice.tokenizer.save(folder)
    modules = {ACOUSTIC: voice.acoustic, VOCODER: voice.vocoder, PROFESSIONAL: voice.professional}
    for name, module in modules.items():
        if module is not None:
            with written_beside(folder / name) as beside:
                save_file({key: _halved(tensor) for key, tensor in module.state_dict().items()}, beside)
    if readme is not None:
        write_text(folder / "README.md", readme)
    write_text(folder / CARD, voice.card.to_json())


def _halved(tensor: Tensor) -> Tensor:
    """Half precision where that can hold the values; always a tensor of its own, as safetensors asks."""
    fits = tensor.is_floating_point() and (tensor.numel() == 0 or tensor.abs().max() <= _FLOAT16_LARGEST)
    return tensor.detach().cpu().to(torch.float16 if fits else tensor.dtype).contiguous().clone()
