import pytest
import torch

from pngnat.training.discriminators import (
    DiscriminatorConfig,
    DiscriminatorOutput,
    Discriminators,
    PeriodDiscriminator,
    discriminator_loss,
    feature_distance,
    frozen,
    generator_loss,
)

CONFIG = DiscriminatorConfig(windows=(512, 256), channels=8)


@pytest.fixture
def discriminators():
    torch.manual_seed(0)
    return Discriminators(CONFIG)


def noise_and_tones(batch=3, samples=2400):
    torch.manual_seed(1)
    time = torch.arange(samples) / 24000
    tones = torch.sin(2 * torch.pi * torch.tensor([[200.0], [330.0], [470.0]])[:batch] * time)
    return 0.3 * torch.randn(batch, samples), tones


def test_each_network_judges_each_sound(discriminators):
    outputs = discriminators(noise_and_tones()[0])
    assert len(outputs) == 2
    for output, frames in zip(outputs, (2400 // 128 + 1, 2400 // 64 + 1), strict=True):
        assert output.features[0].shape[3] == frames
        assert output.score.shape[:2] == (3, 1) and output.score.shape[3] == (frames + 1) // 2
        assert all(feature.shape[:2] == (3, 8) for feature in output.features)


def test_each_has_its_turn(discriminators):
    sounds = noise_and_tones()[0]
    every = discriminators(sounds)
    for turn in range(4):
        (alone,) = discriminators(sounds, turn)
        assert torch.equal(alone.score, every[turn % 2].score)


def test_a_period_sees_every_pth_sample_and_no_other():
    network = PeriodDiscriminator(5, DiscriminatorConfig(period_channels=2))
    sounds = noise_and_tones(samples=2401)[0].requires_grad_()
    output = network(sounds)
    assert [feature.shape[3] for feature in output.features] == [5] * 5
    output.score[..., 2].sum().backward()
    seen = sounds.grad.abs().sum(0).nonzero().flatten()
    assert len(seen) and set((seen % 5).tolist()) == {2}


def test_periods_come_after_the_windows():
    outputs = Discriminators(DiscriminatorConfig(windows=(256,), channels=4, periods=(2, 3), period_channels=1))(
        torch.zeros(1, 1200)
    )
    assert [output.score.shape[3] for output in outputs[1:]] == [2, 3]


@pytest.mark.parametrize("stride", [1, 4])
def test_a_finer_first_layer_sees_more_frequencies(stride):
    output = Discriminators(DiscriminatorConfig(windows=(512,), channels=4, stride=stride))(torch.zeros(1, 1200))[0]
    assert output.features[0].shape[2] == 256 // stride


def test_silence_has_finite_gradients(discriminators):
    samples = torch.zeros(1, 2400, requires_grad=True)
    generator_loss(discriminators(samples)).backward()
    assert torch.isfinite(samples.grad).all()


def test_vocoder_loss_trains_only_the_vocoder(discriminators):
    true, made = noise_and_tones()
    made.requires_grad_(True)
    with frozen(discriminators):
        felt = discriminators(made)
    (generator_loss(felt) + feature_distance(discriminators(true), felt)).backward()
    assert made.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in discriminators.parameters())
    assert all(parameter.requires_grad for parameter in discriminators.parameters())


def test_the_discriminator_loss_teaches_the_discriminators_alone(discriminators):
    true, made = noise_and_tones()
    made.requires_grad_(True)
    discriminator_loss(discriminators(true), discriminators(made.detach())).backward()
    assert made.grad is None
    assert all(parameter.grad is not None for parameter in discriminators.parameters())


def test_losses_have_the_values_that_their_docstrings_name():
    def output(score, feature):
        return [DiscriminatorOutput(torch.tensor([[[[float(score)]]]]), (torch.tensor([float(feature)]),))]

    assert discriminator_loss(output(0, 1), output(0, 1)) == 2
    assert discriminator_loss(output(1.5, 1), output(-1, 1)) == 0
    assert generator_loss(output(-1, 1)) == 2 and generator_loss(output(3, 1)) == 0
    assert feature_distance(output(0, 2), output(0, 2)) == 0
    assert feature_distance(output(0, 2), output(0, 3)) == pytest.approx(0.5)


@pytest.mark.slow
def test_discriminators_learn_to_tell_and_a_sound_learns_to_fool_them(discriminators):
    """One batch: tones are the recordings, noise is what was made."""
    made, true = noise_and_tones()
    optimizer = torch.optim.AdamW(discriminators.parameters(), 3e-3)
    for _ in range(40):
        loss = discriminator_loss(discriminators(true), discriminators(made))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.3
    made = made.clone().requires_grad_(True)
    optimizer, losses = torch.optim.Adam([made], 3e-2), []
    for _ in range(30):
        with frozen(discriminators):
            losses.append(generator_loss(discriminators(made)))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[0] > 1.5 and losses[-1] < 0.5 * losses[0]
