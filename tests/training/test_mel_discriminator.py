import pytest
import torch

from pngnat.training.mel_discriminator import (
    MelAdversarialConfig,
    MelDiscriminator,
    mel_adversarial_losses,
    persistent_weights,
)


def test_padding_tells_nothing():
    torch.manual_seed(0)
    discriminator = MelDiscriminator(MelAdversarialConfig(channels=4))
    made, true, frames = torch.randn(2, 24, 128), torch.randn(2, 24, 128), torch.tensor([24, 13])
    before = mel_adversarial_losses(discriminator, made, true, frames)
    made[1, 13:], true[1, 13:] = 5.0, -5.0
    after = mel_adversarial_losses(discriminator, made, true, frames)
    for name, value in before.items():
        torch.testing.assert_close(after[name], value)


def test_losses_of_model_and_discriminator_are_separate():
    torch.manual_seed(0)
    discriminator = MelDiscriminator(MelAdversarialConfig(channels=4))
    made, true = torch.randn(1, 16, 128, requires_grad=True), torch.randn(1, 16, 128)
    losses = mel_adversarial_losses(discriminator, made, true, torch.tensor([16]))
    (losses["generator"] + losses["features"]).backward(retain_graph=True)
    assert made.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in discriminator.parameters())
    made.grad = None
    losses["discriminator"].backward()
    assert made.grad is None
    assert all(parameter.grad is not None for parameter in discriminator.parameters())


def test_wide_discriminators_keep_the_one_of_the_voice():
    torch.manual_seed(0)
    alone, wide = (
        MelDiscriminator(MelAdversarialConfig(channels=4)),
        MelDiscriminator(MelAdversarialConfig(channels=4, wide=True)),
    )
    alone.load_state_dict(persistent_weights(wide.state_dict()))
    mel = torch.randn(2, 31, 128)
    own, same_rate, half_rate = wide(mel)
    torch.testing.assert_close(own.score, alone(mel)[0].score)
    assert same_rate.features[0].shape[1:3] == (8, 31) and half_rate.features[0].shape[1:3] == (8, 16)


@pytest.mark.slow
def test_it_learns_to_tell_blurred_mels_from_sharp_ones():
    torch.manual_seed(0)
    discriminator = MelDiscriminator(MelAdversarialConfig(channels=4))
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=3e-3)
    for _ in range(60):
        sharp = torch.randn(4, 32, 64)
        blurred = torch.nn.functional.avg_pool1d(sharp.transpose(1, 2), 5, 1, 2).transpose(1, 2)
        loss = mel_adversarial_losses(discriminator, blurred, sharp, torch.full((4,), 32))["discriminator"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.5  # 2 where it knows nothing
