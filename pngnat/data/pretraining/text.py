"""From text sources to what pre-training reads: a cache of utterances, a tokenizer, two stores of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pngnat.data.pretraining.cache import CorpusBuild, build_cache, cached_utterances
from pngnat.data.pretraining.sources import TextSource
from pngnat.data.pretraining.tokens import StoreBuild, TokenStore, build_store
from pngnat.text.tokenizer import PngTokenizer


@dataclass(frozen=True)
class PreparedText:
    """train, held_out: the sentences as tokens of `tokenizer`."""

    tokenizer: PngTokenizer
    train: TokenStore
    held_out: TokenStore


@dataclass(frozen=True)
class PretrainingText:
    """The text to pre-train on.

    sources: by name, in the order in which they are read. folder: where all that is made of them is kept; what is finished is not made
    again. tokenizer: folder with tokenizer.json, null for one that is trained on the text, with vocabulary_size ids in all, and then
    kept: a model that goes on with the folder's text must not meet other ids.
    workers: processes. max_tokens: longer sentences, which the front end found no clause to split at, are left out and counted.
    lexicon: the user's pronunciations.
    """

    sources: Mapping[str, TextSource]
    folder: str
    tokenizer: str | None = None
    vocabulary_size: int = 8192
    workers: int = 1
    max_tokens: int = 768
    shard_characters: int = 500_000
    lexicon: str | None = None

    def prepare(self) -> PreparedText:
        """Make what is missing; a stopped preparation goes on where it stopped. Raises PngnatError for text that cannot be read."""
        folder = Path(self.folder)
        utterances = folder / "utterances"
        lexicon = Path(self.lexicon) if self.lexicon else None
        build_cache(list(self.sources.values()), CorpusBuild(utterances, self.workers, self.shard_characters, lexicon))
        tokenizer = Path(self.tokenizer) if self.tokenizer else self._train_tokenizer(folder / "tokenizer", utterances)
        stores = {
            split: build_store(folder / "tokens" / split, StoreBuild(utterances, split, tokenizer, self.max_tokens, self.workers))
            for split in ("train", "held_out")
        }
        return PreparedText(PngTokenizer.load(tokenizer), **stores)

    def _train_tokenizer(self, folder: Path, utterances: Path) -> Path:
        if not (folder / "tokenizer.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            PngTokenizer.train(cached_utterances(utterances, "train"), self.vocabulary_size).save(folder)
        return folder
