"""What the experiments' tests take from the package's."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "support"))


@pytest.fixture(scope="session")
def toy_corpus(tmp_path_factory):
    """Recordings of beeps, aligned (a `toy_corpus.ToyCorpus`)."""
    from toy_corpus import make_toy_corpus

    return make_toy_corpus(tmp_path_factory.mktemp("toy"))
