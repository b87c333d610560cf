from dataclasses import replace

import numpy as np
import pytest
import torch

from experiments.encoders.duration_job import DurationJob, DurationPlan, recordings_digest
from experiments.encoders.durations import DurationBatch, DurationDataset, DurationTrainingConfig, predicted
from pngnat.models.decoder import DecoderConfig, PostNetConfig
from pngnat.models.durations import PredictorConfig
from pngnat.models.phoneme_encoder import PhonemeEncoderConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.training.runs import RunConfig
from pngnat.training.schedule import ScheduleConfig

SCHEDULE = ScheduleConfig(learning_rate=1e-2, warmup=2, steps=40)


def model_config(encoder) -> PngNatConfig:
    decoder = DecoderConfig("parallel", width=8, layers=1, kernel=3, feedforward=8)
    return PngNatConfig(encoder, 2, 4, PredictorConfig(units=8, layers=1), decoder, PostNetConfig(width=8, layers=2))


@pytest.fixture
def job(toy_corpus) -> DurationJob:
    training = DurationTrainingConfig(batch_tokens=400, autocast=False)
    toy_corpus.tokenizer.save(toy_corpus.folder)
    return DurationJob(
        toy_corpus.folder, ("a", "b"), training, RunConfig(accelerator="cpu", threads=1, validate_every=40), 0.5
    )


def plan(toy_corpus, model: PngNatConfig, steps: int = SCHEDULE.steps, seed: int = 0) -> DurationPlan:
    train, valid = (
        [recording for recording in toy_corpus.recordings if recording.split == name] for name in ("train", "valid")
    )
    return DurationPlan(model, train, valid, replace(SCHEDULE, steps=steps), seed)


def error(model: PngNat, examples: list) -> float:
    found = predicted(model, examples)
    return float(np.mean([np.abs(f - e.durations).mean() for f, e in zip(found, examples, strict=True)]))


@pytest.mark.parametrize("kind", ["png_bert", "phoneme"])
def test_durations_are_learned_without_the_decoder(toy_corpus, job, tmp_path, kind):
    size = toy_corpus.tokenizer.vocabulary_size
    encoder = PngBertConfig(size, 16, 1, 2, 32) if kind == "png_bert" else PhonemeEncoderConfig(size, 16, 8, 5, 1, 0.0)
    learned = plan(toy_corpus, model_config(encoder))
    examples = DurationDataset(learned.valid, job.tokenizer, job.speakers).examples
    torch.manual_seed(0)
    untrained = PngNat(learned.model).eval()
    trained = job.train(tmp_path, learned)
    assert error(trained, examples) < 0.3 * error(untrained, examples)


def test_a_finished_run_gives_the_same_model_again_and_seeds_differ(toy_corpus, job, tmp_path):
    config = model_config(PngBertConfig(toy_corpus.tokenizer.vocabulary_size, 16, 1, 2, 32))
    first, again = (job.train(tmp_path / "a", plan(toy_corpus, config, steps=4)) for _ in range(2))
    other = job.train(tmp_path / "b", plan(toy_corpus, config, steps=4, seed=1))
    for name, value in first.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=0, atol=0)
    assert not torch.equal(first.encoder.token.weight, other.encoder.token.weight)


def test_training_goes_on_from_a_model_and_leaves_frozen_layers_alone(toy_corpus, job, tmp_path):
    config = replace(model_config(PngBertConfig(toy_corpus.tokenizer.vocabulary_size, 16, 2, 2, 32)), frozen_layers=1)
    torch.manual_seed(5)
    start = PngNat(config)
    tuned = job.train(tmp_path, plan(toy_corpus, config, steps=4), start)
    before, after = start.state_dict(), tuned.state_dict()
    for name in ("encoder.token.weight", "encoder.layers.0.linear1.weight"):
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=0)
    assert not torch.equal(after["encoder.layers.1.linear1.weight"], before["encoder.layers.1.linear1.weight"])
    # What durations do not need is not trained.
    torch.testing.assert_close(after["decoder.proj_out.weight"], before["decoder.proj_out.weight"], rtol=0, atol=0)


def test_predictions_do_not_depend_on_the_company(toy_corpus, job):
    torch.manual_seed(0)
    model = PngNat(model_config(PngBertConfig(toy_corpus.tokenizer.vocabulary_size, 16, 1, 2, 32))).eval()
    examples = DurationDataset(toy_corpus.recordings, job.tokenizer, job.speakers).examples
    together, alone = predicted(model, examples), predicted(model, examples, size=1)
    for a, b, example in zip(together, alone, examples, strict=True):
        assert a.shape == example.durations.shape
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_batch_pads_with_zeros(toy_corpus, job):
    examples = DurationDataset(toy_corpus.recordings, job.tokenizer, job.speakers).examples
    batch = DurationBatch.collate(examples)
    for row, example in zip(batch.durations, examples, strict=True):
        np.testing.assert_array_equal(row[: len(example.durations)], example.durations)
        assert not row[len(example.durations) :].any()


def test_settings_tell_whatever_decides_the_result(toy_corpus, job):
    config = model_config(PngBertConfig(toy_corpus.tokenizer.vocabulary_size, 16, 1, 2, 32))
    usual = plan(toy_corpus, config)
    settings = job.settings(usual, None)
    assert job.settings(replace(usual, valid=[]), None) == settings
    others = {
        "model": job.settings(replace(usual, model=replace(config, frozen_layers=1)), None),
        "start": job.settings(usual, "another"),
        "recordings": job.settings(replace(usual, train=usual.train[1:]), None),
        "schedule": job.settings(plan(toy_corpus, config, steps=5), None),
        "training": job.settings(plan(toy_corpus, config, seed=1), None),
        "ema_decay": replace(job, ema_decay=0.9).settings(usual, None),
    }
    for name, other in others.items():
        assert [key for key in settings if settings[key] != other[key]] == [name]


def test_recordings_are_known_by_their_words_times_and_order(toy_corpus):
    first, second = toy_corpus.recordings[:2]
    digest = recordings_digest([first, second])
    assert recordings_digest([replace(first, split="test"), second]) == digest
    others = (
        [first],
        [second, first],
        [replace(first, durations=first.durations * 1.01), second],
        [replace(first, speaker="c"), second],
    )
    assert digest not in {recordings_digest(other) for other in others}
