"""The preparation of a pre-training text: a cache of utterances, a tokenizer, two token stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pngnat.data.pretraining.cache import CorpusBuild, build_cache, cached_utterances
from pngnat.data.pretraining.sources import TextSource
from pngnat.data.pretraining.tokens import StoreBuild, TokenStore, build_store
from pngnat.errors import PngnatError
from pngnat.text.tokenizer import PngTokenizer
from pngnat.workers.pool import WorkerSettings, alone_on_this_machine, node_partition


@dataclass(frozen=True)
class PreparedText:
    """A prepared text. train, held_out: the sentences as tokens of `tokenizer`."""

    tokenizer: PngTokenizer
    train: TokenStore
    held_out: TokenStore


@dataclass(frozen=True)
class PretrainingText(WorkerSettings):
    """Settings of a pre-training text."""

    sources: Mapping[str, TextSource]
    """Sources by name, in reading order; `_target_` names a class of pngnat.data.pretraining."""
    folder: str
    """Folder of the prepared text; runs on the same text share it, and finished parts are reused."""
    tokenizer: str | None = None
    """Folder with tokenizer.json; null trains a tokenizer on the text. A model that continues on this text needs the
    same ids."""
    vocabulary_size: int = 4096
    """Ids of a trained tokenizer: 4096 for millions of words, 8192 for a Wikipedia."""
    tokenizer_shards: int = 600
    """Shards of the text for training a tokenizer, evenly spread: some 50 million words."""
    max_tokens: int = 768
    """Sentences with more tokens, which the front end could not split into clauses, are left out and counted."""
    shard_characters: int = 500_000
    """Characters of a shard: the most that an interruption costs a worker."""
    lexicon: str | None = None
    """File of pronunciations that take precedence over the dictionary."""

    def prepare(self) -> PreparedText:
        """Prepare the missing parts; a stopped preparation continues.

        On a machine, one process prepares while the others wait. Of several machines, each prepares its partition, and
        then the shards that are still missing, because another machine is slow or has a folder of its own. Raises
        PngnatError for a text that cannot be read, and while shards of other partitions are missing.
        """
        folder, own = Path(self.folder), replace(self, shard=node_partition())
        utterances = folder / "utterances"
        with alone_on_this_machine(folder):
            if not own.phonemize() and not self.phonemize():
                raise PngnatError(f"shares of the text in {utterances} are missing: prepare them first")
            tokenizer = (
                Path(self.tokenizer) if self.tokenizer else self._train_tokenizer(folder / "tokenizer", utterances)
            )
            stores = {
                split: build_store(
                    folder / "tokens" / split, StoreBuild(utterances, split, tokenizer, self.max_tokens, own.pool)
                )
                for split in ("train", "held_out")
            }
        return PreparedText(PngTokenizer.load(tokenizer), **stores)

    def phonemize(self) -> bool:
        """Compute the missing shards of this partition of the cache; return whether all shards are there."""
        lexicon = Path(self.lexicon) if self.lexicon else None
        build = CorpusBuild(Path(self.folder) / "utterances", self.pool, self.shard_characters, lexicon)
        return build_cache(list(self.sources.values()), build)

    def _train_tokenizer(self, folder: Path, utterances: Path) -> Path:
        if not (folder / "tokenizer.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            PngTokenizer.train(
                cached_utterances(utterances, "train", self.tokenizer_shards), self.vocabulary_size
            ).save(folder)
        return folder
