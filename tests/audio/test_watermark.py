"""The watermark: Perth's own, whatever the sound is divided into, and found again after what sounds go through."""

import io
import sys
import types
from itertools import pairwise

import numpy as np
import pytest
import soundfile
import torch
from formant_speech import formant_speech
from hypothesis import given, settings
from hypothesis import strategies as st

from pngnat.audio import watermark
from pngnat.audio.watermark import THRESHOLD, find_watermark, watermarked
from pngnat.audio.wav import resample
from pngnat.errors import PngnatError

needs_weights = pytest.mark.skipif(
    not watermark.importlib.util.find_spec("perth"), reason="resemble-perth is not installed"
)


def speech(rate: int = 24_000, times: int = 8) -> np.ndarray:
    return formant_speech([("OW", 0.25), ("N", 0.12), ("OW", 0.2), ("", 0.1)] * times, rate).astype(np.float32)


def marked(samples: np.ndarray, rate: int = 24_000) -> np.ndarray:
    return np.concatenate(list(watermarked([samples], rate)))


def perths_own() -> torch.nn.Module:
    """The network and the spectra of the package itself, whose imports of torchaudio and pkg_resources are met with as
    much as it uses."""

    class Spectrogram(torch.nn.Module):
        def __init__(self, n_fft, win_length, hop_length, **_):
            super().__init__()
            self.register_buffer("window", torch.hann_window(win_length))
            self.sizes = (n_fft, hop_length, win_length)

        def forward(self, signal):
            return torch.stft(signal, *self.sizes, self.window, center=True, pad_mode="constant", return_complex=True)

    class InverseSpectrogram(Spectrogram):
        def forward(self, spectrum):
            return torch.istft(spectrum, *self.sizes, self.window)

    transforms = types.ModuleType("torchaudio.transforms")
    transforms.Spectrogram, transforms.InverseSpectrogram = Spectrogram, InverseSpectrogram
    transforms.TimeStretch = lambda **_: torch.nn.Identity()
    resources = types.ModuleType("pkg_resources")
    resources.resource_filename = lambda *_: ""
    stand_ins = {
        "torchaudio": types.ModuleType("torchaudio"),
        "torchaudio.transforms": transforms,
        "pkg_resources": resources,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, module in stand_ins.items():
            patch.setitem(sys.modules, name, module)
        from perth.perth_net.perth_net_implicit.config import default_hp
        from perth.perth_net.perth_net_implicit.model.perth_net import PerthNet
    network = PerthNet(default_hp)
    state = torch.load(watermark._weights(), "cpu", weights_only=True)["model"]
    network.load_state_dict({name: value for name, value in state.items() if not name.startswith("ap.")}, strict=False)
    return network


@needs_weights
def test_it_is_perths_own():
    network, samples = perths_own(), speech(32_000)
    with torch.inference_mode():
        levels, phase = network.ap.signal_to_magphase(samples)
        theirs = network.ap.magphase_to_signal(network.encoder(levels[None])[0][0], phase).numpy()
        ours = marked(samples, 32_000)
        np.testing.assert_allclose(ours[: len(theirs)], theirs, atol=2e-5)
        assert np.abs(ours - samples).max() > 1e-3
        for sound in (samples, ours):
            found = network.decoder(network.ap.signal_to_magphase(sound)[0][None]).item()
            assert find_watermark(sound, 32_000)[0] == pytest.approx(np.clip(found, 0, 1), abs=2e-3)


@needs_weights
@settings(max_examples=10)
@given(st.lists(st.integers(0, 3 * 24_000), max_size=6), st.sampled_from([16_000, 22_050, 24_000]))
def test_however_it_is_divided_it_is_the_same(cuts, rate):
    samples = speech(rate, times=4)
    borders = [0, *sorted(min(cut, len(samples)) for cut in cuts), len(samples)]
    joined = np.concatenate(list(watermarked((samples[start:end] for start, end in pairwise(borders)), rate)))
    assert joined.dtype == np.float32 and len(joined) == len(samples)
    np.testing.assert_allclose(joined, marked(samples, rate), atol=1e-5)


@needs_weights
@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100])
def test_it_is_found_where_it_is(rate):
    samples = speech(rate)
    changed = marked(samples, rate)
    assert find_watermark(samples, rate)[0] < 0.1 and find_watermark(changed, rate)[0] > 0.9
    noise = 10 * np.log10(np.mean(samples**2) / np.mean((changed - samples) ** 2))
    assert noise > 15


@needs_weights
@pytest.mark.parametrize("way", ["mp3", "opus", "16 kHz", "quieter", "cut"])
def test_watermark_survives_common_processing(way):
    sound, rate = marked(speech()), 24_000
    if way in ("mp3", "opus"):
        file = io.BytesIO()
        kinds = {"mp3": ("MP3", "MPEG_LAYER_III"), "opus": ("OGG", "OPUS")}
        soundfile.write(file, sound, rate, format=kinds[way][0], subtype=kinds[way][1])
        file.seek(0)
        sound, rate = soundfile.read(file, dtype="float32")
    elif way == "16 kHz":
        sound, rate = resample(sound, rate, 16_000), 16_000
    else:
        sound = sound * 0.1 if way == "quieter" else sound[12_345:60_000]
    assert find_watermark(sound, rate)[0] >= THRESHOLD


@needs_weights
def test_parts_are_judged_apart():
    samples = np.tile(speech(), 8)
    half = len(samples) // 2
    found = find_watermark(np.concatenate([marked(samples[:half]), samples[half:]]), 24_000)
    assert len(found) == round(len(samples) / 240_000) and found[0] > 0.9 and found[-1] < 0.1


@needs_weights
def test_silence_stays_silence_and_carries_none():
    silence = np.zeros(30_000, dtype=np.float32)
    assert not marked(silence).any() and find_watermark(silence, 24_000).tolist() == [0.0]
    assert len(marked(silence[:7])) == 7 and find_watermark(speech()[:1], 24_000).shape == (1,)
    for samples, rate in ((silence[:0], 24_000), (silence, 3000)):
        with pytest.raises(PngnatError):
            find_watermark(samples, rate)


def test_missing_or_wrong_weights_are_errors(tmp_path, monkeypatch):
    for kept in (watermark._weights, watermark._network):
        kept.cache_clear()
    monkeypatch.setattr(watermark.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PngnatError, match=r"pip install .pngnat\[watermark\]"):
        list(watermarked([np.zeros(9, dtype=np.float32)], 24_000))
    other = types.SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(watermark.importlib.util, "find_spec", lambda name: other)
    file = tmp_path / watermark._WEIGHTS
    for make in (lambda: None, lambda: (file.parent.mkdir(parents=True), file.write_bytes(b"others"))):
        make()
        with pytest.raises(PngnatError, match="not the one that is known"):
            watermark._weights()
