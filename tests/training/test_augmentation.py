from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_corpus import wordless

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.data.features import Features, FeatureSource
from pngnat.training.augmentation import AugmentationConfig, changed, draw_rate, resampled
from pngnat.training.vocoder_data import SegmentConfig, Segments

AUDIO = AudioConfig()
NOTHING = AugmentationConfig(rate_share=0, band_share=0, filter_share=0, noise_share=0, room_share=0)
RATE = AUDIO.sample_rate


def tone(hertz, count=24000):
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(count) / RATE)


def level(samples, low, high):
    """Mean power between two frequencies, in dB."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    return 10 * np.log10(power[(frequencies >= low) & (frequencies < high)].mean() + 1e-20)


@given(st.integers(2000, 4000), st.integers(2000, 4000))
@settings(max_examples=20, deadline=None)
def test_a_tone_played_faster_is_the_tone_as_much_higher(source, length):
    periods = 100
    made = resampled(np.sin(2 * np.pi * periods * np.arange(source) / source), length)
    np.testing.assert_allclose(made, np.sin(2 * np.pi * periods * np.arange(length) / length), atol=1e-9)


def test_rates_lie_within_the_factor():
    random = np.random.default_rng(0)
    rates = np.array([draw_rate(AugmentationConfig(rate_share=0.5, rate=1.2), random) for _ in range(400)])
    assert rates.min() >= 1 / 1.2 and rates.max() <= 1.2
    assert 0.4 < np.mean(rates == 1) < 0.6


def test_neutral_settings_change_no_samples():
    samples = np.random.default_rng(0).standard_normal(6000)
    np.testing.assert_allclose(changed(samples, RATE, NOTHING, np.random.default_rng(1)), samples, atol=1e-9)


def test_nothing_is_left_above_a_cut_and_all_of_it_well_below():
    samples = np.random.default_rng(0).standard_normal(24000)
    for seed in range(5):
        made = changed(
            samples, RATE, replace(NOTHING, band_share=1, cutoffs=(4000.0, 8000.0)), np.random.default_rng(seed)
        )
        assert level(made, 8500, 12000) < level(samples, 8500, 12000) - 60
        assert level(made, 100, 3500) == pytest.approx(level(samples, 100, 3500), abs=0.1)


def test_a_filter_changes_levels_by_no_more_than_it_may():
    samples = np.random.default_rng(0).standard_normal(24000)
    made = changed(samples, RATE, replace(NOTHING, filter_share=1, filter_db=6.0), np.random.default_rng(3))
    gains = [level(made, low, low + 200) - level(samples, low, low + 200) for low in range(100, 11800, 200)]
    assert max(map(abs, gains)) < 6.1 and np.ptp(gains) > 1


def test_noise_has_the_level_that_was_drawn():
    made = changed(
        np.zeros(24000), RATE, replace(NOTHING, noise_share=1, noise_db=(-50.0, -50.0)), np.random.default_rng(0)
    )
    assert 10 * np.log10(np.mean(made**2)) == pytest.approx(-50, abs=0.01)


def test_a_room_comes_after_the_sound():
    click = np.zeros(12000)
    click[6000] = 1.0
    made = changed(click, RATE, replace(NOTHING, room_share=1, room_db=(10.0, 10.0)), np.random.default_rng(0))
    assert made[6000] == pytest.approx(1.0, abs=1e-6)
    assert np.abs(made[:6000]).max() < 1e-9
    echoes = 10 * np.log10(np.sum(made[6001:8000] ** 2))
    assert echoes == pytest.approx(-10, abs=1)


class Store(FeatureSource):
    """A recording of a tone whose mel and f0 fit it."""

    audio = AUDIO

    def load(self, recording):
        samples = tone(200).astype(np.float32)
        return Features(samples, log_mel(torch.from_numpy(samples), AUDIO).numpy(), np.full(80, 200, np.float32))


def segments(augmentation):
    config = SegmentConfig(frames=20, margin=2, gain=0.0, augmentation=augmentation)
    return Segments(Store(), [wordless("one", Path("one.wav"))], 4, config)


def test_a_changed_segment_has_the_mel_and_the_pitch_of_its_sound():
    batch = segments(replace(NOTHING, rate_share=1, rate=1.25)).batch(3)
    assert batch.samples.shape == (4, 24 * 300) and batch.mel.shape == (4, 128, 24) and batch.f0.shape == (4, 24)
    for samples, mel, f0 in zip(batch.samples, batch.mel, batch.f0, strict=True):
        peak = np.fft.rfftfreq(1 << 16, 1 / RATE)[np.abs(np.fft.rfft(samples.numpy(), 1 << 16)).argmax()]
        assert f0[5].item() == pytest.approx(peak, rel=0.01)
        inner = slice(4, 20)  # elsewhere the window reaches beyond what is left of the sound
        torch.testing.assert_close(mel[:, inner], log_mel(samples, AUDIO)[:, inner], atol=2e-3, rtol=0)
    assert batch.f0[:, 5].unique().numel() > 1


def test_changed_segments_are_the_same_whenever_they_are_drawn():
    first, again = (segments(AugmentationConfig()).batch(7) for _ in range(2))
    assert torch.equal(first.samples, again.samples) and torch.equal(first.mel, again.mel)
