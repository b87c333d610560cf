import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import lightning as L
import numpy as np
import pytest
import torch
from killing import train_between_kills
from toy_corpus import wordless

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.data.corpus import Recording
from pngnat.data.features import FeatureStore
from pngnat.data.recordings import as_recordings
from pngnat.errors import PngnatError
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.training.callbacks import Ema
from pngnat.training.checkpoints import LAST
from pngnat.training.discriminators import AdversarialConfig, DiscriminatorConfig, Discriminators
from pngnat.training.export import vocoder_model, vocoder_start
from pngnat.training.runs import RunConfig, fit
from pngnat.training.schedule import ScheduleConfig
from pngnat.training.vocoder import Copies, VocoderTraining, VocoderTrainingConfig
from pngnat.training.vocoder_data import SegmentConfig, Segments, whole
from pngnat.training.vocoder_job import at_most
from pngnat.voice.vocoders import save_discriminators, save_settings, save_vocoder

AUDIO = AudioConfig()
MODEL = VocoderConfig(width=16, hidden=32, blocks=1, pitch=PitchConfig(width=16, hidden=16, blocks=1, bins=32))
CONFIG = VocoderTrainingConfig(batch_size=2, autocast=False, segments=SegmentConfig(frames=20))
ADVERSARIAL = replace(
    CONFIG, adversarial=AdversarialConfig(discriminators=DiscriminatorConfig(windows=(512, 256), channels=4))
)
IN_TURN = replace(ADVERSARIAL, adversarial=replace(ADVERSARIAL.adversarial, in_turn=True))
RUN = RunConfig(accelerator="cpu", validate_every=4)


def vowel(f0, seconds=0.8):
    time = np.arange(int(seconds * 24000)) / 24000
    sound = sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 20)) * 0.2
    return np.concatenate([np.zeros(2400), sound, np.zeros(2400)]).astype(np.float32)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audio")
    made = []
    for number, split in enumerate(["train", "train", "train", "valid"]):
        path = folder / f"clip{number}.wav"
        wav.write(path, vowel(110 + 20 * number), 24000)
        made.append(wordless(f"clip{number}", path, split))
    return made


@pytest.fixture(scope="module")
def store(clips, tmp_path_factory):
    store = FeatureStore(tmp_path_factory.mktemp("features"), AUDIO, "dio")
    list(store.measure(clips))
    return store


def module(store, clips, config=CONFIG):
    torch.manual_seed(0)
    train, valid = ([clip for clip in clips if clip.split == split] for split in ("train", "valid"))
    return VocoderTraining(AUDIO, MODEL, config, store, train, valid)


def test_a_batch_is_the_same_whenever_it_is_drawn(store, clips):
    segments = Segments(store, clips, 3, SegmentConfig(frames=20))
    batch, again = segments.batch(5), segments.batch(5)
    assert batch.ids == again.ids and torch.equal(batch.samples, again.samples) and torch.equal(batch.mel, again.mel)
    assert not torch.equal(batch.samples, segments.batch(6).samples)
    numbers = [
        batch.number
        for batch, _ in zip(Segments(store, clips, 1, CONFIG.segments, first=3, step=2), range(3), strict=False)
    ]
    assert numbers == [3, 5, 7]


def test_segments_are_cut_at_the_same_place_from_everything(store, clips):
    batch = Segments(store, clips, 8, SegmentConfig(frames=20, margin=0)).batch(0)
    assert batch.samples.shape == (8, 6000) and batch.mel.shape == (8, 128, 20) and batch.f0.shape == (8, 20)
    # The frame's energy is in the mel and in the samples alike, whatever gain was drawn.
    energy = batch.samples.reshape(8, 20, 300).square().mean(-1).log() / 2
    loud = (energy > -6) & (energy.roll(1, 1) > -6) & (energy.roll(-1, 1) > -6)
    difference = (batch.mel.exp().square().sum(1).log() / 2 - energy)[loud]
    assert loud.any() and difference.std() < 0.3


def test_a_clip_shorter_than_a_segment_is_followed_by_silence(store, clips):
    batch = Segments(store, clips, 1, SegmentConfig(frames=200)).batch(0)
    assert batch.samples[0, -300:].abs().max() == 0
    assert batch.mel[0, :, -1].max().item() == pytest.approx(np.log(1e-5), abs=1e-3)


def test_no_recordings_are_named_as_the_trouble(store):
    with pytest.raises(PngnatError, match="no recordings"):
        Segments(store, [], 1, SegmentConfig())


def test_one_batch_can_be_learned(store, clips):
    training = module(store, clips)
    batch = Segments(store, clips, 2, SegmentConfig(frames=20, mel_noise=0)).batch(0)
    optimizer = torch.optim.AdamW(training.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = training.losses(batch, torch.Generator().manual_seed(0))["loss"]
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_margins_are_input_and_not_part_of_the_loss(store, clips):
    training = module(store, clips)
    batch = Segments(store, clips, 2, SegmentConfig(frames=20, margin=3)).batch(0)
    assert batch.mel.shape[2] == 26 and batch.inner(batch.samples).shape[1] == 20 * 300
    assert batch.seconds == pytest.approx(2 * 20 / 80)
    loss = training.losses(batch, torch.Generator().manual_seed(0))["distance"]
    changed = replace(batch, samples=batch.samples.clone())
    # Not voiced, else the pulses would follow the sound in the margin.
    changed = replace(changed, f0=torch.zeros_like(batch.f0))
    still = replace(batch, f0=torch.zeros_like(batch.f0))
    changed.samples[:, -450:] = 0
    again = [training.losses(b, torch.Generator().manual_seed(0))["distance"] for b in (still, changed)]
    assert torch.isfinite(loss) and torch.equal(*again)


def test_pulses_are_where_the_recording_has_them(store, clips):
    training = module(store, clips)
    batch = Segments(store, clips, 2, SegmentConfig(frames=40)).batch(0)
    shifted = replace(batch, samples=batch.samples.roll(37, dims=1))
    f0 = torch.full_like(batch.f0, 130.0)
    voicing, generator = torch.ones_like(f0), lambda: torch.Generator().manual_seed(0)
    here, there = (training._sound(b, f0, voicing, generator())[0] for b in (batch, shifted))
    assert torch.equal(here, training._sound(batch, f0, voicing, generator())[0]) and not torch.allclose(here, there)


def run(store, clips, run_dir, steps, planned=6, config=CONFIG):
    """Train to `steps` of a run of `planned` steps."""
    training, ema = module(store, clips, config), Ema("vocoder")

    class Until(L.Callback):
        def on_train_batch_end(self, trainer, *args):
            trainer.should_stop = trainer.should_stop or trainer.global_step >= steps

    fit(training, run_dir, RUN, ScheduleConfig(warmup=2, steps=planned), [ema, Copies(1), Until()])
    return training, ema


@pytest.mark.slow
@pytest.mark.parametrize("config", [CONFIG, ADVERSARIAL, IN_TURN], ids=["reconstruction", "adversarial", "in turn"])
def test_a_run_in_two_halves_is_the_run_at_once(store, clips, tmp_path, config):
    at_once, average = run(store, clips, tmp_path / "whole", 6, config=config)
    run(store, clips, tmp_path / "halves", 3, config=config)
    resumed, resumed_average = run(store, clips, tmp_path / "halves", 6, config=config)
    for name, value in at_once.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    for name, value in average.average.items():
        assert torch.equal(value, resumed_average.average[name]), name
    assert not torch.equal(average.average["net.proj_out.bias"], at_once.vocoder.net.proj_out.bias)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_kills_of_the_adversarial_training_change_nothing(store, clips, tmp_path):
    def train(folder):
        often = replace(RUN, threads=1, checkpoint_minutes=1e-3)
        fit(
            module(store, clips, ADVERSARIAL),
            folder,
            often,
            ScheduleConfig(learning_rate=1e-3, warmup=2, steps=6),
            [Ema("vocoder", 0.9)],
        )

    train(tmp_path / "whole")
    assert train_between_kills(lambda: train(tmp_path / "killed")) > 5
    whole, killed = (torch.load(tmp_path / name / LAST, weights_only=False) for name in ("whole", "killed"))
    averages = [
        next(state["average"] for name, state in run["callbacks"].items() if name.startswith("Ema"))
        for run in (whole, killed)
    ]
    for expected, found in ((whole["state_dict"], killed["state_dict"]), averages):
        assert expected.keys() == found.keys() and all(
            torch.equal(value, found[name]) for name, value in expected.items()
        )


def test_vocoder_and_discriminators_have_separate_gradients(store, clips):
    training = module(store, clips, ADVERSARIAL)
    batch = Segments(store, clips, 2, SegmentConfig(frames=20)).batch(0)
    losses = training.losses(batch, torch.Generator().manual_seed(0))
    parts = {"vocoder": losses["loss"] - losses["discriminator"], "discriminators": losses["discriminator"]}
    for learner, loss in parts.items():
        for name, network in (("vocoder", training.vocoder), ("discriminators", training.discriminators)):
            gradients = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True, allow_unused=True)
            learned = any(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)
            assert learned == (name == learner), (name, learner)


def test_discriminators_learn_faster_than_the_vocoder(store, clips, tmp_path):
    rates = []

    class Rates(L.Callback):
        def on_train_batch_end(self, trainer, *args):
            rates.append([group["lr"] for group in trainer.optimizers[0].param_groups])

    config = replace(ADVERSARIAL, adversarial=replace(ADVERSARIAL.adversarial, lr_scale=3.0))
    fit(module(store, clips, config), tmp_path, RUN, ScheduleConfig(learning_rate=1e-3, warmup=2, steps=3), [Rates()])
    assert len(rates) == 3 and rates[0][0] == pytest.approx(5e-4)
    for vocoder, discriminators in rates:
        assert discriminators == pytest.approx(3 * vocoder)


def test_gradients_are_clipped_network_by_network(store, clips):
    training = module(store, clips, ADVERSARIAL)
    for parameter in training.parameters():
        parameter.grad = torch.full_like(parameter, 1e-4)
    for parameter in training.discriminators.parameters():
        parameter.grad = torch.full_like(parameter, 10.0)
    training.configure_gradient_clipping(training.configure_optimizers(), 1.0)
    norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in training.discriminators.parameters()])
    assert norm == pytest.approx(1.0, rel=1e-3)
    assert training.vocoder.net.proj_out.bias.grad[0].item() == pytest.approx(1e-4)


def test_a_run_shows_sound_and_pictures(store, clips, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run(store, clips, tmp_path, 4)
    events = EventAccumulator(str(tmp_path)).Reload().Tags()
    assert "copy/clip3" in events["audio"] and "recording_over_copy/clip3" in events["images"]
    assert {"valid/mel", "valid/f0_cents", "valid/voicing_error", "learning_rate"} <= set(events["scalars"])


def test_a_loss_that_is_no_number_names_the_batch(store, clips, tmp_path):
    training = module(store, clips)
    with torch.no_grad():
        training.vocoder.net.proj_out.bias.fill_(torch.nan)
    with pytest.raises(PngnatError, match=r"nan at step 0.*clip\d"):
        fit(training, tmp_path, RUN, ScheduleConfig(steps=2), [])


def test_an_export_is_the_vocoder_in_half_precision(tmp_path):
    vocoder = Vocoder(AUDIO, MODEL)
    save_vocoder(tmp_path, vocoder)
    loaded = vocoder_model(tmp_path)
    assert (loaded.audio, loaded.config) == (AUDIO, MODEL)
    for name, value in vocoder.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value.half().float()), name


def test_a_training_starts_from_an_export_or_a_voice(tmp_path):
    vocoder = Vocoder(AUDIO, MODEL)
    save_vocoder(tmp_path, vocoder)
    start = vocoder_start(tmp_path)
    assert torch.equal(start.vocoder.net.proj_in.weight, vocoder.net.proj_in.weight.half().float())
    assert start.discriminators is None
    assert vocoder_start("english").vocoder.audio == AUDIO
    with pytest.raises(PngnatError, match=r"no such voice|voice"):
        vocoder_start(tmp_path / "nothing")


def test_discriminators_of_an_export_or_a_voice_are_loaded(stub_voice, tmp_path):
    weights = Discriminators(ADVERSARIAL.adversarial.discriminators).state_dict()
    save_vocoder(tmp_path / "export", Vocoder(AUDIO, MODEL))
    shutil.copytree(stub_voice, tmp_path / "voice")
    for name in ("export", "voice"):
        save_discriminators(tmp_path / name, weights)
        found = vocoder_start(tmp_path / name).discriminators
        assert found.keys() == weights.keys() and all(
            torch.equal(found[key], value.half()) for key, value in weights.items()
        )
        (tmp_path / name / "discriminators.safetensors").write_bytes(b"nothing")
        with pytest.raises(PngnatError, match=r"discriminators.safetensors is damaged"):
            vocoder_start(tmp_path / name)


def test_exports_that_cannot_be_used_say_why(tmp_path):
    with pytest.raises(PngnatError, match="holds no vocoder"):
        vocoder_model(tmp_path)
    save_settings(tmp_path, AUDIO, MODEL)
    with pytest.raises(PngnatError, match="no checkpoint"):
        vocoder_model(tmp_path)
    (tmp_path / "vocoder.safetensors").write_bytes(b"nothing")
    with pytest.raises(PngnatError, match="damaged"):
        vocoder_model(tmp_path)
    save_vocoder(tmp_path, Vocoder(AUDIO, MODEL))
    settings = json.loads((tmp_path / "vocoder.json").read_text())
    settings["model"]["width"] = 8
    (tmp_path / "vocoder.json").write_text(json.dumps(settings))
    with pytest.raises(PngnatError, match=r"vocoder.safetensors is damaged: '.*' is of shape"):
        vocoder_model(tmp_path)


def test_complete_clips_are_batches_of_one(store, clips):
    batch = whole(store, clips[0])
    assert batch.samples.shape == (1, batch.mel.shape[2] * 300)
    assert batch.seconds == pytest.approx(batch.samples.shape[1] / 24000)


def test_fewer_minutes_per_speaker_are_a_subset_of_more_minutes():
    recordings = [
        Recording(f"{speaker}{number}", speaker, "train", Path("x"), None, np.array([30.0]))
        for speaker, count in (("many", 20), ("few", 3))
        for number in range(count)
    ]
    taken = [
        {recording.id for recording in at_most(as_recordings(recordings), minutes)} for minutes in (2.0, 4.0, 100.0)
    ]
    assert taken[0] < taken[1] < taken[2]
    assert [sum(name.startswith("many") for name in ids) for ids in taken] == [4, 8, 20]
    assert [sum(name.startswith("few") for name in ids) for ids in taken] == [3, 3, 3]
