import sys

import numpy as np
import pytest

from pngnat.errors import PngnatError
from pngnat.evaluation import asr, mos


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return (0.01 * np.random.default_rng(0).standard_normal(24000)).astype(np.float32)


@pytest.mark.slow
def test_recognizer_is_deterministic_and_takes_any_rate(noise):
    recognizer = asr.Recognizer()
    first = recognizer.transcribe(noise, 24000, with_words=True)
    assert first == recognizer.transcribe(noise, 24000, with_words=True)
    assert recognizer.transcribe(noise, 48000).words == ()
    for word in first.words:
        assert 0 <= word.start <= word.end <= 30


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(PngnatError, match=r"model\.bin"):
        asr.Recognizer(model_folder=tmp_path)


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(PngnatError, match="eval"):
        asr.Recognizer()


def test_missing_mos_predictor_is_named_and_leaves_no_trace(monkeypatch):
    monkeypatch.setitem(sys.modules, "distillmos", None)
    monkeypatch.delitem(sys.modules, "torchaudio", raising=False)
    with pytest.raises(PngnatError, match="distillmos"):
        mos.MosPredictor()
    assert "torchaudio" not in sys.modules


def test_mos_hears_that_noise_is_no_speech(noise):
    pytest.importorskip("xls_r_sqa", reason="DistilMOS is installed by a command of its own")
    predictor = mos.MosPredictor()
    assert 1 <= predictor.score(noise, 24000) < 3
    assert "torchaudio" not in sys.modules
    with pytest.raises(ValueError, match="too short"):
        predictor.score(noise[:100], 24000)
