"""PnG BERT with its head: what is saved is what is loaded, and the plain encoder is inside."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForPreTraining

from pngnat.errors import PngnatError
from pngnat.models.batch import PngBatch
from pngnat.models.png_bert import PngBert, PngBertConfig
from pngnat.models.png_bert_pretraining import PngBertForPreTraining, PngBertPretrainedConfig, load_pretrained

CONFIG = PngBertConfig(vocabulary_size=50, width=16, layers=2, heads=2, feedforward=32)


@pytest.fixture
def model() -> PngBertForPreTraining:
    torch.manual_seed(0)
    return PngBertForPreTraining(PngBertPretrainedConfig.from_plain(CONFIG)).eval()


@pytest.fixture
def inputs() -> dict[str, torch.Tensor]:
    return {
        "input_ids": torch.tensor([[1, 7, 8, 9, 2, 30, 31, 2], [1, 7, 9, 2, 33, 2, 0, 0]]),
        "segment_ids": torch.tensor([[0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1, 0, 0]]),
        "word_positions": torch.tensor([[0, 1, 1, 2, 0, 1, 2, 0], [0, 1, 2, 0, 1, 0, 0, 0]]),
        "attention_mask": torch.tensor([[1] * 8, [1] * 6 + [0] * 2]),
    }


def test_saved_model_is_the_loaded_one(model, inputs, tmp_path):
    model.save_pretrained(tmp_path)
    loaded = load_pretrained(tmp_path).eval()
    assert loaded.config.to_plain() == CONFIG
    assert loaded.state_dict().keys() == model.state_dict().keys()
    torch.testing.assert_close(loaded(**inputs).logits, model(**inputs).logits, rtol=0, atol=0)


def test_auto_class_loads_png_bert(model, inputs, tmp_path):
    model.save_pretrained(tmp_path)
    loaded = AutoModelForPreTraining.from_pretrained(tmp_path).eval()
    torch.testing.assert_close(loaded(**inputs).logits, model(**inputs).logits, rtol=0, atol=0)


def test_plain_encoder_reads_the_file_without_transformers(model, inputs, tmp_path):
    model.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    encoder = PngBert(CONFIG)
    encoder.load_state_dict(
        {key.removeprefix("encoder."): value for key, value in weights.items() if key.startswith("encoder.")}
    )
    encoder.eval()
    lengths = inputs["attention_mask"].sum(1)
    batch = PngBatch(inputs["input_ids"], inputs["segment_ids"], inputs["word_positions"], lengths, lengths - 3)
    torch.testing.assert_close(encoder(batch), model(**inputs).last_hidden_state)


def test_config_keeps_to_json(model, tmp_path):
    model.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "config.json").read_text())
    assert saved["model_type"] == "png_bert"
    assert saved["vocabulary_size"] == 50


def test_loss_is_over_labels_alone(model, inputs):
    labels = torch.full((2, 8), -100)
    labels[0, 1] = 7
    output = model(**inputs, labels=labels)
    expected = -output.logits[0, 1].log_softmax(-1)[7]
    torch.testing.assert_close(output.loss, expected)


def test_output_weights_are_the_token_embedding(model, inputs):
    before = model(**inputs).logits
    with torch.no_grad():
        model.encoder.token.weight[40] += 1  # in no input: only its score may change
    changed = (model(**inputs).logits != before).any(dim=(0, 1))
    assert changed.nonzero().flatten().tolist() == [40]


def test_padding_has_no_influence(model, inputs):
    alone = {name: value[1:, :6] for name, value in inputs.items()}
    torch.testing.assert_close(model(**alone).logits[0], model(**inputs).logits[1, :6], rtol=1e-4, atol=1e-5)


def test_missing_config_is_an_error(tmp_path):
    with pytest.raises(PngnatError, match=r"config.json"):
        load_pretrained(tmp_path)


@pytest.mark.slow
def test_loading_needs_no_training_code(model, tmp_path):
    model.save_pretrained(tmp_path)
    code = (
        "import sys; from pngnat.models.png_bert_pretraining import load_pretrained; load_pretrained(sys.argv[1]);"
        "assert not any(name.startswith(('lightning', 'pngnat.training', 'pngnat.data')) for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_untrained_masked_word_attends_most_to_its_spelling():
    torch.manual_seed(0)
    encoder = PngBert(PngBertConfig(vocabulary_size=500, width=128, layers=1, heads=2, feedforward=16)).eval()
    words = torch.arange(1, 13)
    ids = torch.cat([torch.full((12,), 3), torch.randint(100, 500, (12,))])[None]
    batch = PngBatch(
        ids, torch.arange(2).repeat_interleave(12)[None], words.repeat(2)[None], torch.tensor([24]), torch.tensor([12])
    )
    layer = encoder.layers[0]
    with torch.no_grad():
        seen = layer.norm1(encoder.embed(batch)).transpose(0, 1)
        _, attention = layer.self_attn(seen, seen, seen)
    own = torch.eye(12, dtype=torch.bool)
    to_spellings = attention[0, :12, 12:]
    assert to_spellings[own].mean() > 1.5 * to_spellings[~own].mean()


def test_without_word_positions_they_have_no_influence(inputs):
    encoder = PngBert(replace(CONFIG, word_positions=False)).eval()
    lengths = inputs["attention_mask"].sum(1)
    batch = PngBatch(inputs["input_ids"], inputs["segment_ids"], inputs["word_positions"], lengths, lengths - 3)
    torch.testing.assert_close(encoder(batch), encoder(replace(batch, word_positions=batch.word_positions * 0)))
    seeing = PngBert(CONFIG).eval()
    assert not torch.allclose(seeing(batch), seeing(replace(batch, word_positions=batch.word_positions * 0)))
