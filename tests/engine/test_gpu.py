"""The engine `torch` on a GPU; skipped where there is none."""

import numpy as np
import pytest

import pngnat

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

TEXTS = (
    "Good morning.",
    "The moon was climbing higher and higher.",
    "Press one to go on, or two to hear it again.",
    "Why?",
)


@pytest.fixture(scope="module")
def one_by_one():
    voice = pngnat.load_voice("english", device="cuda")
    return voice, [pngnat.synthesize(text, voice).samples for text in TEXTS]


def test_gpu_and_processor_give_the_same_sound(one_by_one):
    processor = pngnat.load_voice("english", engine="torch")
    for text, samples in zip(TEXTS, one_by_one[1], strict=True):
        np.testing.assert_allclose(samples, pngnat.synthesize(text, processor).samples, atol=1e-2)


def test_a_batch_gives_the_same_sound_as_one_by_one(one_by_one):
    voice, alone = one_by_one
    for speech, samples in zip(pngnat.synthesize_many(TEXTS, voice, batch_size=4), alone, strict=True):
        np.testing.assert_allclose(speech.samples, samples, atol=1e-3)
