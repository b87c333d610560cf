from dataclasses import fields

import numpy as np
import pytest

import pngnat
from pngnat.engine.interface import Pitch
from pngnat.errors import PngnatError


def test_loads_once(stub_voice):
    voice = pngnat.load_voice(stub_voice)
    assert pngnat.load_voice(str(stub_voice)) is voice and isinstance(voice, pngnat.Voice)
    assert voice.speakers == ["ada", "bob"] and voice.sample_rate == 24000 and voice.name == "stub"


def test_unknown_names_come_with_the_list(stub_voice):
    voice = pngnat.load_voice(stub_voice)
    with pytest.raises(PngnatError, match="no speaker 'zoe'; it has: ada, bob"):
        voice.card.row("zoe")
    with pytest.raises(PngnatError, match="no speaker 'zoe'; it has: pro, ada, bob"):
        voice.professional_model("zoe")


def test_professionals_speak_by_their_own_model(stub_voice):
    voice = pngnat.load_voice(stub_voice)
    assert voice.professional_model("pro") == (voice.professional, 0)
    assert voice.professional_model("bob") == (voice.acoustic, 1)


@pytest.mark.parametrize("wrong", [{"engine": "steam"}, {"engine": 5}, {"device": "warp"}, {"device": "cuda:99"}])
def test_an_engine_or_a_device_that_is_not_there(stub_voice, wrong):
    with pytest.raises(PngnatError) as caught:
        pngnat.load_voice(stub_voice, **wrong)
    assert "\n" not in str(caught.value) and str(next(iter(wrong.values()))) in str(caught.value)


def test_neutral_pitch_is_not_a_request():
    assert [entry.name for entry in fields(Pitch)] == ["f0", "semitones"]
    assert not Pitch().is_requested and not Pitch(semitones=np.zeros(3)).is_requested
    assert (
        Pitch(np.zeros(3)).is_requested
        and Pitch(semitones=-1.0).is_requested
        and Pitch(semitones=np.array([0.0, 1.0])).is_requested
    )
