"""Folders of vocoders: pngnat's own, HiFi-GAN and Vocos. A vocoder must take the mel spectrograms that a voice makes.

    pngnat    vocoder.json  vocoder.safetensors  written by `save_vocoder`, and by `pngnat train vocoder`
    HiFi-GAN  config.json   model.safetensors    written by transformers.SpeechT5HifiGan.save_pretrained
    Vocos     config.yaml   model.safetensors    read by the package vocos

A vocoder that was trained against discriminators has discriminators.safetensors too; a training continues with them.
Like a voice, the folder is untrusted: nothing in it is executed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.models.vocoder.external import (
    ExternalVocoder,
    FramesFirst,
    HifiGanConfig,
    VocosConfig,
    VocosNetwork,
    hifigan,
)
from pngnat.untrusted import Section, check_types, read_json, read_yaml, safe_file, shown
from pngnat.voice.card import audio_settings
from pngnat.voice.loading import loaded_once
from pngnat.voice.weights import build_module, load_weights, save_weights

SETTINGS, WEIGHTS, DISCRIMINATORS = "vocoder.json", "vocoder.safetensors", "discriminators.safetensors"
HIFIGAN, VOCOS = "config.json", "config.yaml"
_EXTERNAL_WEIGHTS, _PICKLED_WEIGHTS = "model.safetensors", "pytorch_model.bin"
# The key in an external checkpoint's settings with the settings of pngnat's mel spectrograms it was trained on.
AUDIO = "pngnat_audio"
LOG_MEL = "pngnat.audio.mel.log_mel"
# Properties of all of pngnat's mel spectrograms that other ones may lack.
_ALWAYS = {"logarithm": "natural", "mel scale": "slaney", "filters": "of equal area", "frames": "between hops"}
_HIFIGANS = ("SpeechT5HifiGan", "FastSpeech2ConformerHifiGan")


def save_settings(folder: str | os.PathLike, audio: AudioConfig, model: VocoderConfig) -> None:
    """Write `vocoder.json`: {"audio": AudioConfig, "model": VocoderConfig} as objects."""
    write_text(
        make_folder(folder) / SETTINGS, json.dumps({"audio": asdict(audio), "model": asdict(model)}, indent=2) + "\n"
    )


def save_vocoder(folder: str | os.PathLike, vocoder: Vocoder) -> None:
    """Write settings and weights, in half precision where it can hold the values."""
    save_settings(folder, vocoder.audio, vocoder.config)
    save_weights(vocoder, Path(folder) / WEIGHTS)


def save_discriminators(folder: str | os.PathLike, weights: Mapping[str, Tensor]) -> None:
    """Write the weights of the discriminators, so that a later training continues with them."""
    save_weights(weights, Path(folder) / DISCRIMINATORS)


def load_discriminators(folder: str | os.PathLike) -> dict[str, Tensor] | None:
    """Return the weights that `save_discriminators` wrote, or None. Raises PngnatError for a damaged file."""
    return load_weights(Path(folder), DISCRIMINATORS, "vocoder") if (Path(folder) / DISCRIMINATORS).exists() else None


def load_settings(folder: str | os.PathLike) -> tuple[AudioConfig, VocoderConfig]:
    """Return the settings that `save_settings` wrote. Raises PngnatError for a file that is missing or damaged."""
    path = safe_file(Path(folder), SETTINGS, "vocoder")
    values = Section(str(path), read_json(path))
    try:
        audio, model = (
            audio_settings(str(path), values.section("audio").values),
            VocoderConfig.from_dict(values.section("model").checked()),
        )
        check_types(model)
        return audio, model
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PngnatError(f"{path} is damaged: the model's settings cannot be used ({error})") from error


def load_own_vocoder(folder: str | os.PathLike) -> Vocoder:
    """Return the vocoder that `save_vocoder` wrote, in evaluation mode.

    Raises PngnatError for a folder that is missing or damaged.
    """
    audio, config = load_settings(folder)
    return build_module(Path(folder), WEIGHTS, lambda: Vocoder(audio, config), what="vocoder")


def load_vocoder(folder: str | os.PathLike, audio: AudioConfig) -> Vocoder | ExternalVocoder:
    """Return the vocoder in a folder, in evaluation mode, for the mel spectrograms that `audio` describes.

    The last one stays in memory. Raises PngnatError for a folder that has no vocoder, is damaged or unsafe, and for a
    vocoder of other mel spectrograms.
    """
    if not isinstance(folder, str | os.PathLike):
        raise PngnatError(f"a vocoder is a folder, and not {shown(folder)}")
    path = Path(os.path.abspath(folder))
    kind = next((name for name in (SETTINGS, VOCOS, HIFIGAN) if os.path.isfile(path / name)), None)
    if kind is None:
        raise PngnatError(
            f"{folder} holds no vocoder: "
            f"it has neither {SETTINGS} (pngnat) nor {HIFIGAN} (HiFi-GAN) nor {VOCOS} (Vocos)"
        )
    modified = safe_file(path, kind, "vocoder").stat().st_mtime_ns
    return _load(path, kind, audio, modified)


@loaded_once(keep=1)
def _load(folder: Path, kind: str, audio: AudioConfig, _modified: int) -> Vocoder | ExternalVocoder:
    if kind == SETTINGS:
        _check_mel(folder / SETTINGS, _mel(load_settings(folder)[0]), audio)
        return load_own_vocoder(folder)
    path = safe_file(folder, kind, "vocoder")
    try:
        return _hifigan(path, audio) if kind == HIFIGAN else _vocos(path, audio)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise PngnatError(
            f"{path} is damaged, or no vocoder that pngnat knows ({type(error).__name__}: {error})"
        ) from error


def _hifigan(path: Path, audio: AudioConfig) -> ExternalVocoder:
    values = Section(str(path), read_json(path)).values
    if values.get("architectures") and values["architectures"][0] not in _HIFIGANS:
        raise PngnatError(
            f"{path} is of a {shown(values['architectures'][0])}, and pngnat reads {' and '.join(_HIFIGANS)}"
        )
    settings = Section(str(path), {entry.name: values[entry.name] for entry in fields(HifiGanConfig)})
    config = HifiGanConfig(**settings.checked())
    stated = _mel(audio_settings(str(path), values[AUDIO])) if AUDIO in values else _speecht5_mel(path.parent)
    stated |= {"sample_rate": config.sampling_rate, "hop_length": config.hop_length, "n_mels": config.model_in_dim}
    _check_mel(path, stated, audio)
    generator = build_module(path.parent, _external_weights(path.parent), lambda: hifigan(config), what="vocoder")
    return ExternalVocoder(f"the HiFi-GAN in {path.parent}", audio, FramesFirst(generator), config.reach)


def _speecht5_mel(folder: Path) -> dict[str, Any]:
    """Return the mel settings of the SpeechT5FeatureExtractor beside a checkpoint; empty if there is none."""
    if not (folder / "preprocessor_config.json").is_file():
        return {}
    path = safe_file(folder, "preprocessor_config.json", "vocoder")
    section = Section(str(path), read_json(path))
    window = section.integer("win_length", 1, 1000) * section.integer("sampling_rate", 4000, 96_000) // 1000
    stated = {
        "window_length": window,
        "n_fft": 1 << (window - 1).bit_length(),
        "f_min": float(section.number("fmin", 0, 96_000)),
        "f_max": float(section.number("fmax", 1, 96_000)),
    }
    return stated | {"log_floor": section.number("mel_floor", 0, 1), "logarithm": "base 10", "frames": "on hops"}


def _vocos(path: Path, audio: AudioConfig) -> ExternalVocoder:
    settings = Section(str(path), read_yaml(path))
    features, backbone, head = (settings.section(part) for part in ("feature_extractor", "backbone", "head"))
    for part, known in ((backbone, "vocos.models.VocosBackbone"), (head, "vocos.heads.ISTFTHead")):
        if part.text("class_path") != known:
            raise PngnatError(f"{path} has a {shown(part.text('class_path'))}, and pngnat reads {known}")
    sizes, transform = (part.section("init_args").checked() for part in (backbone, head))
    sizes = {name: sizes[name] for name in ("input_channels", "dim", "intermediate_dim", "num_layers")}
    config = VocosConfig(**sizes, n_fft=transform["n_fft"], hop_length=transform["hop_length"])
    stated = _vocos_mel(path, features) | {"n_mels": config.input_channels, "hop_length": config.hop_length}
    if transform.get("padding", "same") != "same":
        stated["frames"] = "on hops"
    _check_mel(path, stated, audio)
    # The package stores its windows and mel filters with the weights.
    stored = ("feature_extractor.", "head.istft.")
    network = build_module(path.parent, _external_weights(path.parent), lambda: VocosNetwork(config), stored, "vocoder")
    return ExternalVocoder(f"the Vocos in {path.parent}", audio, network, config.reach)


def _vocos_mel(path: Path, features: Section) -> dict[str, Any]:
    given, kind = features.section("init_args").checked(), features.text("class_path")
    if kind == LOG_MEL:
        return _mel(audio_settings(str(path), given))
    if kind != "vocos.feature_extractors.MelSpectrogramFeatures":
        raise PngnatError(f"{path} reads {shown(kind)}, and no mel spectrogram")
    rate, n_fft = given.get("sample_rate", 24000), given.get("n_fft", 1024)
    stated = {
        "sample_rate": rate,
        "n_fft": n_fft,
        "window_length": n_fft,
        "f_min": 0.0,
        "f_max": rate / 2,
        "log_floor": 1e-7,
    }
    frames = "on hops" if given.get("padding", "center") == "center" else "between hops"
    # These are torchaudio's defaults, which the package cannot change.
    return stated | {"logarithm": "natural", "mel scale": "htk", "filters": "of equal height", "frames": frames}


def _mel(audio: AudioConfig) -> dict[str, Any]:
    return {**asdict(audio), **_ALWAYS}


def _check_mel(path: Path, stated: dict[str, Any], audio: AudioConfig) -> None:
    wanted = _mel(audio)
    others = [
        f"{key} {stated[key]} (the voice: {value})"
        for key, value in wanted.items()
        if key in stated and stated[key] != value
    ]
    if others:
        raise PngnatError(
            f"{path}: this vocoder takes other mel spectrograms than the voice makes: {', '.join(others)}"
        )
    unsaid = [key for key in wanted if key not in stated]
    if unsaid:
        raise PngnatError(
            f"{path} does not say which mel spectrograms it takes ({', '.join(unsaid)}); "
            f'if it was trained on pngnat\'s, add their settings as "{AUDIO}"'
        )


def _external_weights(folder: Path) -> str:
    if not (folder / _EXTERNAL_WEIGHTS).is_file() and (folder / _PICKLED_WEIGHTS).is_file():
        raise PngnatError(
            f"{folder / _PICKLED_WEIGHTS} is a pickle, which could run code: convert it to {_EXTERNAL_WEIGHTS} once, "
            "as docs/program.md shows"
        )
    return _EXTERNAL_WEIGHTS
