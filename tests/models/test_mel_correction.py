"""The correction of a sound towards a mel: what stays, what comes nearer, what the gate does."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel, mel_basis
from pngnat.models.vocoder.signal import LARGEST, MelCorrection

AUDIO = AudioConfig()
FRAMES = 40


@pytest.fixture(scope="module")
def correction():
    return MelCorrection(AUDIO)


def noise(seed: int) -> torch.Tensor:
    return 0.1 * torch.randn(1, FRAMES * 300, generator=torch.Generator().manual_seed(seed))


def distance(samples: torch.Tensor, mel: torch.Tensor) -> float:
    return (log_mel(samples, AUDIO) - mel)[..., 2:-2].abs().mean().item()


def test_a_sound_with_the_mel_stays_nearly_as_it_is(correction):
    made = correction(noise(0), log_mel(noise(0), AUDIO), torch.ones(1, 128, FRAMES))
    # At the ends log_mel reflects the sound, and here is silence. A shorter transform than the mel's sees bands a
    # little differently.
    inside = slice(900, -900)
    assert (made - noise(0))[:, inside].square().mean().sqrt() < 0.03 * noise(0)[:, inside].square().mean().sqrt()


def test_each_correction_brings_the_mel_nearer(correction):
    mel, made, gate = log_mel(noise(1), AUDIO), noise(0), torch.ones(1, 128, FRAMES)
    distances = [distance(made, mel)]
    for _ in range(3):
        made = correction(made, mel, gate)
        distances.append(distance(made, mel))
    assert distances[1] < 0.8 * distances[0] and sorted(distances, reverse=True) == distances


def test_without_a_gate_nothing_is_corrected(correction):
    made = correction(noise(0), log_mel(noise(1), AUDIO), torch.zeros(1, 128, FRAMES))
    torch.testing.assert_close(made, noise(0), atol=1e-5, rtol=0)


def test_the_formula_against_numpy(correction):
    spectrum = torch.randn(1, 601, 2, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
    mel, gate = torch.randn(1, 128, 2), torch.rand(1, 128, 2)
    # As many frequencies as the window has; each stands for more than one of the mel's transform.
    basis = mel_basis(replace(AUDIO, n_fft=1200)).numpy() * 2048 / 1200
    found = np.log(np.maximum(np.einsum("mk,kt->mt", basis, np.abs(spectrum[0].numpy())), 1e-5))
    gains = np.exp(gate[0].numpy() * np.clip(mel[0].numpy() - found, -LARGEST, LARGEST))
    weights = basis.sum(0)
    factor = np.einsum("mk,mt->kt", basis, gains) / np.maximum(weights, 1e-9)[:, None] + (weights < 1e-9)[:, None]
    made = correction.corrected(spectrum, mel, gate)[0].numpy()
    np.testing.assert_allclose(made, spectrum[0].numpy() * factor, rtol=2e-4, atol=1e-5)


def test_gradients_are_finite_in_silence(correction):
    silence = torch.zeros(1, FRAMES * 300, requires_grad=True)
    correction(silence, log_mel(noise(0), AUDIO), torch.ones(1, 128, FRAMES)).sum().backward()
    assert torch.isfinite(silence.grad).all()
