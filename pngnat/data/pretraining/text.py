"""From text sources to what pre-training reads: a cache of utterances, a tokenizer, two stores of tokens."""

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
    """train, held_out: the sentences as tokens of `tokenizer`."""

    tokenizer: PngTokenizer
    train: TokenStore
    held_out: TokenStore


@dataclass(frozen=True)
class PretrainingText(WorkerSettings):
    """The text to pre-train on."""

    sources: Mapping[str, TextSource]
    """By name, in the order in which they are read; each a class of pngnat.data.pretraining, named by its
    `_target_`."""
    folder: str
    """Where all that is made of them is kept, shared by runs on the same text; what is finished is not made again."""
    tokenizer: str | None = None
    """Folder with tokenizer.json; null trains one on the text and keeps it: a model that goes on with the folder's text
    must not meet other ids."""
    vocabulary_size: int = 4096
    """Ids of a tokenizer that is trained: 4096 for millions of words, 8192 for a Wikipedia."""
    tokenizer_shards: int = 600
    """Shards of the text that a tokenizer is trained on, evenly spread over all: some 50 million words."""
    max_tokens: int = 768
    """Longer sentences, which the front end found no clause to split at, are left out and counted."""
    shard_characters: int = 500_000
    """The most that an interruption costs a worker."""
    lexicon: str | None = None
    """File of pronunciations that win over the dictionary."""

    def prepare(self) -> PreparedText:
        """Make what is missing; a stopped preparation goes on where it stopped.

        Of several processes on a machine, one does it and the others wait. Of several machines, each makes its share,
        and then what is still missing, be it that another one is slow, or that their folders are not the same.

        Raises PngnatError for text that cannot be read, and while shares of others are missing.
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
        """Make what is missing of this share of the cache of utterances; returns whether all shares are there."""
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
