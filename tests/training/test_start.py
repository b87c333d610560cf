from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pngnat.errors import PngnatError
from pngnat.models.decoder import DecoderConfig, PostNetConfig
from pngnat.models.durations import PredictorConfig
from pngnat.models.png_bert import PngBert, PngBertConfig
from pngnat.models.png_bert_pretraining import PngBertForPreTraining, PngBertPretrainedConfig
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.prosody import ProsodyConfig
from pngnat.text.tokenizer import PngTokenizer
from pngnat.training.start import start_from_encoder, start_from_frozen, start_resized
from pngnat.voice.modules import VoiceModules, load_modules

SIZES = PngBertConfig(250, width=16, layers=1, heads=2, feedforward=16)


def acoustic(encoder: PngBertConfig) -> PngNat:
    decoder = DecoderConfig("parallel", width=8, layers=1, kernel=3, feedforward=8)
    return PngNat(
        PngNatConfig(encoder, 2, 4, PredictorConfig(units=8, layers=1), decoder, PostNetConfig(width=8, layers=2))
    )


@pytest.fixture
def pretrained(tmp_path) -> Path:
    folder = tmp_path / "encoder"
    PngBertForPreTraining(PngBertPretrainedConfig.from_plain(SIZES)).save_pretrained(folder)
    PngTokenizer(["a", "b"]).save(folder)
    return folder


def test_the_encoder_is_copied(pretrained):
    model = acoustic(SIZES)
    start_from_encoder(model, pretrained, pretrained)
    saved = PngBertForPreTraining.from_pretrained(pretrained).encoder.state_dict()
    assert all(torch.equal(value, saved[name]) for name, value in model.encoder.state_dict().items())


def test_an_encoder_of_another_tokenizer_is_refused_though_it_fits(pretrained, tmp_path):
    PngTokenizer(["b", "a"]).save(tmp_path)
    with pytest.raises(PngnatError, match=rf"another tokenizer.*tokenizer={pretrained}"):
        start_from_encoder(acoustic(SIZES), pretrained, tmp_path)


def test_an_encoder_of_other_sizes_is_refused(pretrained):
    with pytest.raises(PngnatError, match="other sizes"):
        start_from_encoder(
            acoustic(PngBertConfig(250, width=16, layers=2, heads=2, feedforward=16)), pretrained, pretrained
        )


@pytest.fixture
def frozen_voice(stub_voice) -> VoiceModules:
    """A voice of two encoder layers, of which the lower one was frozen."""
    voice = load_modules(stub_voice)
    encoder = replace(voice.acoustic.config.encoder, layers=2)
    return replace(voice, acoustic=PngNat(replace(voice.acoustic.config, encoder=encoder, frozen_layers=1)))


def test_only_frozen_parts_of_a_voice_are_copied(frozen_voice):
    encoder = PngBert(frozen_voice.acoustic.config.encoder)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    start_from_frozen(encoder, frozen_voice, frozen_voice.tokenizer)
    for name, value in frozen_voice.acoustic.encoder.state_dict().items():
        above = name.startswith(("layers.1.", "final_norm."))
        assert torch.equal(encoder.state_dict()[name], before[name] if above else value)
        assert encoder.get_parameter(name).requires_grad == above


def test_a_voice_without_frozen_layers_is_refused(stub_voice):
    voice = load_modules(stub_voice)
    with pytest.raises(PngnatError, match="no encoder layers that were frozen"):
        start_from_frozen(PngBert(voice.acoustic.config.encoder), voice, voice.tokenizer)


def test_a_voice_with_another_tokenizer_is_refused(frozen_voice):
    with pytest.raises(PngnatError, match="another tokenizer"):
        start_from_frozen(PngBert(frozen_voice.acoustic.config.encoder), frozen_voice, PngTokenizer(["b", "a"]))


def test_model_with_other_parts_copies_the_matching_ones():
    donor = acoustic(SIZES)
    block = donor.decoder.blocks[0]
    with torch.no_grad():
        block.expand.weight[:4] *= 100  # of eight units, the first four say most
    narrow = replace(donor.config.decoder, feedforward=4, adaptive=True)
    model = PngNat(
        replace(donor.config, decoder=narrow, postnet=None, prosody=ProsodyConfig(width=8, layers=1)).with_speakers(3)
    )
    fresh = start_resized(model, ["b", "new", "a"], donor, ["a", "b"])
    assert {name.split(".")[0] for name in fresh} == {"prosody", "decoder"}
    assert all(name.startswith("prosody.") or ".adapt." in name for name in fresh)
    own = model.decoder.blocks[0]
    torch.testing.assert_close(own.expand.weight, block.expand.weight[:4])
    torch.testing.assert_close(own.expand.bias, block.expand.bias[:4])
    torch.testing.assert_close(own.contract.weight, block.contract.weight[:, :4])
    old = donor.speaker.weight
    torch.testing.assert_close(model.speaker.weight, torch.stack([old[1], old.mean(0), old[0]]))


def test_model_with_equal_parts_is_copied_completely():
    donor, model = acoustic(SIZES), acoustic(SIZES)
    assert start_resized(model, ["a", "b"], donor, ["a", "b"]) == []
    assert all(torch.equal(value, donor.state_dict()[name]) for name, value in model.state_dict().items())
