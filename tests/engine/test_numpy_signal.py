"""The parts of the vocoder in NumPy equal `pngnat.models.vocoder`."""

import numpy as np
import pytest
import torch

from pngnat.audio.config import AudioConfig
from pngnat.engine import onnx_vocoder, signal
from pngnat.engine.signal import FramedStft, OverlapAdd
from pngnat.models.vocoder import signal as torch_signal
from pngnat.models.vocoder import vocoder as torch_vocoder

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


def test_the_constants_are_the_same():
    assert signal.BANDWIDTH == torch_signal.BANDWIDTH and signal.SURE_VOICE == torch_vocoder.SURE_VOICE
    assert signal.LARGEST == torch_signal.LARGEST and onnx_vocoder.SAME_PITCH == torch_vocoder.SAME_PITCH


@pytest.mark.parametrize("window, hop", [(1200, 300), (64, 32), (36, 10)])
def test_transforms(window, hop):
    ours, theirs, samples = FramedStft(window, hop), torch_signal.FramedStft(window, hop), normal(9 * hop)
    spectrum = ours.of_padded(ours.padded(samples))
    expected = theirs(torch.from_numpy(samples)[None])[0].T.numpy()
    assert spectrum.dtype == np.complex64 and spectrum.shape == (9, ours.frequencies)
    assert np.abs(spectrum - expected).max() < 1e-5 * np.abs(expected).max()
    assert np.abs(OverlapAdd(ours).add(spectrum, last=True) - samples).max() < 1e-5


def test_inverse_in_pieces_equals_the_complete_one():
    ours, spectrum = FramedStft(64, 16), (normal(30, 33) + 1j * normal(30, 33)).astype(np.complex64)
    joined = OverlapAdd(ours)
    parts = [joined.add(spectrum[start:end], end == 30) for start, end in ((0, 3), (3, 20), (20, 30))]
    assert np.abs(np.concatenate(parts) - OverlapAdd(ours).add(spectrum, last=True)).max() < 1e-6


def test_pulses():
    f0 = np.abs(150 + 60 * np.sin(np.arange(200) / 9)).astype(np.float32)
    starts = np.isin(np.arange(200), [0, 31, 120])
    expected = torch_signal.pulse_train(torch.from_numpy(f0)[None], 300, 24000, starts=torch.from_numpy(starts)[None])[
        0
    ].numpy()
    assert np.abs(signal.pulse_train(f0, 300, 24000, starts) - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("frames", [2, 4])
def test_pulse_restarts_equal_those_of_torch(frames):
    for unvoiced in (RNG.random(50) < 0.8, np.ones(3, bool), np.zeros(9, bool), np.ones(1, bool)):
        expected = torch_signal.new_starts(torch.from_numpy(unvoiced)[None], frames)[0].numpy()
        assert np.array_equal(signal.new_starts(unvoiced, frames), expected)


def test_the_source_is_mixed_alike():
    audio = AudioConfig()
    vocoder = torch_vocoder.Vocoder(audio, torch_vocoder.VocoderConfig(width=8, hidden=8, blocks=1))
    pulses, noise = ((normal(7, 601) + 1j * normal(7, 601)).astype(np.complex64) for _ in range(2))
    voicing = np.array([0, 0.05, 0.1, 0.19, 0.2, 0.5, 1], dtype=np.float32)
    turned = [torch.from_numpy(np.ascontiguousarray(one.T))[None] for one in (pulses, noise)]
    expected = vocoder._excitation(turned[0], torch.from_numpy(voicing)[None], turned[1])[0].T.numpy()
    assert np.abs(signal.excite(pulses, voicing, noise, 1200 / 300) - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_sound_is_corrected_alike():
    audio = AudioConfig(n_mels=20)
    ours, theirs = signal.MelCorrection(audio, FramedStft(1200, 300)), torch_signal.MelCorrection(audio)
    spectrum, mel, gate = (
        (normal(5, 601) + 1j * normal(5, 601)).astype(np.complex64),
        normal(5, 20) - 5,
        np.abs(normal(5, 20)),
    )
    turned = [torch.from_numpy(np.ascontiguousarray(one.T))[None] for one in (spectrum, mel, gate)]
    expected = theirs.corrected(*turned)[0].T.numpy()
    assert np.abs(ours.corrected(spectrum, mel, gate) - expected).max() < 1e-5 * np.abs(expected).max()
