import json

import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.wav import resample
from pngnat.evaluation import copies
from pngnat.evaluation import vocoder as evaluation
from pngnat.models.vocoder import PitchConfig, Vocoder, VocoderConfig

AUDIO = AudioConfig()


def vowel(f0, seconds=1.0):
    time = np.arange(int(seconds * 24000)) / 24000
    return (sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 20)) * 0.2).astype(np.float32)


def pitch_errors(recording, copy):
    return copies.compare_pitch(*(copies.pitch_contour(sound, AUDIO) for sound in (recording, copy)))


@pytest.mark.slow
def test_the_contour_has_a_value_for_each_frame():
    contour = copies.pitch_contour(np.concatenate([np.zeros(12_100, np.float32), vowel(200)]), AUDIO)
    assert contour.shape == (36_100 // 300,) and not contour[:36].any()
    assert contour[44:-4] == pytest.approx(200, rel=0.006)


@pytest.mark.slow
def test_a_recording_is_its_own_best_copy():
    sound = vowel(120)
    assert copies.mel_cepstral_distortion(sound, sound, AUDIO) == 0
    assert pitch_errors(sound, sound) == copies.PitchErrors(fine=0, gross=0, voicing=0, all=0)


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
        np.fft.rfftfreq(48000, 1 / 24000),
        librosa.mel_frequencies(130, fmin=20, fmax=12000)[1:-1],
        (np.arange(128) + 0.5) / 128,
    )
    tilted = torch.fft.irfft(mel * torch.from_numpy(10 ** (3 * np.cos(np.pi * places) / 20))).float().numpy()
    assert copies.mel_cepstral_distortion(sound, tilted, AUDIO) == pytest.approx(3 / np.sqrt(2), rel=0.1)


def test_pitch_error_is_in_hertz():
    errors = pitch_errors(vowel(120), vowel(126))
    assert errors.fine == pytest.approx(6, abs=0.7) == errors.all
    assert errors.voicing < 0.05 and errors.gross == 0
    silence = np.zeros(24000, dtype=np.float32)
    errors = pitch_errors(vowel(120), silence)
    assert errors.fine is None and errors.gross is None and errors.all is None and errors.voicing > 0.9


def test_another_pitch_is_counted_and_not_measured():
    true = np.full(100, 100.0)
    found = true + 3
    found[:10] = 200
    found[10:30] = 0
    errors = copies.compare_pitch(true, found)
    assert (
        errors.gross == pytest.approx(10 / 80)
        and errors.fine == pytest.approx(3)
        and errors.voicing == pytest.approx(0.2)
    )
    assert errors.all == pytest.approx(np.sqrt((10 * 100**2 + 70 * 9) / 80))


def test_an_octave_is_gross():
    errors = pitch_errors(vowel(110), vowel(220))
    assert errors.gross == pytest.approx(1, abs=0.05)


def test_the_band_ends_where_the_sound_does():
    noise = np.random.default_rng(0).standard_normal(48000).astype(np.float32) * 0.1
    assert copies.bandwidth(noise, 24000) > 11_900
    assert copies.bandwidth(resample(resample(noise, 24000, 16000), 16000, 24000), 24000) == pytest.approx(
        8000, abs=300
    )
    assert copies.bandwidth(np.zeros(4800, np.float32), 24000) == 0


@pytest.mark.slow
def test_the_table_has_every_way_of_copying(monkeypatch, tmp_path):
    class AlwaysFour:
        def score(self, samples, sample_rate):
            return 4.0

    monkeypatch.setattr(evaluation, "MosPredictor", AlwaysFour)
    vocoder = Vocoder(
        AUDIO, VocoderConfig(width=16, hidden=16, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16))
    )
    with torch.inference_mode():
        rows = evaluation.compare(vocoder, {"one": vowel(120, 0.7)[:16500]}, True, tmp_path)
    assert [row[""] for row in rows] == ["recording", "vocoder", "Griffin-Lim", "WORLD"]
    assert rows[0]["F0 RMSE (Hz)"] == rows[0]["gross F0 errors (%)"] == rows[0]["voicing error (%)"] == 0
    assert rows[0]["STFT distance"] == 0 < rows[3]["STFT distance"] < rows[1]["STFT distance"]
    assert (tmp_path / "one.wav").exists()
    json.dumps(rows)


@pytest.mark.slow
def test_speed_is_measured_on_one_and_two_threads():
    before = torch.get_num_threads()
    vocoder = Vocoder(
        AUDIO, VocoderConfig(width=8, hidden=8, blocks=1, pitch=PitchConfig(width=8, hidden=8, blocks=1, bins=16))
    )
    factors = evaluation.speed(vocoder, seconds=0.5)
    assert list(factors) == ["RTF, 1 thread", "RTF, 2 threads"]
    assert all(factor > 0 for factor in factors.values())
    assert torch.get_num_threads() == before
