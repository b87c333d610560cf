"""Make pngnat/text/data/unknown_words.npz, the network for unknown words, from the weights in g2p-en's wheel.

    python recipes/unknown_words.py

Needs the package g2p-en (Apache-2.0), which the extra `train` brings; it is read as data and never imported, since
importing it downloads files. The numbers stay as they are: with half of their bits, one word in 2,000 would be said
otherwise."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np

from pngnat.errors import PngnatError
from pngnat.text.oov import WEIGHTS


def original() -> dict[str, np.ndarray]:
    """The weights by name, float32, as g2p-en has them. Raises PngnatError where the package is missing."""
    spec = importlib.util.find_spec("g2p_en")
    if spec is None or not spec.submodule_search_locations:
        raise PngnatError('the package g2p-en is missing; install it with: pip install "pngnat[train]"')
    with np.load(Path(spec.submodule_search_locations[0]) / "checkpoint20.npz", allow_pickle=False) as weights:
        return {name: weights[name] for name in weights.files}


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with open(WEIGHTS, "wb") as file:
        np.savez(file, **original())
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
