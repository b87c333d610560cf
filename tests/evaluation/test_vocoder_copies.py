import json

import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.evaluation import copies
from pngnat.evaluation import vocoder as evaluation
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig

AUDIO = AudioConfig()


def vowel(f0, seconds=1.0):
    time = np.arange(int(seconds * 24000)) / 24000
    return (sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 20)) * 0.2).astype(np.float32)


def test_a_recording_is_its_own_best_copy():
    sound = vowel(120)
    assert copies.mel_cepstral_distortion(sound, sound, AUDIO) == 0
    assert copies.f0_errors(sound, sound, AUDIO) == (0, 0)


def test_loudness_is_no_cepstral_distortion():
    # Noise keeps all of the mel above its floor, which would not grow quieter.
    sound = vowel(120) + 0.05 * np.random.default_rng(0).standard_normal(24000).astype(np.float32)
    assert copies.mel_cepstral_distortion(sound, 0.5 * sound, AUDIO) == pytest.approx(0, abs=1e-3)


def test_cepstral_distortion_is_the_rms_difference_of_smooth_spectra_in_decibels():
    sound = np.random.default_rng(0).standard_normal(48000).astype(np.float32) * 0.1
    mel = torch.fft.rfft(torch.from_numpy(sound))
    # A spectrum tilted by a cosine over the mel bins of amplitude a differs by a / sqrt(2) in RMS.
    import librosa

    places = np.interp(
        np.fft.rfftfreq(48000, 1 / 24000), librosa.mel_frequencies(130, fmin=20, fmax=12000)[1:-1], (np.arange(128) + 0.5) / 128
    )
    tilted = torch.fft.irfft(mel * torch.from_numpy(10 ** (3 * np.cos(np.pi * places) / 20))).float().numpy()
    assert copies.mel_cepstral_distortion(sound, tilted, AUDIO) == pytest.approx(3 / np.sqrt(2), rel=0.1)


def test_pitch_error_is_in_hertz():
    rmse, voicing = copies.f0_errors(vowel(120), vowel(126), AUDIO)
    assert rmse == pytest.approx(6, abs=0.3)
    assert voicing < 0.05
    silence = np.zeros(24000, dtype=np.float32)
    rmse, voicing = copies.f0_errors(vowel(120), silence, AUDIO)
    assert rmse is None and voicing > 0.9


def test_a_buzz_in_a_pause_is_seen():
    recording = np.concatenate([vowel(120), np.zeros(12000, dtype=np.float32)])
    buzz = np.concatenate([vowel(120), 0.01 * vowel(120, 0.5)])
    assert copies.pause_level(recording, recording, AUDIO) < -100
    expected = 10 * np.log10(np.mean(np.square(0.01 * vowel(120, 0.5))))
    assert copies.pause_level(recording, buzz, AUDIO) == pytest.approx(expected, abs=0.5)
    assert copies.pause_level(vowel(120), vowel(120), AUDIO) is None


def test_the_table_has_every_way_of_copying(monkeypatch, tmp_path):
    class AlwaysFour:
        def score(self, samples, sample_rate):
            return 4.0

    monkeypatch.setattr(evaluation, "MosPredictor", AlwaysFour)
    vocoder = Vocoder(AUDIO, VocoderConfig(width=16, hidden=16, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16)))
    with torch.inference_mode():
        rows = evaluation.compare(vocoder, {"one": vowel(120, 0.7)[:16500]}, True, tmp_path)
    assert [row[""] for row in rows] == ["recording", "vocoder", "Griffin-Lim", "WORLD"]
    assert rows[0]["STFT distance"] == 0 < rows[3]["STFT distance"] < rows[1]["STFT distance"]
    assert (tmp_path / "one.wav").exists()
    json.dumps(rows)


def test_speed_is_measured_on_one_and_two_threads():
    before = torch.get_num_threads()
    vocoder = Vocoder(AUDIO, VocoderConfig(width=8, hidden=8, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16)))
    factors = evaluation.speed(vocoder, seconds=0.5)
    assert list(factors) == ["RTF, 1 thread", "RTF, 2 threads"]
    assert all(0 < factor < 10 for factor in factors.values())
    assert torch.get_num_threads() == before
