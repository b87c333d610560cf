import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.spectral_loss import ComplexStftLoss, LogMelLoss, MultiResolutionStftLoss, StftLossConfig

STFT = MultiResolutionStftLoss(StftLossConfig((256, 512), (64, 128)))


def noise(seed: int, level: float = 0.1) -> torch.Tensor:
    return level * torch.randn(4, 9600, generator=torch.Generator().manual_seed(seed))


def test_a_sound_is_no_distance_from_itself():
    assert [part.item() for part in STFT(noise(0), noise(0))] == [0, 0]
    assert LogMelLoss(AudioConfig())(noise(0), noise(0)).item() == 0


def test_half_as_loud_is_half_lost_and_the_logarithm_of_two_away():
    convergence, distance = STFT(noise(0) / 2, noise(0))
    assert convergence.item() == pytest.approx(0.5, abs=1e-3)
    assert distance.item() == pytest.approx(np.log(2), abs=1e-2)
    assert LogMelLoss(AudioConfig())(noise(0) / 2, noise(0)).item() == pytest.approx(np.log(2), abs=1e-3)


def test_inaudible_differences_are_no_distance():
    assert STFT(noise(0, 1e-5), noise(1, 1e-5))[1].item() < 1e-3 < STFT(noise(0, 1e-2), noise(1, 1e-2))[1].item()


def test_white_noise_has_the_same_magnitude_in_every_window():
    losses = MultiResolutionStftLoss(StftLossConfig((256, 2048), (64, 512)))
    means = [losses._magnitudes(noise(0, 1.0), size, size // 4).square().mean().item() for size in (256, 2048)]
    assert means == pytest.approx([1, 1], rel=0.1)


def test_a_loud_sound_does_not_outweigh_the_others():
    made, true = noise(1), noise(0)
    louder = torch.tensor([10.0, 1, 1, 1])[:, None]
    torch.testing.assert_close(STFT(made * louder, true * louder)[0], STFT(made, true)[0])


def test_each_window_needs_a_hop():
    with pytest.raises(ValueError, match="hop"):
        MultiResolutionStftLoss(StftLossConfig((256, 512), (64,)))


def test_complex_loss_detects_inversion_and_delay():
    loss = ComplexStftLoss((256, 512))
    assert loss(noise(0), noise(0)).item() == 0
    assert loss(torch.zeros(4, 9600), noise(0)).item() == pytest.approx(1, abs=1e-5)
    assert loss(-noise(0), noise(0)).item() == pytest.approx(2, abs=1e-5)
    assert loss(noise(0).roll(20, 1), noise(0)).item() > 1
    assert loss(noise(1), noise(0)).item() == pytest.approx(2**0.5, abs=0.05)


def test_silence_that_is_copied_nearly_is_near():
    assert ComplexStftLoss()(noise(0, 1e-6), torch.zeros(4, 9600)).item() < 2e-3
