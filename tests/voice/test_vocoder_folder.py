import dataclasses
import json

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import pngnat
from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.models.vocoder.external import VocosConfig, VocosNetwork
from pngnat.voice.modules import load_modules, save_voice
from pngnat.voice.vocoders import load_vocoder

STUB = AudioConfig(n_mels=20)
# 300 samples a frame; each kernel longer than its rate by an even number.
SMALL_HIFIGAN = {
    "model_in_dim": 20,
    "sampling_rate": 24000,
    "upsample_initial_channel": 16,
    "upsample_rates": [10, 6, 5],
    "upsample_kernel_sizes": [20, 12, 11],
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]],
}
# config.yaml of charactr/vocos-mel-24khz.
VOCOS_24KHZ = """
feature_extractor:
  class_path: vocos.feature_extractors.MelSpectrogramFeatures
  init_args:
    sample_rate: 24000
    n_fft: 1024
    hop_length: 256
    n_mels: 100
    padding: center

backbone:
  class_path: vocos.models.VocosBackbone
  init_args:
    input_channels: 100
    dim: 512
    intermediate_dim: 1536
    num_layers: 8

head:
  class_path: vocos.heads.ISTFTHead
  init_args:
    dim: 512
    n_fft: 1024
    hop_length: 256
    padding: center
"""


def write_hifigan(folder, audio, **settings):
    try:
        from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig
    except OSError as error:
        pytest.skip(f"transformers cannot be imported, since torchaudio is installed and fits another PyTorch: {error}")
    torch.manual_seed(0)
    stated = {} if audio is None else {"pngnat_audio": dataclasses.asdict(audio)}
    SpeechT5HifiGan(SpeechT5HifiGanConfig(**settings, **stated)).save_pretrained(folder)
    return folder


def write_vocos(folder, values):
    """A checkpoint as the package writes it: its features' buffers are in the weights."""
    torch.manual_seed(0)
    sizes = values["backbone"]["init_args"] | {
        name: values["head"]["init_args"][name] for name in ("n_fft", "hop_length")
    }
    sizes.pop("class_path", None)
    network = VocosNetwork(VocosConfig(**sizes))
    weights = network.state_dict() | {
        "feature_extractor.mel_spec.mel_scale.fb": torch.ones(3),
        "head.istft.window": torch.ones(3),
    }
    folder.mkdir()
    save_file(weights, folder / "model.safetensors")
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    return folder


def vocos_for(audio, **sizes):
    """The settings of a Vocos that was trained on pngnat's mels."""
    backbone = {"input_channels": audio.n_mels, "dim": 16, "intermediate_dim": 16, "num_layers": 2} | sizes
    return {
        "feature_extractor": {"class_path": "pngnat.audio.mel.log_mel", "init_args": dataclasses.asdict(audio)},
        "backbone": {"class_path": "vocos.models.VocosBackbone", "init_args": backbone},
        "head": {
            "class_path": "vocos.heads.ISTFTHead",
            "init_args": {
                "dim": backbone["dim"],
                "n_fft": audio.n_fft,
                "hop_length": audio.hop_length,
                "padding": "same",
            },
        },
    }


def write_own(folder, audio):
    config = VocoderConfig(width=8, hidden=8, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=8))
    folder.mkdir()
    (folder / "vocoder.json").write_text(
        json.dumps({"audio": dataclasses.asdict(audio), "model": dataclasses.asdict(config)})
    )
    save_file(Vocoder(audio, config).state_dict(), folder / "vocoder.safetensors")
    return folder


def refused(folder, audio, *parts):
    with pytest.raises(PngnatError) as caught:
        load_vocoder(folder, audio)
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["HiFi-GAN", "Vocos", "own"])
def test_a_voice_speaks_with_another_vocoder(stub_voice, tmp_path, kind):
    if kind == "HiFi-GAN":
        folder = write_hifigan(tmp_path / "v", STUB, **SMALL_HIFIGAN)
    else:
        folder = write_vocos(tmp_path / "v", vocos_for(STUB)) if kind == "Vocos" else write_own(tmp_path / "v", STUB)
    voice = pngnat.load_voice(stub_voice, vocoder=folder)
    speech, usual = (
        pngnat.synthesize("Hello there, my friend.", voice),
        pngnat.synthesize("Hello there, my friend.", stub_voice),
    )
    assert np.array_equal(speech.durations, usual.durations) and speech.words == usual.words
    assert (
        np.isfinite(speech.samples).all()
        and speech.samples.std() > 0
        and not np.array_equal(speech.samples, usual.samples)
    )
    blocks = np.concatenate(list(pngnat.stream_samples("Hello there, my friend.", voice)))
    assert np.abs(blocks - speech.samples).max() < 1e-4
    if kind == "own":
        pngnat.synthesize("Hello.", voice, pitch=2)
        return
    for asked in ({"pitch": 2}, {"f0": [100.0]}):
        with pytest.raises(PngnatError, match=f"the {kind} in .*/v cannot change the pitch"):
            pngnat.stream("Hello.", voice, **asked)
    with pytest.raises(PngnatError, match="cannot be saved with"):
        save_voice(load_modules(stub_voice, folder), tmp_path / "copy")


def test_the_generator_of_speecht5(tmp_path):
    audio = AudioConfig(16000, 1024, 1024, 256, 80, 80.0, 7600.0, 1e-10)
    folder = write_hifigan(tmp_path / "v", audio)  # transformers' defaults are microsoft/speecht5_hifigan
    with torch.inference_mode():
        assert load_vocoder(folder, audio)(torch.zeros(1, 80, 5) - 5).shape == (1, 5 * 256)
    refused(
        folder,
        STUB,
        "sample_rate 16000 (the voice: 24000)",
        "hop_length 256 (the voice: 300)",
        "n_mels 80 (the voice: 20)",
        "n_fft 1024",
    )
    refused(folder, dataclasses.replace(audio, f_min=20.0), "f_min 80.0 (the voice: 20.0)")
    refused(folder, dataclasses.replace(audio, log_floor=1e-5), "log_floor 1e-10 (the voice: 1e-05)")


def test_mel_settings_of_a_feature_extractor_count(tmp_path):
    audio = AudioConfig(16000, 1024, 1024, 256, 80, 80.0, 7600.0, 1e-10)
    folder = write_hifigan(tmp_path / "v", None, upsample_initial_channel=16)
    refused(folder, audio, "config.json does not say", "n_fft", "logarithm", '"pngnat_audio"')
    settings = {
        "sampling_rate": 16000,
        "win_length": 64,
        "hop_length": 16,
        "fmin": 80,
        "fmax": 7600,
        "mel_floor": 1e-10,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    refused(folder, audio, "logarithm base 10 (the voice: natural), frames on hops (the voice: between hops)")


def test_the_vocos_of_its_authors(tmp_path):
    values = yaml.safe_load(VOCOS_24KHZ)
    folder = write_vocos(tmp_path / "theirs", values)
    expected = (
        "n_fft 1024 (the voice: 2048)",
        "window_length 1024",
        "hop_length 256",
        "n_mels 100",
        "mel scale htk",
        "frames on hops",
    )
    refused(folder, AudioConfig(), *expected)
    # The same network, trained on pngnat's mels.
    audio = AudioConfig(n_fft=1024, window_length=1024, hop_length=256, n_mels=100)
    folder = write_vocos(tmp_path / "ours", vocos_for(audio, dim=512, intermediate_dim=1536, num_layers=8))
    vocoder = load_vocoder(folder, audio)
    assert 13e6 < sum(weight.numel() for weight in vocoder.parameters()) < 14e6
    with torch.inference_mode():
        assert vocoder(torch.zeros(1, 100, 5) - 5).shape == (1, 5 * 256)


def test_own_vocoders_of_other_mels(tmp_path):
    refused(write_own(tmp_path / "v", STUB), AudioConfig(), "n_mels 20 (the voice: 128)")


def test_folders_that_hold_no_vocoder(tmp_path):
    refused(tmp_path, STUB, "holds no vocoder", "vocoder.json", "config.yaml")
    refused(tmp_path / "none", STUB, "holds no vocoder")
    for damage in ("x", "[]", '{"a": 1}', '{"architectures": ["BertModel"]}'):
        (tmp_path / "config.json").write_text(damage)
        refused(tmp_path, STUB, "config.json")


def test_settings_that_are_damaged_or_dangerous(tmp_path):
    folder = write_vocos(tmp_path / "w", vocos_for(STUB))
    for damage in ("a: [", "text", "backbone: 1", "!!python/object/apply:os.system [exit]"):
        (folder / "config.yaml").write_text(damage)
        refused(folder, STUB, "config.yaml")
    for part in ("feature_extractor", "backbone", "head"):
        values = vocos_for(STUB)
        values[part]["class_path"] = "os.system"
        (folder / "config.yaml").write_text(yaml.safe_dump(values))
        refused(folder, STUB, "os.system")


class Evil:
    def __reduce__(self):
        return (exit, ())


def test_weights_that_do_not_fit(tmp_path):
    folder = write_hifigan(tmp_path / "v", STUB, **SMALL_HIFIGAN)
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: tensor for name, tensor in weights.items() if name != "conv_post.bias"}, folder / "model.safetensors"
    )
    refused(folder, STUB, "model.safetensors", "'conv_post.bias' is missing")
    config = json.loads((folder / "config.json").read_text()) | {"upsample_initial_channel": 2**18}
    (folder / "config.json").write_text(json.dumps(config))
    refused(folder, STUB, "model.safetensors")
    (folder / "model.safetensors").unlink()
    refused(folder, STUB, "model.safetensors cannot be read")


def test_weights_that_would_run_code(tmp_path):
    folder = write_vocos(tmp_path / "w", vocos_for(STUB))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refused(folder, STUB, "pytorch_model.bin", "docs/program.md")
