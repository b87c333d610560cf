"""Every model learns from as many draws of the probe corpus, whatever the number of its recordings."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from experiments.encoders.probe import ProbeDraws, few
from pngnat.data.corpus import Recording
from pngnat.text.utterance import Boundary, Utterance, Word


def recording(place: int, last: str, name: str = "probe") -> Recording:
    utterance = Utterance(
        (Word(f"w{place // 2}", ("AH0",)), Word(last, ("T", "UW1"))), (Boundary(), Boundary(","), Boundary("."))
    )
    return Recording(f"{name}{place}{last}", "ann", "train", Path("none"), utterance, np.zeros(6, np.float32))


# Each sentence is there twice.
PROBE = [recording(place, "two") for place in range(24)] + [recording(place, "too") for place in range(40)]
CORPUS = [recording(place, "end", "corpus") for place in range(1000)]


@pytest.mark.parametrize("size", [4, 8, 16])
def test_a_few_are_different_sentences_of_both_endings(size):
    chosen = few(PROBE, size, seed=0)
    assert len({one.utterance.text for one in chosen}) == size
    assert Counter(one.utterance.words[-1].text for one in chosen) == {"two": size / 2, "too": size / 2}
    assert [one.id for one in chosen] != [one.id for one in few(PROBE, size, seed=1)]


@pytest.mark.parametrize("size", [4, 16, 0])
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_draws_of_each_ending_are_the_same_for_every_size(size, share):
    chosen = few(PROBE, size, seed=0)
    drawn = ProbeDraws(400, share).mixed(chosen, CORPUS, seed=0)
    assert Counter(one.utterance.words[-1].text for one in drawn) == {"two": 200, "too": 200, "end": 400 / share - 400}
    times = Counter(one.id for one in drawn)
    for ending in ("two", "too"):
        counts = [times[one.id] for one in chosen if one.utterance.words[-1].text == ending]
        assert min(counts) > 0 and max(counts) - min(counts) <= 1


def test_a_small_corpus_is_drawn_more_than_once():
    drawn = ProbeDraws(100, 0.5).mixed(PROBE, CORPUS[:30], seed=0)
    assert set(Counter(one.id for one in drawn if one.id.startswith("corpus")).values()) == {3, 4}
