"""A voice as PyTorch modules, loaded from a folder and saved to one, for training, `pngnat create` and the engine
`torch`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.models.vocoder.external import ExternalVocoder
from pngnat.text.tokenizer import PngTokenizer
from pngnat.untrusted import check_types, safe_file
from pngnat.voice.card import (
    ACOUSTIC,
    CARD,
    PROFESSIONAL,
    TOKENIZER,
    VOCODER,
    VoiceCard,
    find_voice,
    read_card,
)
from pngnat.voice.graphs.export import can_export, export_graphs, speaks_without_torch
from pngnat.voice.graphs.files import remove_graphs
from pngnat.voice.loading import loaded_once
from pngnat.voice.vocoders import load_vocoder
from pngnat.voice.weights import build_module, save_weights

# PyTorch's threads do not exist in a forked process, and work that is passed to them there never ends.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


@dataclass(frozen=True, eq=False)
class VoiceModules:
    """The models of a voice.

    professional: the multi-speaker model whose rhythm can be borrowed, or None.
    """

    card: VoiceCard
    tokenizer: PngTokenizer
    acoustic: PngNat
    vocoder: Vocoder | ExternalVocoder
    professional: PngNat | None = None

    @property
    def name(self) -> str:
        """Return the voice's name, from its card."""
        return self.card.name

    @property
    def speakers(self) -> list[str]:
        """Return the names of the speakers, in the order of the acoustic model's rows."""
        return self.card.names

    def __repr__(self) -> str:
        return f"<VoiceModules of {self.name!r}, speakers: {', '.join(self.speakers)}>"


def load_modules(voice: str | os.PathLike | None = None, vocoder: str | os.PathLike | None = None) -> VoiceModules:
    """Load a voice. The last four stay in memory.

    voice: a name or a folder, see `find_voice`; None is the first bundled voice. vocoder: a folder with a vocoder in
    the place of the voice's own: pngnat's, or a HiFi-GAN or Vocos checkpoint. Raises PngnatError for a folder that is
    missing, damaged, of a newer format or unsafe, and for a vocoder of other mel spectrograms.
    """
    folder = find_voice(voice).resolve()
    loaded = _load(folder, safe_file(folder, CARD).stat().st_mtime_ns)
    return loaded if vocoder is None else replace(loaded, vocoder=load_vocoder(vocoder, loaded.card.audio))


@loaded_once(keep=4)
def _load(folder: Path, _modified: int) -> VoiceModules:
    card = read_card(folder)
    safe_file(folder, TOKENIZER)
    tokenizer = PngTokenizer.load(folder)
    acoustic = _acoustic(folder, ACOUSTIC, card.acoustic, len(card.speakers), card, tokenizer)
    try:
        vocoder_config = VocoderConfig.from_dict(card.vocoder)
        check_types(vocoder_config)
    except (ValueError, TypeError, KeyError) as error:
        raise PngnatError(f"{folder / CARD} is damaged: the vocoder's settings cannot be used ({error})") from error
    vocoder = build_module(folder, VOCODER, lambda: Vocoder(card.audio, vocoder_config))
    professional = None
    if card.professional:
        kept = card.professional
        professional = _acoustic(folder, PROFESSIONAL, kept.acoustic, len(kept.speakers), card, tokenizer)
    return VoiceModules(card, tokenizer, acoustic, vocoder, professional)


def _acoustic(
    folder: Path, file: str, values: dict[str, Any], speakers: int, card: VoiceCard, tokenizer: PngTokenizer
) -> PngNat:
    where = f"{folder / CARD} is damaged: the settings of {file}"
    try:
        config = PngNatConfig.from_dict(values)
        check_types(config)
        sizes_fit = config.speakers == speakers and config.encoder.vocabulary_size == tokenizer.vocabulary_size
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PngnatError(f"{where} cannot be used ({error})") from error
    if not sizes_fit:
        raise PngnatError(f"{where} do not fit its list of speakers or its tokenizer")
    if config.audio != card.audio:
        raise PngnatError(f"{where} have other audio settings than the voice")
    return build_module(folder, file, lambda: PngNat(config))


def save_voice(voice: VoiceModules, folder: str | os.PathLike, readme: str | None = None, graphs: bool = True) -> None:
    """Write a voice folder with half-precision weights.

    readme: the text of the model card, README.md. graphs: whether to write the ONNX graphs for synthesis without
    PyTorch, if the package onnx is installed and the graphs support all parts of the voice. Each file is written
    atomically, voice.json last. Raises PngnatError if the folder cannot be written, and for a vocoder that is not
    pngnat's.
    """
    if not isinstance(voice.vocoder, Vocoder):
        raise PngnatError(
            f"{folder}: a voice keeps pngnat's own kind of vocoder, and cannot be saved with {voice.vocoder.name}"
        )
    folder = make_folder(folder)
    voice.tokenizer.save(folder)
    modules = {ACOUSTIC: voice.acoustic, VOCODER: voice.vocoder, PROFESSIONAL: voice.professional}
    for name, module in modules.items():
        if module is not None:
            save_weights(module, folder / name)
    if readme is not None:
        write_text(folder / "README.md", readme)
    write_text(folder / CARD, voice.card.to_json())
    if graphs and can_export() and speaks_without_torch(voice.card):
        export_graphs(folder)
    else:
        remove_graphs(folder)
