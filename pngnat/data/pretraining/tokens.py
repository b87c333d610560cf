"""PnG tokens of any number of sentences on disk, memory-mapped: opening takes no time and reading takes no memory.

A store is a folder with a file for each shard of the text. The file's name holds digests of text and tokenizer. The
file holds two uint32 (sentences kept; sentences that were too long), then, uint16 each, every sentence's tokens L and
phoneme-segment tokens N, all ids, and all word positions. `lengths.bin` has the L of all sentences. `store.json` has
the shards in order, and is written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from pngnat.data.pretraining.cache import cached_shards, read_shard
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, write_text
from pngnat.stamps import digest, log_rebuild, refresh_stamp
from pngnat.text.tokenizer import FILE, PngTokenizer
from pngnat.workers.pool import Workers
from pngnat.workers.run import in_order
from pngnat.workers.sharded import ShardedFolder, compute_missing

_STORE, _LENGTHS = "store.json", "lengths.bin"
_SUFFIX = ".tokens"
_FORMAT = 3
# uint16 values in the header of a shard's file.
_HEADER = 4
# Shards that a process keeps open.
_OPEN = 256


@dataclass(frozen=True)
class StoredTokens:
    """A sentence. ids, segments, word_positions: (L,) int64; num_phoneme_tokens: N; as in `PngTokens`."""

    ids: np.ndarray
    segments: np.ndarray
    word_positions: np.ndarray
    num_phoneme_tokens: int


@dataclass(frozen=True)
class _Shard:
    """A shard's file. lengths, phonemes: (n,) L and N of its sentences; ids, word_positions: (tokens,),
    concatenated."""

    lengths: np.ndarray
    phonemes: np.ndarray
    ids: np.ndarray
    word_positions: np.ndarray
    too_long: int

    @classmethod
    def open(cls, path: Path) -> _Shard:
        """Map a shard into memory. Raise PngnatError if it is missing or cut off."""
        try:
            content = np.memmap(path, np.uint16, "r")
            count, too_long = content[:_HEADER].view(np.uint32).tolist()
            lengths, phonemes, rest = np.split(content[_HEADER:], [count, 2 * count])
            tokens = int(lengths.sum(dtype=np.int64))
            if len(lengths) != count or len(rest) != 2 * tokens:
                raise ValueError("it is cut off")
        except (OSError, ValueError) as error:
            raise PngnatError(f"{path} holds no tokens ({error}): run the preparation again") from error
        return cls(lengths, phonemes, rest[:tokens], rest[tokens:], too_long)

    def write(self, path: Path) -> None:
        """Write the shard atomically."""
        header = np.array([len(self.lengths), self.too_long], np.uint32)
        with atomic_write(path) as beside, open(beside, "wb") as file:
            for array in (header.view(np.uint16), self.lengths, self.phonemes, self.ids, self.word_positions):
                array.astype(np.uint16).tofile(file)


class TokenStore:
    """The sentences of a store by index. starts: (shards + 1,) the first sentence of each shard, and the number of
    sentences."""

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`. Raise PngnatError if it is not finished."""
        try:
            content = json.loads((folder / _STORE).read_text(encoding="utf-8"))
            names, counts, tokens = zip(*content["shards"], strict=True) if content["shards"] else ((), (), ())
            self.paths = [folder / name for name in names]
            self.starts = np.cumsum([0, *counts])
            self._sizes = [2 * (_HEADER + 2 * count + 2 * total) for count, total in zip(counts, tokens, strict=True)]
            self.too_long = int(content["too_long"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise PngnatError(
                f"{folder} holds no finished token store ({_STORE}: {error}): run the preparation again"
            ) from error
        size = (folder / _LENGTHS).stat().st_size if (folder / _LENGTHS).exists() else -1
        if size != 2 * len(self):
            raise PngnatError(
                f"{folder} holds no finished token store ({_LENGTHS} does not fit {_STORE}): run the preparation again"
            )
        self.lengths = np.memmap(folder / _LENGTHS, np.uint16, "r") if size else np.zeros(0, np.uint16)
        """The tokens of each sentence, (sentences,) uint16."""

    def check(self) -> None:
        """Raise PngnatError if a shard is missing or has another size."""
        for path, size in zip(self.paths, self._sizes, strict=True):
            if not path.exists() or path.stat().st_size != size:
                raise PngnatError(f"{path} is missing or cut off: run the preparation again")

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __getitem__(self, index: int) -> StoredTokens:
        place = int(np.searchsorted(self.starts, index, "right")) - 1
        shard, ends = _opened(self.paths[place])
        sentence = index - int(self.starts[place])
        stop, phonemes = int(ends[sentence]), int(shard.phonemes[sentence])
        start = stop - int(shard.lengths[sentence])
        segments = (np.arange(stop - start) > phonemes).astype(np.int64)
        ids, word_positions = (array[start:stop].astype(np.int64) for array in (shard.ids, shard.word_positions))
        return StoredTokens(ids, segments, word_positions, phonemes)


@lru_cache(_OPEN)
def _opened(path: Path) -> tuple[_Shard, np.ndarray]:
    """Return a shard, and the end of each of its sentences."""
    shard = _Shard.open(path)
    return shard, np.cumsum(shard.lengths, dtype=np.int64)


@dataclass(frozen=True)
class StoreBuild:
    """Inputs and settings of a store."""

    cache: Path
    """A finished cache of utterances."""
    split: str
    """A split of the cache."""
    tokenizer: Path
    """A folder with tokenizer.json."""
    max_tokens: int = 768
    """Sentences with more tokens are left out, and counted."""
    workers: Workers = field(default_factory=Workers)
    """Workers that tokenize the shards."""


@dataclass(frozen=True)
class _Work:
    """A shard to tokenize. utterances: its file in the cache. path: its file in the store."""

    number: int
    utterances: Path
    path: Path


def build_store(folder: Path, build: StoreBuild) -> TokenStore:
    """Tokenize the missing shards of a cache into `folder`, with a progress bar, and open the store.

    The partition of `workers` comes first, then the shards that other partitions lack. Raises PngnatError for a
    tokenizer whose ids do not fit.
    """
    from tqdm import tqdm

    shards = cached_shards(build.cache, build.split)
    tokenizer = PngTokenizer.load(build.tokenizer)
    if tokenizer.vocabulary_size > np.iinfo(np.uint16).max:
        raise PngnatError(
            f"the token store has room for 65535 ids, the tokenizer has {tokenizer.vocabulary_size}: train a smaller "
            "one"
        )
    provenance = {
        "format": _FORMAT,
        "utterances": digest([shard.name for shard in shards]),
        "tokenizer": digest(build.tokenizer / FILE),
        "max_tokens": build.max_tokens,
    }
    if refresh_stamp(folder, provenance, _STORE):
        try:
            store = TokenStore(folder)
            store.check()
            return store
        except PngnatError as error:
            log_rebuild(folder, str(error))
    settings = digest(provenance["tokenizer"], build.max_tokens)
    work = [
        _Work(number, shard, folder / f"{shard.name.split('.')[0]}-{settings}{_SUFFIX}")
        for number, shard in enumerate(shards)
    ]
    tokenizing = ShardTokenizer, (build.tokenizer, build.max_tokens), work, build.workers
    if build.workers.is_partial:
        for _, result in compute_missing(*tokenizing):
            if isinstance(result, Exception):
                raise result
    tokenized = in_order(*tokenizing)
    _finish(
        folder, [one.path for one in work], tqdm(tokenized, f"{build.split} to tokens", total=len(work), unit="shard")
    )
    return TokenStore(folder)


def _finish(folder: Path, paths: Iterable[Path], made: Iterator[tuple[np.ndarray, int]]) -> None:
    """Write the lengths of all shards as they are tokenized, then the list of shards, and remove stale ones."""
    shards, too_long = [], 0
    with atomic_write(folder / _LENGTHS) as beside, open(beside, "wb") as file:
        for path, (lengths, others) in zip(paths, made, strict=True):
            lengths.tofile(file)
            shards.append((path.name, len(lengths), int(lengths.sum(dtype=np.int64))))
            too_long += others
    ShardedFolder(folder, _SUFFIX).drop_stale(name for name, _, _ in shards)
    write_text(folder / _STORE, json.dumps({"shards": shards, "too_long": too_long}))


class ShardTokenizer:
    """A worker that tokenizes shards."""

    def __init__(self, tokenizer: Path, max_tokens: int) -> None:
        self._tokenizer, self._max_tokens = PngTokenizer.load(tokenizer), max_tokens

    def __call__(self, work: _Work) -> tuple[np.ndarray, int]:
        """Tokenize a shard of the cache into a file, unless it is there.

        Returns the tokens of each of its sentences, (n,), and the number of sentences that were too long.
        """
        try:
            shard = _Shard.open(work.path)
        except PngnatError:
            shard = self._shard(work.utterances)
            shard.write(work.path)
        return np.asarray(shard.lengths), shard.too_long

    def _shard(self, utterances: Path) -> _Shard:
        encoded = [self._tokenizer.encode(utterance) for utterance in read_shard(utterances)]
        kept = [tokens for tokens in encoded if len(tokens.ids) <= self._max_tokens]
        return _Shard(
            lengths=np.array([len(tokens.ids) for tokens in kept], np.uint16),
            phonemes=np.array([tokens.num_phoneme_tokens for tokens in kept], np.uint16),
            ids=np.concatenate([np.zeros(0, np.uint16), *(tokens.ids.astype(np.uint16) for tokens in kept)]),
            word_positions=np.concatenate(
                [np.zeros(0, np.uint16), *(tokens.word_positions.astype(np.uint16) for tokens in kept)]
            ),
            too_long=len(encoded) - len(kept),
        )
