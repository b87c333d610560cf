import sys
from types import ModuleType

import numpy as np
import pytest

from pngnat.errors import PngnatError
from pngnat.evaluation import speaker_encoder
from pngnat.evaluation.speaker_encoder import SpeakerEncoder, centre, without_pauses


def test_the_centre_has_length_one():
    middle = centre([np.array([1.0, 0.0]), np.array([0.0, 1.0])])
    assert middle == pytest.approx([0.5**0.5] * 2)


def test_long_pauses_are_shortened_and_speech_is_kept():
    speech = np.sin(np.arange(16000) / 5)
    sound = np.concatenate([speech, np.zeros(16000), speech, np.zeros(1600), speech]).astype(np.float32)
    shortened = without_pauses(sound, 16000)
    assert len(shortened) == pytest.approx(3 * 16000 + 0.2 * 16000 + 1600, abs=640)
    assert np.count_nonzero(shortened) == pytest.approx(np.count_nonzero(sound), abs=10)


def test_without_the_weights_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(speaker_encoder, "find_spec", lambda name: None)
    with pytest.raises(PngnatError, match="pip install --no-deps resemblyzer"):
        SpeakerEncoder()


@pytest.mark.parametrize("seconds", [0.4, 1.9, 5.3])
def test_it_is_the_package_s_encoder(monkeypatch, seconds):
    pytest.importorskip("scipy")
    if speaker_encoder.find_spec("resemblyzer") is None:
        pytest.skip("resemblyzer is not installed")
    monkeypatch.setitem(sys.modules, "webrtcvad", ModuleType("webrtcvad"))
    voice_encoder = pytest.importorskip("resemblyzer.voice_encoder")
    sound = (0.1 * np.random.default_rng(0).normal(size=round(16000 * seconds))).astype(np.float32)
    theirs = voice_encoder.VoiceEncoder("cpu", verbose=False).embed_utterance(sound)
    np.testing.assert_allclose(SpeakerEncoder().embed_prepared(sound), theirs, atol=1e-5)


def test_silence_has_no_voice():
    if speaker_encoder.find_spec("resemblyzer") is None:
        pytest.skip("resemblyzer is not installed")
    with pytest.raises(ValueError, match="silent"):
        SpeakerEncoder().embed(np.zeros(16000), 16000)
