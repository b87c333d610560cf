"""PnG tokens of millions of sentences on disk, memory-mapped: opening takes no time and reading takes no memory.

A store is a folder: `ids.bin` and `word_positions.bin` (uint16) with all sentences one after the other, `sentences.bin` (int64 pairs:
where a sentence starts, and its phoneme-segment tokens N), and `store.json`, which is written last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pngnat.data.pretraining.cache import cached_shards, in_order
from pngnat.data.pretraining.utterance_codec import read_shard
from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.text.tokenizer import PngTokenizer

_INFO = "store.json"
_FORMAT = 1


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
        """Open the store in `folder`. Raises PngnatError where there is none that is finished."""
        try:
            info = json.loads((folder / _INFO).read_text())
        except (OSError, ValueError) as error:
            raise PngnatError(f"{folder} holds no finished token store: run the preparation again") from error
        if info.get("format") != _FORMAT:
            raise PngnatError(f"the token store {folder} comes from another version of pngnat: delete it")
        self.too_long: int = info["too_long"]
        self._ids = _mapped(folder / "ids.bin", np.uint16)
        self._word_positions = _mapped(folder / "word_positions.bin", np.uint16)
        self._sentences = _mapped(folder / "sentences.bin", np.int64).reshape(-1, 2)

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
    made_from = [
        str(build.cache.resolve()),
        [shard.name for shard in shards],
        (build.tokenizer / "tokenizer.json").read_text(encoding="utf-8"),
        build.max_tokens,
    ]
    digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    info = folder / _INFO
    if info.exists() and json.loads(info.read_text()).get("digest") == digest:
        return TokenStore(folder)
    folder.mkdir(parents=True, exist_ok=True)
    info.unlink(missing_ok=True)
    tokenized = in_order(_tokenize, shards, build.workers, _start_worker, (build.tokenizer, build.max_tokens))
    too_long = _write(folder, tqdm(tokenized, f"{build.split} to tokens", total=len(shards), unit="shard"))
    write_text(info, json.dumps({"format": _FORMAT, "digest": digest, "too_long": too_long}))
    return TokenStore(folder)


def _write(folder: Path, tokenized: Iterator[_ShardTokens]) -> int:
    """Append what the workers hand over; returns how many sentences were too long."""
    start = too_long = 0
    names = ("ids.bin", "word_positions.bin", "sentences.bin")
    with (folder / names[0]).open("wb") as ids, (folder / names[1]).open("wb") as positions, (folder / names[2]).open("wb") as sentences:
        for shard in tokenized:
            shard.ids.tofile(ids)
            shard.word_positions.tofile(positions)
            starts = start + np.cumsum(shard.lengths) - shard.lengths
            np.stack([starts, shard.phoneme_tokens], axis=1).astype(np.int64).tofile(sentences)
            start += int(shard.lengths.sum())
            too_long += shard.too_long
        np.array([[start, 0]], np.int64).tofile(sentences)
    return too_long


_tokenizer: PngTokenizer | None = None  # one a process
_max_tokens = 0


def _start_worker(tokenizer: Path, max_tokens: int) -> None:
    global _tokenizer, _max_tokens
    _tokenizer, _max_tokens = PngTokenizer.load(tokenizer), max_tokens


def _tokenize(shard: Path) -> _ShardTokens:
    encoded = [_tokenizer.encode(utterance) for utterance in read_shard(shard)]
    kept = [tokens for tokens in encoded if len(tokens.ids) <= _max_tokens]
    return _ShardTokens(
        ids=np.concatenate([np.zeros(0, np.uint16), *(tokens.ids.astype(np.uint16) for tokens in kept)]),
        word_positions=np.concatenate([np.zeros(0, np.uint16), *(tokens.word_positions.astype(np.uint16) for tokens in kept)]),
        lengths=np.array([len(tokens.ids) for tokens in kept], np.int64),
        phoneme_tokens=np.array([tokens.num_phoneme_tokens for tokens in kept], np.int64),
        too_long=len(encoded) - len(kept),
    )
