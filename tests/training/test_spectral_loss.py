import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.training.spectral_loss import LogMelLoss, MultiResolutionStftLoss, StftLossConfig

LOSSES = {
    "stft": lambda *sounds: sum(MultiResolutionStftLoss(StftLossConfig((256, 512), (64, 128)))(*sounds)),
    "mel": LogMelLoss(AudioConfig()),
}


def noise(seed: int) -> torch.Tensor:
    return 0.1 * torch.randn(4, 9600, generator=torch.Generator().manual_seed(seed))


def sweep() -> torch.Tensor:
    """As loud as the noise and as even over time and frequency, but without chance."""
    time = torch.arange(9600) % 240
    return 0.1 * 2**0.5 * torch.cos(torch.pi * time.square() / 240).expand(4, -1)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_same_rendering_twice_is_as_far_as_once(loss):
    torch.testing.assert_close(loss(sweep(), noise(0), sweep()), loss(sweep(), noise(0)))
    made = noise(1).requires_grad_(True)
    loss(made, noise(0), made).backward()
    assert torch.isfinite(made.grad).all()


def test_noise_is_nearer_to_noise_than_what_has_no_chance():
    """A plain distance hardly knows the one from the other, and would have a vocoder put pulses in the place of breath."""
    loss = LOSSES["stft"]
    as_pair = loss(noise(1), noise(0), noise(2)) / loss(sweep(), noise(0), sweep())
    plain = loss(noise(1), noise(0)) / loss(sweep(), noise(0))
    assert as_pair < 0.75 < plain


def test_half_a_repulsion_lies_between_none_and_all():
    config, sounds = StftLossConfig((256,), (64,)), (noise(1), noise(0), noise(2))
    none, half, whole = (sum(MultiResolutionStftLoss(config, repulsion)(*sounds)) for repulsion in (0.0, 0.5, 1.0))
    torch.testing.assert_close(half, (none + whole) / 2)


def test_noise_of_the_recordings_level_is_nearest():
    loss = LOSSES["stft"]
    distances = {level: loss(level * noise(1), noise(0), level * noise(2)).item() for level in (0.5, 0.8, 1.0, 1.25, 2.0)}
    assert min(distances, key=distances.get) == 1.0


def test_each_window_needs_a_hop():
    with pytest.raises(ValueError, match="hop"):
        MultiResolutionStftLoss(StftLossConfig((256, 512), (64,)))
