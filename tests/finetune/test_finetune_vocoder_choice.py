from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pngnat.audio import wav
from pngnat.audio.config import AudioConfig
from pngnat.errors import PngnatError
from pngnat.finetune import vocoder
from pngnat.finetune.vocoder import VocoderChoice, choose_vocoder

TEACHER = SimpleNamespace(audio=AudioConfig(), mel=lambda recording: np.array([[float(recording.id[1:])]], np.float32))


class Player:
    """A vocoder that plays the recordings again, with so much noise. A recording's mel is its number."""

    audio = AudioConfig()

    def __init__(self, recordings, noise):
        self.sounds = {int(one.id[1:]): torch.from_numpy(wav.read(one.path, 24000)) for one in recordings}
        self.noise = noise

    def __call__(self, mel, generator):
        sound = self.sounds[int(mel.item())]
        return (sound + self.noise * torch.randn(len(sound), generator=generator))[None]


@pytest.fixture
def players(toy_corpus):
    valid = [one for one in toy_corpus.recordings if one.split == "valid"]
    return valid, Player(valid, 0.001), Player(valid, 0.1)


@pytest.fixture
def nobody(monkeypatch):
    def missing(*_):
        raise PngnatError("not installed")

    monkeypatch.setattr(vocoder, "SpeakerEncoder", missing)


def test_the_better_one_is_kept(players, nobody):
    valid, clean, noisy = players
    choice = choose_vocoder(noisy, clean, TEACHER, valid)
    assert (
        choice.is_tuned
        and choice.tuned > choice.base
        and choice.judge == "nearness of log-mels"
        and "is kept" in choice.line
    )
    other = choose_vocoder(clean, noisy, TEACHER, valid)
    assert not other.is_tuned and (other.base, other.tuned) == (choice.tuned, choice.base) and "of before" in other.line


def test_what_learned_and_lost_nothing_is_kept(players, nobody):
    valid, clean, _ = players
    assert choose_vocoder(clean, clean, TEACHER, valid).is_tuned


def test_listeners_hear_quality_and_likeness(players, monkeypatch):
    valid, clean, noisy = players
    monkeypatch.setattr(vocoder, "SpeakerEncoder", lambda: SimpleNamespace(embed=lambda *_: np.array([1.0, 0.0])))
    quality = SimpleNamespace(score=lambda samples, rate: 4.0 - 10 * float(np.abs(np.diff(samples)).mean()))
    monkeypatch.setattr(vocoder, "MosPredictor", lambda: quality)
    choice = choose_vocoder(clean, noisy, TEACHER, valid)
    assert choice.judge.startswith("DistilMOS") and not choice.is_tuned and choice.base > 4.0


def test_a_vocoder_that_makes_no_numbers_is_not_kept():
    assert not VocoderChoice("x", 1.0, float("nan")).is_tuned
