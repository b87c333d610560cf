from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from prepared_toy import write_prepared

from pngnat.audio.config import AudioConfig
from pngnat.data.dataset import AcousticDataset
from pngnat.data.features import FeatureStore
from pngnat.data.recordings import open_corpora
from pngnat.errors import PngnatError
from pngnat.models.decoder import DecoderConfig, PostNetConfig
from pngnat.models.durations import PredictorConfig
from pngnat.models.png_bert import PngBertConfig
from pngnat.models.png_nat import PngNat, PngNatConfig
from pngnat.models.prosody import ProsodyConfig
from pngnat.scale.shards import Sharding, to_shards
from pngnat.training.acoustic import AcousticTraining, AcousticTrainingConfig
from pngnat.training.callbacks import Ema, Throughput
from pngnat.training.export import AcousticRun, acoustic_model, mel_discriminator
from pngnat.training.mel_discriminator import MelAdversarialConfig, MelDiscriminator
from pngnat.training.runs import LAST, RunConfig, fit
from pngnat.training.schedule import ScheduleConfig, WarmupCosine
from pngnat.training.start import start_from_model
from pngnat.workers.pool import Workers

RUN = RunConfig(accelerator="cpu", threads=1, validate_every=4)
SCHEDULE = ScheduleConfig(learning_rate=3e-3, warmup=2, steps=8)


def model_config(vocabulary: int) -> PngNatConfig:
    return PngNatConfig(
        encoder=PngBertConfig(vocabulary, width=16, layers=1, heads=2, feedforward=32, dropout=0.1),
        speakers=2,
        speaker_width=4,
        predictor=PredictorConfig(units=8, layers=1),
        decoder=DecoderConfig("parallel", width=16, layers=1, kernel=3, feedforward=32, dropout=0.1),
        postnet=PostNetConfig(width=8, layers=2, dropout=0.1),
    )


def melodic_config(vocabulary: int) -> PngNatConfig:
    return replace(model_config(vocabulary), prosody=ProsodyConfig(width=8, layers=1), postnet=None)


def train(corpus, folder, schedule=SCHEDULE, run=RUN, model=model_config, adversarial=None) -> AcousticTraining:
    """A training as recipes/train.py does it, with what it would resume from in `folder`."""
    torch.manual_seed(0)
    config = model(corpus.tokenizer.vocabulary_size)
    training = AcousticTrainingConfig(batch_seconds=2.0, autocast=False, pictures=1, adversarial=adversarial)
    data = [corpus.dataset(split, config.prosody is not None) for split in ("train", "valid")]
    module = AcousticTraining(config, training, *data)
    AcousticRun(config, ("a", "b")).save(folder)
    fit(module, folder, run, schedule, [Ema("model", 0.9), Throughput(window=2)])
    return module


class Sharded:
    """The toy corpus in shards, of which nothing that is measured is kept."""

    def __init__(self, corpus, folder):
        to_shards(Sharding(write_prepared(corpus, folder / "prepared"), folder / "shards", recordings=3), Workers())
        self.tokenizer, self.folder = corpus.tokenizer, folder

    def dataset(self, split: str, with_prosody: bool) -> AcousticDataset:
        features = FeatureStore(None, AudioConfig())
        return AcousticDataset(
            open_corpora([self.folder / "shards"]).part(split), self.tokenizer, ["a", "b"], features, with_prosody
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "melodic", "sharded"])
def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(toy_corpus, tmp_path, kind):
    # The discriminator begins before the stop, and has learned something by then.
    if kind == "sharded":
        toy_corpus = Sharded(toy_corpus, tmp_path)
    options = (
        {"model": melodic_config, "adversarial": MelAdversarialConfig(start=2, channels=4)} if kind == "melodic" else {}
    )
    whole = train(toy_corpus, tmp_path / "whole", **options)
    # The first half of the same schedule: the callback that ends a run looks at its own steps, the trainer at this
    # many.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WarmupCosine, "progress", lambda self, step: step / 8 if step < 4 else 1.0)
        train(toy_corpus, tmp_path / "halves", **options)
    resumed = train(toy_corpus, tmp_path / "halves", **options)
    for (name, expected), found in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0, msg=f"{name} differs")
    averages = [acoustic_model(tmp_path / run)[0].state_dict() for run in ("whole", "halves")]
    for expected, found in zip(*(weights.values() for weights in averages), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.slow
def test_training_lowers_the_loss_and_draws_pictures(toy_corpus, tmp_path):
    module = train(toy_corpus, tmp_path, replace(SCHEDULE, steps=40, learning_rate=1e-2))
    before = AcousticTraining(module.model.config, module.config, module.data["train"], module.data["valid"])
    batch = next(iter(module.val_dataloader()))
    with torch.no_grad():
        after_loss, before_loss = (m.eval().losses(batch)["loss"] for m in (module, before))
    assert after_loss < 0.7 * before_loss
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path)).Reload()
    assert any(tag.startswith("valid/r") for tag in events.Tags()["images"])
    # Through the bundled voice's vocoder, which has the same mels.
    assert any(tag.startswith("valid/r") for tag in events.Tags()["audio"])
    assert {"valid/duration_rmse_ms", "train/loss", "audio_s_per_s", "learning_rate"} <= set(events.Tags()["scalars"])


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_batch(toy_corpus, tmp_path):
    config = model_config(toy_corpus.tokenizer.vocabulary_size)
    module = AcousticTraining(
        config, AcousticTrainingConfig(batch_seconds=0.1), toy_corpus.dataset("train"), toy_corpus.dataset("valid")
    )
    torch.nn.init.constant_(module.model.decoder.proj_out.weight, float("nan"))
    with pytest.raises(PngnatError, match=r"nan at step 0; the batch holds r\d+"):
        fit(module, tmp_path, RUN, SCHEDULE, [])


def test_the_learning_rate_rises_and_falls():
    schedule = WarmupCosine(ScheduleConfig(learning_rate=1.0, warmup=10, steps=100, final=0.1))
    rates = [schedule.rate(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1, rel=0.01)
    assert max(rates) == rates[9] < 1.0
    assert all(earlier >= later for earlier, later in pairwise(rates[9:]))
    assert rates[100] == pytest.approx(0.1)


def test_a_model_that_speaks_lends_its_weights_to_new_speakers(toy_corpus):
    config = model_config(toy_corpus.tokenizer.vocabulary_size)
    donor, model = PngNat(config), PngNat(config.with_speakers(3))
    start_from_model(model, ["new", "b", "a"], donor, ["a", "b"])
    rows, old = model.speaker.weight, donor.speaker.weight
    torch.testing.assert_close(rows, torch.stack([old.mean(0), old[1], old[0]]))
    torch.testing.assert_close(model.decoder.proj_in.weight, donor.decoder.proj_in.weight)
    with pytest.raises(PngnatError, match="other sizes"):
        start_from_model(PngNat(replace(config, speaker_width=8)), ["a", "b"], donor, ["a", "b"])


def test_discriminator_of_other_sizes_starts_untrained(toy_corpus, tmp_path):
    adversarial = MelAdversarialConfig(channels=2, wide=True)
    module = train(toy_corpus, tmp_path / "run", replace(SCHEDULE, steps=1), adversarial=adversarial)
    own = {name: value.clone() for name, value in module.discriminator.state_dict().items()}
    with pytest.warns(UserWarning, match="other sizes"):
        module.load_discriminator(MelDiscriminator(MelAdversarialConfig(channels=4)).state_dict())
    assert all(torch.equal(value, own[name]) for name, value in module.discriminator.state_dict().items())
    other = MelDiscriminator(MelAdversarialConfig(channels=2)).state_dict()
    module.load_discriminator(other)
    found = module.discriminator.state_dict()
    assert all(torch.equal(value, other.get(name, own[name])) for name, value in found.items()) and len(found) > len(
        other
    )
    assert set(mel_discriminator(tmp_path / "run")) == set(other)


def test_a_run_without_a_checkpoint_gives_no_voice(tmp_path):
    with pytest.raises(PngnatError, match="no acoustic training"):
        acoustic_model(tmp_path)
    AcousticRun(model_config(100), ("a", "b")).save(tmp_path)
    with pytest.raises(PngnatError, match=LAST):
        acoustic_model(tmp_path)
