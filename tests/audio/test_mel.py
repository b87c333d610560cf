import librosa
import numpy as np
import pytest

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import mel_basis


@pytest.mark.slow
@pytest.mark.parametrize(
    "config", [AudioConfig(), AudioConfig(sample_rate=22050, n_fft=1024, n_mels=80, f_min=0.0, f_max=8000.0)]
)
def test_the_filters_are_librosas(config):
    theirs = librosa.filters.mel(
        sr=config.sample_rate, n_fft=config.n_fft, n_mels=config.n_mels, fmin=config.f_min, fmax=config.f_max
    )
    np.testing.assert_allclose(mel_basis(config).numpy(), theirs, atol=1e-7)
