"""Pronunciations of unknown words: the GRU sequence-to-sequence network of g2p-en (Apache-2.0), evaluated in NumPy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pngnat.text.lexicon import DATA
from pngnat.text.phonemes import VOWELS

# recipes/unknown_words.py makes it.
WEIGHTS = DATA / "unknown_words.npz"

_GRAPHEMES = "abcdefghijklmnopqrstuvwxyz"
_FIRST_GRAPHEME = 3
_END_GRAPHEME = 2
_START, _END = 2, 3
_MAX_PHONEMES = 20
MAX_LETTERS = 14
_CONSONANTS_OF_NETWORK = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()


def _network_symbols() -> list[str]:
    """Return the output symbols in the order of the network: specials, then sorted ARPAbet, with an unstressed `UW`."""
    stressed = [f"{vowel}{stress}" for vowel in VOWELS for stress in "012"]
    return ["", "", "", "", *sorted([*stressed, *_CONSONANTS_OF_NETWORK, "UW"])]


class OovNetwork:
    """A greedy decoder of letters to ARPAbet; words of more than MAX_LETTERS are cut into pieces."""

    def __init__(self) -> None:
        with WEIGHTS.open("rb") as file, np.load(file, allow_pickle=False) as weights:
            self._weights = {name: weights[name] for name in weights.files}
        self._symbols = _network_symbols()

    def _step(self, side: str, x: np.ndarray, h: np.ndarray) -> np.ndarray:
        """Compute one GRU step (D,) -> (D,). x: (3D,), the input multiplied by the input weights."""
        recurrent = self._weights[f"{side}_w_hh"] @ h + self._weights[f"{side}_b_hh"]
        size = len(h)
        gates = 1 / (1 + np.exp(-(x[: 2 * size] + recurrent[: 2 * size])))
        reset, update = gates[:size], gates[size:]
        candidate = np.tanh(x[2 * size :] + reset * recurrent[2 * size :])
        return (1 - update) * candidate + update * h

    def _piece(self, letters: str) -> list[str]:
        w = self._weights
        ids = [_FIRST_GRAPHEME + _GRAPHEMES.index(letter) for letter in letters] + [_END_GRAPHEME]
        h = np.zeros(w["enc_w_hh"].shape[1], np.float32)
        for x in w["enc_emb"][ids] @ w["enc_w_ih"].T + w["enc_b_ih"]:
            h = self._step("enc", x, h)
        symbol, phonemes = _START, []
        for _ in range(_MAX_PHONEMES):
            h = self._step("dec", w["dec_w_ih"] @ w["dec_emb"][symbol] + w["dec_b_ih"], h)
            symbol = int(np.argmax(w["fc_w"] @ h + w["fc_b"]))
            if symbol == _END:
                break
            if symbol > _END:
                name = self._symbols[symbol]
                phonemes.append("UW0" if name == "UW" else name)
        return phonemes

    @lru_cache(maxsize=50_000)  # noqa: B019 - one network lives as long as the process
    def __call__(self, word: str) -> tuple[str, ...]:
        """Return the phonemes of `word` by its letters a-z; empty where it has none."""
        letters = "".join(letter for letter in word.lower() if letter in _GRAPHEMES)
        pieces = -(-len(letters) // MAX_LETTERS)
        size = -(-len(letters) // pieces) if pieces else 1
        return tuple(
            phoneme for start in range(0, len(letters), size) for phoneme in self._piece(letters[start : start + size])
        )


@lru_cache(maxsize=1)
def oov_network() -> OovNetwork:
    """Return the shared network, read at the first unknown word."""
    return OovNetwork()
