import numpy as np
import pytest
from formant_speech import formant_speech

from pngnat.data.align import SAMPLE_RATE, Aligner
from pngnat.errors import PngnatError
from pngnat.text.utterance import Boundary, Utterance, Word

OH_NO = Utterance((Word("oh", ("OW1",)), Word("no", ("N", "OW1"))), (Boundary(), Boundary(", "), Boundary(".")))


@pytest.fixture(scope="module")
def aligner():
    return Aligner()


@pytest.mark.parametrize("pause", [0.0, 0.15, 0.25])
def test_sounds_and_pauses_are_found_where_they_are(aligner, pause):
    sounds = [("", 0.5), ("OW", 0.3), ("", pause), ("N", 0.28), ("OW", 0.32), ("", 0.4)]
    alignment = aligner.align(formant_speech([s for s in sounds if s[1]], SAMPLE_RATE), OH_NO)
    assert [segment.symbol for segment in alignment.segments] == ["[CLS]", "OW1", ",", "N", "OW1", "."]
    np.testing.assert_allclose(alignment.durations, [seconds for _, seconds in sounds], atol=0.04)
    assert alignment.durations.sum() == pytest.approx(sum(seconds for _, seconds in sounds), abs=1e-9)
    assert [word.text for word in alignment.words] == ["oh", "no"] and all(word.score <= 0 for word in alignment.words)


def test_the_pronunciation_that_was_said_is_chosen():
    given = Utterance((Word("oh", ("S", "IY1", "S")), OH_NO.words[1]), OH_NO.boundaries)
    variants = {"oh": [("S", "IY1", "S"), ("OW1",)], "no": [("N", "OW1")]}
    samples = formant_speech([("", 0.5), ("OW", 0.3), ("N", 0.28), ("OW", 0.32), ("", 0.4)], SAMPLE_RATE)
    assert Aligner(variants.__getitem__).align(samples, given).utterance == OH_NO
    assert Aligner(variants.__getitem__).align(samples, OH_NO).utterance == OH_NO


def test_the_second_recording_is_not_disturbed_by_the_first(aligner):
    samples = formant_speech([("", 0.3), ("OW", 0.3), ("N", 0.2), ("OW", 0.3), ("", 0.3)], SAMPLE_RATE)
    first = aligner.align(samples, OH_NO)
    with pytest.raises(PngnatError):
        aligner.align(samples[:3000], Utterance(OH_NO.words * 20, (Boundary(),) * 41))
    np.testing.assert_array_equal(aligner.align(samples, OH_NO).durations, first.durations)


@pytest.mark.parametrize(("samples", "utterance", "reason"), [
    (np.zeros(100), OH_NO, "too short"), (np.zeros(16000), OH_NO, "silent"), (np.zeros(0), OH_NO, "too short"),
    (np.ones(16000), Utterance((), (Boundary(),)), "no words"),
    (np.random.default_rng(0).normal(size=4000) * 0.1, Utterance(OH_NO.words * 20, (Boundary(),) * 41), "40 words"),
])  # fmt: skip
def test_what_cannot_be_aligned_is_said(aligner, samples, utterance, reason):
    with pytest.raises(PngnatError, match=reason):
        aligner.align(samples, utterance)


def test_noise_and_wrong_sound_never_crash(aligner):
    for seed in range(5):
        random = np.random.default_rng(seed)
        samples = random.normal(size=random.integers(1600, 40000)) * 10 ** random.uniform(-4, 0.5)
        try:
            alignment = aligner.align(samples, OH_NO)
        except PngnatError:
            continue
        assert alignment.durations.sum() == pytest.approx(len(samples) / SAMPLE_RATE)
