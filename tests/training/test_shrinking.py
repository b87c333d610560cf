from dataclasses import replace

import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig
from pngnat.training.shrinking import shrunk

AUDIO = AudioConfig()
LARGE = VocoderConfig(
    width=16,
    hidden=32,
    blocks=2,
    corrections=1,
    shared_noise=False,
    pitch=PitchConfig(width=16, hidden=16, blocks=1, bins=32),
)


def sound(vocoder):
    mel = torch.randn(1, 128, 12, generator=torch.Generator().manual_seed(1)) * 2 - 5
    with torch.no_grad():
        return vocoder(mel, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def large():
    torch.manual_seed(0)
    vocoder = Vocoder(AUDIO, LARGE).eval()
    torch.nn.init.normal_(vocoder.net.proj_out.weight, std=0.1)
    return vocoder


def test_units_that_do_nothing_are_not_missed(large):
    with torch.no_grad():
        for number, block in enumerate(large.net.blocks):
            block.contract.weight[:, number::2] = 0
    small = shrunk(large, replace(LARGE, hidden=16))
    assert small.config.hidden == 16
    torch.testing.assert_close(sound(small), sound(large))


def test_vocoder_without_corrections_keeps_its_filters(large):
    small = shrunk(large, replace(LARGE, corrections=0))
    assert sum(small.outputs) == sum(large.outputs) - AUDIO.n_mels
    mel = torch.zeros(1, 128, 4)
    f0, voicing, _ = large.choose_f0(mel)
    torch.testing.assert_close(small.filters(mel, f0, voicing).periodic, large.filters(mel, f0, voicing).periodic)


def test_the_same_sizes_are_the_same_vocoder(large):
    torch.testing.assert_close(sound(shrunk(large, LARGE)), sound(large))


@pytest.mark.parametrize("change", [{"hidden": 48}, {"blocks": 1}, {"width": 32}])
def test_other_sizes_are_refused(large, change):
    with pytest.raises(PngnatError, match="cannot be cut"):
        shrunk(large, replace(LARGE, **change))
