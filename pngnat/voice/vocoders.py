"""A folder with a vocoder, of pngnat or of another project; checked to take the mel spectrograms that a voice makes.

    pngnat      vocoder.json  vocoder.safetensors                          as recipes/vocoder.py writes it
    HiFi-GAN    config.json   model.safetensors or pytorch_model.bin       as transformers.SpeechT5HifiGan.save_pretrained writes it
    Vocos       config.yaml   model.safetensors or pytorch_model.bin       as the package vocos reads it

Like a voice, it is data from strangers: nothing in it is executed.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.models.vocoder.foreign import ForeignVocoder
from pngnat.models.vocoder.hifigan import HifiGanConfig, hifigan
from pngnat.models.vocoder.vocos import VocosConfig, VocosNetwork
from pngnat.voice.card import audio_settings, safe_file
from pngnat.voice.weights import build_module

OWN, HIFIGAN, VOCOS = "vocoder.json", "config.json", "config.yaml"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
# Where a checkpoint of another project says for which of pngnat's mel spectrograms it was trained.
AUDIO = "pngnat_audio"
LOG_MEL = "pngnat.audio.mel.log_mel"
# What all of pngnat's mel spectrograms have in common, and others do not.
_ALWAYS = {"logarithm": "natural", "mel scale": "slaney", "filters": "of equal area", "frames": "between hops"}
_HIFIGANS = ("SpeechT5HifiGan", "FastSpeech2ConformerHifiGan")


def load_vocoder(folder: str | os.PathLike, audio: AudioConfig) -> Vocoder | ForeignVocoder:
    """The vocoder in a folder, ready to speak the mel spectrograms that `audio` describes. The last one stays in memory.

    Raises PngnatError where the folder holds none, is damaged or not safe to use, or where its mel spectrograms are others.
    """
    path = Path(folder).resolve()
    kind = next((name for name in (OWN, VOCOS, HIFIGAN) if (path / name).is_file()), None)
    if kind is None:
        raise PngnatError(f"{folder} holds no vocoder: it has neither {OWN} (pngnat) nor {HIFIGAN} (HiFi-GAN) nor {VOCOS} (Vocos)")
    modified = safe_file(path, kind, "vocoder").stat().st_mtime_ns
    return _load(path, kind, audio, modified)


@lru_cache(maxsize=1)
def _load(folder: Path, kind: str, audio: AudioConfig, _modified: int) -> Vocoder | ForeignVocoder:
    path = safe_file(folder, kind, "vocoder")
    try:
        return {OWN: _own, HIFIGAN: _hifigan, VOCOS: _vocos}[kind](path, _read(path), audio)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PngnatError(f"{path} is damaged, or no vocoder that pngnat knows ({type(error).__name__}: {error})") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            values = json.loads(text)
        else:
            import yaml

            values = yaml.safe_load(text)
    # yaml's errors are plain Exceptions of their own, and its package is imported only here.
    except Exception as error:
        raise PngnatError(f"{path} is damaged ({str(error).splitlines()[0]})") from error
    if not isinstance(values, dict):
        raise PngnatError(f"{path} is damaged: it holds no settings")
    return values


def _own(path: Path, values: dict[str, Any], audio: AudioConfig) -> Vocoder:
    _check_mel(path, _mel(audio_settings(str(path), values["audio"])), audio)
    config = VocoderConfig.from_dict(values["model"])
    return build_module(safe_file(path.parent, "vocoder.safetensors", "vocoder"), lambda: Vocoder(audio, config))


def _hifigan(path: Path, values: dict[str, Any], audio: AudioConfig) -> ForeignVocoder:
    if values.get("architectures") and values["architectures"][0] not in _HIFIGANS:
        raise PngnatError(f"{path} is of a {values['architectures'][0]}, and pngnat reads {' and '.join(_HIFIGANS)}")
    config = HifiGanConfig(**{entry.name: values[entry.name] for entry in fields(HifiGanConfig)})
    stated = _mel(audio_settings(str(path), values[AUDIO])) if AUDIO in values else _speecht5_mel(path.parent)
    stated |= {"sample_rate": config.sampling_rate, "hop_length": config.hop_length, "n_mels": config.model_in_dim}
    _check_mel(path, stated, audio)
    generator = build_module(_weights(path.parent), lambda: hifigan(config))
    return ForeignVocoder(f"the HiFi-GAN in {path.parent}", audio, generator, lambda mel: generator(mel.transpose(1, 2)), config.reach)


def _speecht5_mel(folder: Path) -> dict[str, Any]:
    """What the settings of a SpeechT5FeatureExtractor beside a checkpoint say of its mels; nothing where there are none."""
    if not (folder / "preprocessor_config.json").is_file():
        return {}
    values = _read(safe_file(folder, "preprocessor_config.json", "vocoder"))
    window = values["win_length"] * values["sampling_rate"] // 1000
    stated = {
        "window_length": window,
        "n_fft": 1 << (window - 1).bit_length(),
        "f_min": float(values["fmin"]),
        "f_max": float(values["fmax"]),
    }
    return stated | {"log_floor": values["mel_floor"], "logarithm": "base 10", "frames": "on hops"}


def _vocos(path: Path, values: dict[str, Any], audio: AudioConfig) -> ForeignVocoder:
    features, backbone, head = (values[part] for part in ("feature_extractor", "backbone", "head"))
    for part, known in ((backbone, "vocos.models.VocosBackbone"), (head, "vocos.heads.ISTFTHead")):
        if part["class_path"] != known:
            raise PngnatError(f"{path} has a {part['class_path']}, and pngnat reads {known}")
    sizes = {name: backbone["init_args"][name] for name in ("input_channels", "dim", "intermediate_dim", "num_layers")}
    config = VocosConfig(**sizes, n_fft=head["init_args"]["n_fft"], hop_length=head["init_args"]["hop_length"])
    stated = _vocos_mel(path, features) | {"n_mels": config.input_channels, "hop_length": config.hop_length}
    if head["init_args"].get("padding", "same") != "same":
        stated["frames"] = "on hops"
    _check_mel(path, stated, audio)
    # The package stores its windows and mel filters too.
    network = build_module(_weights(path.parent), lambda: VocosNetwork(config), ("feature_extractor.", "head.istft."))
    return ForeignVocoder(f"the Vocos in {path.parent}", audio, network, network, config.reach)


def _vocos_mel(path: Path, features: dict[str, Any]) -> dict[str, Any]:
    given = features["init_args"]
    if features["class_path"] == LOG_MEL:
        return _mel(audio_settings(str(path), given))
    if features["class_path"] != "vocos.feature_extractors.MelSpectrogramFeatures":
        raise PngnatError(f"{path} reads {features['class_path']}, and no mel spectrogram")
    rate, n_fft = given.get("sample_rate", 24000), given.get("n_fft", 1024)
    stated = {"sample_rate": rate, "n_fft": n_fft, "window_length": n_fft, "f_min": 0.0, "f_max": rate / 2, "log_floor": 1e-7}
    frames = "on hops" if given.get("padding", "center") == "center" else "between hops"
    # torchaudio's defaults, which the package cannot change.
    return stated | {"logarithm": "natural", "mel scale": "htk", "filters": "of equal height", "frames": frames}


def _mel(audio: AudioConfig) -> dict[str, Any]:
    return {**asdict(audio), **_ALWAYS}


def _check_mel(path: Path, stated: dict[str, Any], audio: AudioConfig) -> None:
    wanted = _mel(audio)
    others = [f"{key} {stated[key]} (the voice: {value})" for key, value in wanted.items() if key in stated and stated[key] != value]
    if others:
        raise PngnatError(f"{path}: this vocoder takes other mel spectrograms than the voice makes: {', '.join(others)}")
    unsaid = [key for key in wanted if key not in stated]
    if unsaid:
        raise PngnatError(
            f"{path} does not say which mel spectrograms it takes ({', '.join(unsaid)}); "
            f'if it was trained on pngnat\'s, add their settings as "{AUDIO}"'
        )


def _weights(folder: Path) -> Path:
    name = next((name for name in _WEIGHTS if (folder / name).is_file()), _WEIGHTS[0])
    return safe_file(folder, name, "vocoder")
