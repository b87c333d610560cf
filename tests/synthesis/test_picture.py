import sys

import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.audio.mel import log_mel
from pngnat.errors import PngnatError
from pngnat.synthesis.picture import mel_picture


def test_picture_shows_the_mel_of_the_models():
    audio = AudioConfig()
    samples = (0.3 * np.random.default_rng(0).normal(size=audio.sample_rate)).astype(np.float32)
    seen, theirs = mel_picture(samples, audio), log_mel(torch.from_numpy(samples), audio).numpy()
    assert seen.shape == theirs.shape
    # A shorter transform looks at other frequencies; of noise, the mean is the same.
    np.testing.assert_allclose(seen[20:].mean(axis=1), theirs[20:].mean(axis=1), atol=0.2)
    assert mel_picture(samples[:10], audio).shape == (audio.n_mels, 0)


def test_every_word_is_in_the_picture_at_its_time(speech):
    figure = speech.plot()
    lanes = figure.axes[-1]
    shown = {text.get_text(): text.get_position()[0] for text in lanes.texts}
    for word in speech.words:
        assert word.start < shown[word.text] < word.end
    assert lanes.get_xlim() == pytest.approx((0, speech.duration))
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_missing_matplotlib_is_an_error_with_advice(speech, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PngnatError, match="pngnat\\[plot\\]"):
        speech.plot()
