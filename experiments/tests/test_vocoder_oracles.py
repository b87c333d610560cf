import numpy as np
import pytest
import torch

from experiments.vocoder import oracles
from pngnat.audio.config import AudioConfig
from pngnat.models.vocoder import Vocoder, VocoderConfig
from pngnat.models.vocoder.pitch import PitchConfig


@pytest.fixture(scope="module")
def sounds() -> dict[str, np.ndarray]:
    torch.manual_seed(0)
    sizes = VocoderConfig(width=8, hidden=8, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16))
    samples = np.random.default_rng(0).normal(0, 0.1, 300 * 40).astype(np.float32)
    return dict(oracles.oracles(Vocoder(AudioConfig(), sizes).eval(), samples))


def test_oracles_have_the_recordings_length(sounds):
    assert {len(sound) for sound in sounds.values()} == {300 * 40}


def test_true_bands_add_up_to_the_recording(sounds):
    bands = [sounds[f"true spectrum, {low}-{high} Hz"] - sounds[oracles.COPY] for low, high in oracles.BANDS]
    middle = slice(600, -600)
    # The bands end below the Nyquist frequency, whose one bin stays the copy's.
    assert np.abs(sum(bands) + sounds[oracles.COPY] - sounds["recording"])[middle].max() < 0.05


def test_true_voiced_and_unvoiced_frames_add_up(sounds):
    halves = [sounds[f"true spectrum where {kind}"] - sounds[oracles.COPY] for kind in ("voiced", "unvoiced")]
    np.testing.assert_allclose(sum(halves) + sounds[oracles.COPY], sounds["recording"], atol=1e-4)


def test_differences_are_paired_with_the_copy():
    rows = [{"scores": {"copy": [3.0 + i, 1.0], "better": [3.5 + i, 0.5]}} for i in range(4)]
    copy, better = oracles.summarize(rows)
    assert copy["difference"] == "+0.000 [+0.000, +0.000]"
    assert better["difference"] == "+0.500 [+0.500, +0.500]" and better["MCD (dB)"] == 0.5
