from dataclasses import replace

import pytest
import torch

from pngnat.models.batch import PngBatch
from pngnat.models.decoder import DecoderConfig, PostNetConfig
from pngnat.models.durations import PredictorConfig, frame_counts
from pngnat.models.phoneme_encoder import PhonemeEncoderConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import Encoded, PngNat, PngNatConfig
from pngnat.models.prosody import ProsodyConfig

VOCABULARY = 60
PNG = PngNatConfig(
    encoder=PngBertConfig(VOCABULARY, width=16, layers=2, heads=2, feedforward=32),
    speakers=3,
    speaker_width=4,
    predictor=PredictorConfig(units=8, layers=1),
    decoder=DecoderConfig("parallel", width=16, layers=2, kernel=3, feedforward=32),
    postnet=PostNetConfig(width=8, layers=2),
)
PLAIN = replace(PNG, encoder=PhonemeEncoderConfig(VOCABULARY, width=16, lstm=8))
AUTOREGRESSIVE = replace(PNG, decoder=DecoderConfig("lstm", width=16, prenet=8))
MELODIC = replace(
    PNG, prosody=ProsodyConfig(width=8, layers=2, kernel=3), postnet=None, decoder=replace(PNG.decoder, adaptive=True)
)
CONFIGS = pytest.mark.parametrize(
    "config", [PNG, PLAIN, AUTOREGRESSIVE, MELODIC], ids=["png_nat", "nat", "lstm", "melodic"]
)


def make_tokens(*sizes: tuple[int, int]) -> PngBatch:
    """Random utterances of (phoneme-segment tokens, wordpieces)."""
    generator = torch.Generator().manual_seed(len(sizes))
    longest = max(phonemes + pieces + 2 for phonemes, pieces in sizes)
    ids, segments, words = (torch.zeros(len(sizes), longest, dtype=torch.long) for _ in range(3))
    for row, (phonemes, pieces) in enumerate(sizes):
        length = phonemes + pieces + 2
        ids[row, :length] = torch.randint(5, VOCABULARY, (length,), generator=generator)
        segments[row, phonemes + 1 : length] = 1
        words[row, :length] = torch.arange(length) // 3
    lengths = torch.tensor([phonemes + pieces + 2 for phonemes, pieces in sizes])
    return PngBatch(ids, segments, words, lengths, torch.tensor([phonemes for phonemes, _ in sizes]))


def only(batch: PngBatch, row: int) -> PngBatch:
    length = int(batch.lengths[row])
    return PngBatch(
        *(tensor[row : row + 1, :length] for tensor in (batch.ids, batch.segments, batch.word_positions)),
        batch.lengths[row : row + 1],
        batch.phoneme_lengths[row : row + 1],
    )


@torch.inference_mode()
def encode(model: PngNat, batch: PngBatch) -> Encoded:
    return model.encode(batch)


@CONFIGS
def test_padding_does_not_change_outputs(config):
    torch.manual_seed(0)
    model = PngNat(config).eval()
    batch, speaker = make_tokens((5, 2), (11, 6)), torch.tensor([0, 2])
    durations = torch.rand(2, 11) * 0.1 * batch.phoneme_mask
    encoded, alone = encode(model, batch), encode(model, only(batch, 0))
    predicted = model.predict_durations(encoded, speaker)
    torch.testing.assert_close(predicted[:1, :5], model.predict_durations(alone, speaker[:1]), atol=1e-5, rtol=1e-4)
    assert predicted[0, 5:].abs().sum() == 0
    mel = model.generate_mel(encoded, speaker, durations)
    own = model.generate_mel(alone, speaker[:1], durations[:1, :5])
    torch.testing.assert_close(mel[:1, :, : own.shape[2]], own, atol=1e-4, rtol=1e-4)


@CONFIGS
def test_the_mel_is_as_long_as_the_durations_say(config):
    model = PngNat(config).eval()
    batch = make_tokens((7, 3))
    durations = torch.tensor([[0.03, 0.0, 0.11, 0.005, 0.27, 0.0, 0.051]])
    mel = model.generate_mel(encode(model, batch), torch.tensor([1]), durations)
    assert mel.shape == (1, 128, int(frame_counts(durations, 80.0)))
    assert mel.dtype == torch.float32


def test_the_alignment_gives_each_frame_to_tokens_that_have_a_duration():
    model = PngNat(PNG).eval()
    durations = torch.tensor([[0.03, 0.0, 0.11, 0.005, 0.27, 0.0, 0.051]])
    weights = model.alignment(encode(model, make_tokens((7, 3))), torch.tensor([1]), durations)
    assert weights.shape == (1, int(frame_counts(durations, 80.0)), 7)
    torch.testing.assert_close(weights.sum(2), torch.ones(weights.shape[:2]))
    assert weights[0, :, [1, 5]].abs().sum() == 0


def test_speakers_and_graphemes_matter():
    model = PngNat(PNG).eval()
    batch = make_tokens((7, 3))
    encoded = encode(model, batch)
    first = model.predict_durations(encoded, torch.tensor([0]))
    assert not torch.allclose(first, model.predict_durations(encoded, torch.tensor([1])))
    changed = batch.ids.clone()
    changed[0, -2] = 5 + (changed[0, -2] - 4) % (VOCABULARY - 5)
    other = encode(model, replace(batch, ids=changed))
    assert not torch.allclose(first, model.predict_durations(other, torch.tensor([0])))


def test_plain_nat_is_blind_to_graphemes():
    model = PngNat(PLAIN).eval()
    batch = make_tokens((7, 3))
    changed = batch.ids.clone()
    changed[0, 8:] = 9
    batches = (batch, replace(batch, ids=changed))
    first, second = (model.predict_durations(encode(model, b), torch.tensor([0])) for b in batches)
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize(("layers", "trainable"), [(-1, "all"), (0, "layers"), (1, "upper"), (2, "norm")])
def test_frozen_layers_get_no_gradient(layers, trainable):
    model = PngNat(replace(PNG, frozen_layers=layers))
    free = {
        name.split(".")[0] if "layers" not in name else name[:8]
        for name, p in model.encoder.named_parameters()
        if p.requires_grad
    }
    embeddings = {"token", "segment", "position", "word_position", "norm"}
    expected = {
        "all": embeddings | {"layers.0", "layers.1", "final_norm"},
        "layers": {"layers.0", "layers.1", "final_norm"},
        "upper": {"layers.1", "final_norm"},
        "norm": {"final_norm"},
    }
    assert free == expected[trainable]


@pytest.mark.slow
@CONFIGS
def test_one_batch_can_be_learned_by_heart(config):
    torch.manual_seed(0)
    model = PngNat(replace(config, decoder=replace(config.decoder, dropout=0.0)))
    batch, speaker = make_tokens((6, 2), (8, 3)), torch.tensor([0, 1])
    durations = torch.full((2, 8), 0.05) * batch.phoneme_mask
    target = torch.randn(2, 32, 128) * 2 - 5
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    errors = []
    for _ in range(60):
        prediction = model(batch, speaker, durations, target)
        mel = (prediction.mel - model.normalize(target))[0, :24].square().mean()
        loss = mel + 10 * (prediction.durations - durations)[batch.phoneme_mask].square().mean()
        optimizer.zero_grad()
        loss.backward()
        assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
        optimizer.step()
        errors.append(loss.item())
    assert errors[-1] < 0.7 * errors[0]


@CONFIGS
def test_config_survives_json(config):
    assert PngNatConfig.from_dict(config.to_dict()) == config


def test_unknown_encoder_is_named():
    with pytest.raises(ValueError, match="gpt"):
        PngNatConfig.from_dict({"encoder": {"kind": "gpt"}, "speakers": 1})


@CONFIGS
def test_an_encoded_text_can_be_used_again(config):
    model = PngNat(config).eval()
    batch, speaker = make_tokens((5, 2), (11, 6)), torch.tensor([0, 2])
    durations = torch.rand(2, 11) * 0.1 * batch.phoneme_mask
    kept = encode(model, batch)
    for _ in range(2):
        fresh = encode(model, batch)
        assert torch.equal(model.predict_durations(kept, speaker), model.predict_durations(fresh, speaker))
        mel = model.generate_mel(kept, speaker, durations)
        assert torch.equal(mel, model.generate_mel(fresh, speaker, durations))


def test_pitch_and_loudness_are_the_models_own_unless_they_are_given():
    torch.manual_seed(0)
    model = PngNat(MELODIC).eval()
    torch.nn.init.normal_(model.prosody.embedding.weight)
    batch, speaker = make_tokens((7, 3), (4, 2)), torch.tensor([1, 2])
    durations, encoded = 0.05 * batch.phoneme_mask, encode(model, batch)
    own = model.predict_prosody(encoded, speaker, durations)
    assert own.shape == (2, 7, 2)
    assert own[1, 4:].abs().sum() == 0
    mel = model.generate_mel(encoded, speaker, durations)
    torch.testing.assert_close(model.generate_mel(encoded, speaker, durations, prosody=own), mel)
    assert not torch.allclose(
        model.generate_mel(encoded, speaker, durations, prosody=own + batch.phoneme_mask[..., None]), mel, atol=1e-3
    )


def test_training_is_given_the_recordings_prosody_and_predicts_its_own():
    model = PngNat(MELODIC).eval()
    batch, speaker = make_tokens((7, 3)), torch.tensor([1])
    durations = torch.full((1, 7), 0.05)
    frames = int(frame_counts(durations, 80.0))
    prediction = model(batch, speaker, durations, torch.randn(1, frames, 128), prosody=torch.randn(1, 7, 2))
    assert prediction.coarse is None
    torch.testing.assert_close(prediction.prosody, model.predict_prosody(encode(model, batch), speaker, durations))


@pytest.mark.parametrize("config", [PNG, MELODIC], ids=["png_nat", "melodic"])
def test_a_config_comes_back_from_json_values(config):
    assert PngNatConfig.from_dict(config.to_dict()) == config


def test_settings_that_a_config_lacks_take_their_defaults():
    values = PNG.to_dict()
    del values["prosody"], values["decoder"]["adaptive"]
    assert PngNatConfig.from_dict(values) == PNG
