"""PnG tokens of millions of sentences on disk, memory-mapped: opening takes no time and reading takes no memory.

A store is a folder: `ids.bin` and `word_positions.bin` (uint16) with all sentences one after the other, and `sentences.bin` (int64 pairs:
where a sentence starts, and its phoneme-segment tokens N; then where the last one ends, and how many were too long), which comes last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pngnat.data.parallel import in_order
from pngnat.data.pretraining.cache import cached_shards, read_shard
from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.stamps import digest, renew, say_again
from pngnat.text.tokenizer import FILE, PngTokenizer

_IDS, _WORD_POSITIONS, _SENTENCES = "ids.bin", "word_positions.bin", "sentences.bin"
_FORMAT = 2


@dataclass(frozen=True)
class StoredTokens:
    """One sentence. ids, segments, word_positions: (L,) int64; num_phoneme_tokens: N; as in `PngTokens`."""

    ids: np.ndarray
    segments: np.ndarray
    word_positions: np.ndarray
    num_phoneme_tokens: int


@dataclass(frozen=True)
class _ShardTokens:
    ids: np.ndarray
    word_positions: np.ndarray
    lengths: np.ndarray
    phoneme_tokens: np.ndarray
    too_long: int


class TokenStore:
    """The sentences of a store by their index."""

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`. Raises PngnatError where there is none that is finished and whole."""
        if damage := _damage(folder):
            raise PngnatError(f"{folder} holds no finished token store ({damage}): run the preparation again")
        self._ids = _mapped(folder / _IDS, np.uint16)
        self._word_positions = _mapped(folder / _WORD_POSITIONS, np.uint16)
        self._sentences = _mapped(folder / _SENTENCES, np.int64).reshape(-1, 2)
        self.too_long = int(self._sentences[-1, 1])

    def __len__(self) -> int:
        return len(self._sentences) - 1

    @property
    def lengths(self) -> np.ndarray:
        """The tokens of each sentence, (sentences,) int64."""
        return np.diff(self._sentences[:, 0])

    def __getitem__(self, index: int) -> StoredTokens:
        start, phonemes = (int(value) for value in self._sentences[index])
        stop = int(self._sentences[index + 1, 0])
        segments = (np.arange(stop - start) > phonemes).astype(np.int64)
        return StoredTokens(self._ids[start:stop].astype(np.int64), segments, self._word_positions[start:stop].astype(np.int64), phonemes)


def _mapped(path: Path, dtype: type) -> np.ndarray:
    return np.memmap(path, dtype, "r") if path.stat().st_size else np.zeros(0, dtype)


def _damage(folder: Path) -> str:
    """What is wrong with a store's files, nothing where they are whole."""
    sizes = {name: (folder / name).stat().st_size if (folder / name).exists() else -1 for name in (_SENTENCES, _IDS, _WORD_POSITIONS)}
    if sizes[_SENTENCES] < 0:
        return f"{_SENTENCES} is missing"
    if sizes[_SENTENCES] % 16 or not sizes[_SENTENCES]:
        return f"{_SENTENCES} is cut off"
    end = int(_mapped(folder / _SENTENCES, np.int64)[-2])
    return next((f"{name} does not fit {_SENTENCES}" for name in (_IDS, _WORD_POSITIONS) if sizes[name] != 2 * end), "")


@dataclass(frozen=True)
class StoreBuild:
    """What a store is made of. cache: a finished cache of utterances. tokenizer: a folder with tokenizer.json.
    max_tokens: sentences with more are left out, and counted; workers: processes."""

    cache: Path
    split: str
    tokenizer: Path
    max_tokens: int = 768
    workers: int = 1


def build_store(folder: Path, build: StoreBuild) -> TokenStore:
    """Tokenize a cache into `folder`, with a progress bar, unless that is done already for the same shards and tokenizer."""
    from tqdm import tqdm

    shards = cached_shards(build.cache, build.split)
    tokenizer = PngTokenizer.load(build.tokenizer)
    if tokenizer.vocabulary_size > np.iinfo(np.uint16).max:
        raise PngnatError(f"the token store has room for 65535 ids, the tokenizer has {tokenizer.vocabulary_size}: train a smaller one")
    made_of = {
        "format": _FORMAT,
        "utterances": digest([shard.name for shard in shards]),
        "tokenizer": digest(build.tokenizer / FILE),
        "max_tokens": build.max_tokens,
    }
    if renew(folder, made_of, _SENTENCES):
        if not (damage := _damage(folder)):
            return TokenStore(folder)
        say_again(folder, damage)
    tokenized = in_order(ShardTokenizer, (build.tokenizer, build.max_tokens), shards, build.workers)
    _write(folder, tqdm(tokenized, f"{build.split} to tokens", total=len(shards), unit="shard"))
    return TokenStore(folder)


def _write(folder: Path, tokenized: Iterator[_ShardTokens]) -> None:
    """Append what the workers hand over."""
    start = too_long = 0
    (folder / _SENTENCES).unlink(missing_ok=True)
    with atomic_write(folder / _SENTENCES) as beside, open(beside, "wb") as sentences:
        with open(folder / _IDS, "wb") as ids, open(folder / _WORD_POSITIONS, "wb") as positions:
            for shard in tokenized:
                shard.ids.tofile(ids)
                shard.word_positions.tofile(positions)
                starts = start + np.cumsum(shard.lengths) - shard.lengths
                np.stack([starts, shard.phoneme_tokens], axis=1).astype(np.int64).tofile(sentences)
                start += int(shard.lengths.sum())
                too_long += shard.too_long
        np.array([[start, too_long]], np.int64).tofile(sentences)


class ShardTokenizer:
    """Tokenizes one shard at a time. Each worker process has one."""

    def __init__(self, tokenizer: Path, max_tokens: int) -> None:
        self._tokenizer, self._max_tokens = PngTokenizer.load(tokenizer), max_tokens

    def __call__(self, shard: Path) -> _ShardTokens:
        """The tokens of a shard of the cache."""
        encoded = [self._tokenizer.encode(utterance) for utterance in read_shard(shard)]
        kept = [tokens for tokens in encoded if len(tokens.ids) <= self._max_tokens]
        return _ShardTokens(
            ids=np.concatenate([np.zeros(0, np.uint16), *(tokens.ids.astype(np.uint16) for tokens in kept)]),
            word_positions=np.concatenate([np.zeros(0, np.uint16), *(tokens.word_positions.astype(np.uint16) for tokens in kept)]),
            lengths=np.array([len(tokens.ids) for tokens in kept], np.int64),
            phoneme_tokens=np.array([tokens.num_phoneme_tokens for tokens in kept], np.int64),
            too_long=len(encoded) - len(kept),
        )
