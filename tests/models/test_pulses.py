"""The pulse train, its phase in recordings, and the transform, against direct evaluations."""

import math

import numpy as np
import pytest
import torch

from pngnat.models.vocoder.signal import BANDWIDTH, FramedStft, new_starts, periods, pulse_phase, pulse_train

HOP, RATE = 300, 24000
FRAMES = 60
STFT = FramedStft(1200, 300)


@pytest.mark.parametrize("f0", [60.0, 123.4, 240.0, 700.0])
def test_pulse_train_is_the_sum_of_its_harmonics(f0):
    made = pulse_train(torch.full((1, 8), f0), HOP, RATE)[0].numpy()
    time = np.arange(1, 8 * HOP + 1) / RATE
    room = BANDWIDTH * RATE / 2 / f0
    weights = np.clip(room + 1 - np.arange(1, int(room) + 2), 0, 1)
    expected = sum(weight * np.cos(2 * np.pi * f0 * k * time) for k, weight in enumerate(weights, start=1)) / np.sqrt(
        room
    )
    # Single-precision angles of the highest harmonic are good to a few ten-thousandths.
    np.testing.assert_allclose(made, expected, atol=5e-3 * np.sqrt(room))


def test_pulse_train_has_its_period():
    made = pulse_train(torch.full((1, 80), 100.0), HOP, RATE)[0]
    peaks = (made > 0.9 * made.max()).nonzero()[:, 0]
    assert set(torch.diff(peaks).tolist()) == {RATE // 100}


@pytest.mark.parametrize("f0", [70.0, 150.0, 500.0])
def test_pulse_train_power_is_one_half_at_any_pitch(f0):
    made = pulse_train(torch.full((1, 80), f0), HOP, RATE)
    assert made.square().mean().item() == pytest.approx(0.5, rel=0.02)


def test_gliding_pulses_leave_nothing_near_the_nyquist_frequency():
    made = pulse_train(torch.linspace(100, 180, 80)[None], HOP, RATE)[0].numpy()
    spectrum = np.abs(np.fft.rfft(made * np.blackman(len(made)))) ** 2
    frequencies = np.fft.rfftfreq(len(made), 1 / RATE)
    assert spectrum[frequencies > 11600].sum() < 1e-6 * spectrum.sum()


def test_pulses_at_the_very_middle_are_finite_and_highest():
    made = pulse_train(torch.full((1, 8), 240.0), HOP, RATE)
    assert torch.isfinite(made).all()
    count = int(BANDWIDTH * RATE / 2 / 240)
    assert made.max().item() == pytest.approx(count / np.sqrt(count), rel=1e-3)


def test_phase_goes_on_where_it_was():
    f0 = torch.full((1, 20), 137.0)
    whole = pulse_train(f0, HOP, RATE)
    phase = periods(torch.full((1, 10 * HOP), 137.0), RATE)[:, -1:].expand(1, 10)
    later = pulse_train(f0[:, 10:], HOP, RATE, phase)
    torch.testing.assert_close(later, whole[:, 10 * HOP :], atol=2e-2, rtol=0)


def test_minutes_of_pulses_stay_in_tune():
    frequency = torch.full((1, 60 * RATE), 440.0)
    assert periods(frequency, RATE)[0, -1].abs().item() < 1e-6


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("window", [600, 1200])
def test_inverse_undoes_the_transform(frames, window):
    stft = FramedStft(window, HOP)
    samples = torch.randn(2, frames * HOP)
    spectrum = stft(samples)
    assert spectrum.shape == (2, window // 2 + 1, frames)
    torch.testing.assert_close(stft.inverse(spectrum), samples, atol=1e-4, rtol=0)


def test_frames_are_centred_in_their_hops():
    stft = FramedStft(1200, HOP)
    samples = torch.zeros(1, 20 * HOP)
    samples[0, 7 * HOP + HOP // 2] = 1
    power = stft(samples).abs().square().sum(1)[0]
    assert power.argmax() == 7
    torch.testing.assert_close(power[6], power[8])


@pytest.mark.parametrize("window, hop", [(1201, 300), (1200, 301), (500, 300)])
def test_framing_that_cannot_be_centred_is_refused(window, hop):
    with pytest.raises(ValueError, match="even"):
        FramedStft(window, hop)


def test_restarted_pulses_have_no_memory():
    starts = torch.arange(30)[None] == 10
    made, other = (
        pulse_train(torch.cat([torch.full((1, 9), f0), torch.full((1, 21), 137.0)], 1), HOP, RATE, None, starts)
        for f0 in (90, 200)
    )
    alone = pulse_train(torch.full((1, 20), 137.0), HOP, RATE, None, torch.arange(20)[None] == 0)
    torch.testing.assert_close(made[:, 10 * HOP :], other[:, 10 * HOP :], atol=2e-2, rtol=0)
    torch.testing.assert_close(made[:, 10 * HOP :], alone, atol=2e-2, rtol=0)
    assert (made - other).abs().max() > 1


def test_pulses_restart_near_the_end_of_a_silence():
    unvoiced = torch.tensor([[1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1]]).bool()
    assert new_starts(unvoiced, 4).nonzero()[:, 1].tolist() == [4, 14]
    assert not new_starts(torch.zeros(2, 3, dtype=torch.bool), 4).any()


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
