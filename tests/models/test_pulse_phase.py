"""Where the pulses of a recording lie: found again from any start, through glides and wrong guesses of the pitch."""

import math

import pytest
import torch

from pngnat.models.vocoder.source import pulse_phase, pulse_train
from pngnat.models.vocoder.stft import FramedStft

RATE, FRAMES = 24000, 60
STFT = FramedStft(1200, 300)


def found(recording, f0, voiced=None):
    voiced = torch.ones_like(f0, dtype=torch.bool) if voiced is None else voiced
    return pulse_phase(recording, f0, voiced, RATE, STFT)


def correlation(a, b):
    inner = slice(900, -900)
    return torch.corrcoef(torch.stack([a[0, inner], b[0, inner]]))[0, 1].item()


@pytest.mark.parametrize("start", [0.0, 0.3, -0.45])
def test_a_start_is_found_again(start):
    f0 = torch.linspace(110, 180, FRAMES)[None]
    recording = pulse_train(f0, 300, RATE, torch.full((1, FRAMES), start))
    phase = found(recording, f0)
    torch.testing.assert_close(phase[:, 3:-3], torch.full((1, FRAMES - 6), start), atol=0.02, rtol=0)
    assert correlation(pulse_train(f0, 300, RATE, phase), recording) > 0.95


def test_pulses_at_a_pitch_a_little_wrong_lie_where_the_recording_has_them():
    f0 = torch.full((1, FRAMES), 140.0)
    recording, guess = pulse_train(f0, 300, RATE, torch.full((1, FRAMES), 0.2)), f0 * 1.02
    assert correlation(pulse_train(guess, 300, RATE, found(recording, guess)), recording) > 0.9
    assert abs(correlation(pulse_train(guess, 300, RATE), recording)) < 0.5


def test_where_there_is_no_voice_the_phase_is_that_of_the_frame_before():
    f0 = torch.full((1, FRAMES), 140.0)
    voiced = torch.ones(1, FRAMES, dtype=torch.bool)
    voiced[0, 20:30] = False
    recording = pulse_train(f0, 300, RATE) * voiced.repeat_interleave(300, dim=1)
    phase = found(recording + 1e-3 * torch.randn(1, FRAMES * 300), f0, voiced)
    assert (phase[0, 20:30] == phase[0, 19]).all() and (phase.diff().abs() <= 0.5).all()


def test_a_loudness_changes_nothing():
    recording = torch.randn(2, FRAMES * 300)
    f0 = torch.full((2, FRAMES), 200.0)
    torch.testing.assert_close(found(recording, f0), found(0.01 * recording, f0), atol=1e-3, rtol=0)
    assert math.isfinite(found(torch.zeros(1, FRAMES * 300), f0[:1]).sum().item())
