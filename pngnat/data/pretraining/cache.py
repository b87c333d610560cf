"""A cache of the utterances of a text on disk, computed by parallel processes in constant memory.

The cache is a folder with `train/` and `held_out/`. The name of a shard holds its number and a digest of its text and
of the front end: a shard that is there is reused, and a changed text or front end gives a new one. `shards.json` is
written last.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pngnat.text
from pngnat.data.corpus import utterance_from_dict, utterance_to_dict
from pngnat.data.pretraining.sources import Passage, TextSource
from pngnat.errors import PngnatError
from pngnat.files import atomic_write, write_text
from pngnat.stamps import digest, log_rebuild, refresh_stamp
from pngnat.text.frontend import Frontend
from pngnat.text.lexicon import load_lexicon
from pngnat.text.utterance import Utterance
from pngnat.workers.pool import Workers
from pngnat.workers.sharded import ShardedFolder, compute_missing

SPLITS = ("train", "held_out")
# Names the shards, and is written last.
_SHARDS = "shards.json"
_SUFFIX = ".jsonl.gz"
_FORMAT = 2


@dataclass(frozen=True)
class CorpusBuild:
    """Settings of a cache."""

    folder: Path
    """Its folder."""
    workers: Workers = field(default_factory=Workers)
    """Workers that compute its shards."""
    shard_characters: int = 500_000
    """Characters of a shard: the most that an interruption costs a worker."""
    lexicon: Path | None = None
    """A file of pronunciations, see `load_lexicon`."""

    def shards(self, split: str) -> ShardedFolder:
        """Return the folder of the shards of a split."""
        return ShardedFolder(self.folder / split, _SUFFIX)


@dataclass(frozen=True)
class TextShard:
    """The text of one shard. number: its index among the shards of both splits. path: its file in the cache."""

    number: int
    path: Path
    passages: tuple[Passage, ...]

    @property
    def characters(self) -> int:
        """The number of characters."""
        return sum(len(passage.text) for passage in self.passages)


def build_cache(sources: Sequence[TextSource], build: CorpusBuild) -> bool:
    """Compute the missing shards of a cache, with a progress bar, and return whether the cache is complete.

    It is not complete while shards of other partitions are missing. Raises PngnatError for a text that cannot be read,
    and for a folder of another version.
    """
    from tqdm import tqdm

    front_end = frontend_digest(build.lexicon)
    texts = [source.fingerprint() for source in sources]
    provenance = {
        "format": _FORMAT,
        "front_end": front_end,
        "sources": texts,
        "shard_characters": build.shard_characters,
    }
    if refresh_stamp(build.folder, provenance, _SHARDS):
        if not (damage := _damage(build.folder)):
            return True
        log_rebuild(build.folder, damage)
    for split in SPLITS:
        (build.folder / split).mkdir(parents=True, exist_ok=True)
    names: dict[str, list[str]] = {split: [] for split in SPLITS}

    with tqdm(unit="char", unit_scale=True, desc="text to phonemes") as bar:

        def named() -> Iterator[TextShard]:
            for shard in _text_shards(sources, build, front_end):
                names[shard.path.parent.name].append(shard.path.name)
                if shard.path.exists():
                    bar.update(shard.characters)
                yield shard

        lexicon = load_lexicon(build.lexicon) if build.lexicon else None
        for _, result in compute_missing(
            ShardMaker, (lexicon,), named(), build.workers, lambda shard: shard.path.exists()
        ):
            if isinstance(result, Exception):
                raise result
            bar.update(result)
    if not names["train"]:
        raise PngnatError("the text sources hold no text to train on: look at their patterns and held-out spans")
    return _finish(build, names)


def _finish(build: CorpusBuild, names: Mapping[str, list[str]]) -> bool:
    """If all shards are there, write their names and remove stale shards. Return whether they are."""
    if not all(build.shards(split).has(name) for split in SPLITS for name in names[split]):
        return False
    for split in SPLITS:
        build.shards(split).drop_stale(names[split])
    write_text(build.folder / _SHARDS, json.dumps(names, indent=1))
    return True


def _damage(folder: Path) -> str:
    """Return the damage of a finished cache, or an empty string."""
    try:
        missing = [shard for split in SPLITS for shard in cached_shards(folder, split) if not shard.exists()]
    except PngnatError:
        return f"{_SHARDS} is damaged"
    return f"{missing[0]} is missing" if missing else ""


def cached_shards(folder: Path, split: str) -> list[Path]:
    """Return the shards of a finished cache, in order. Raise PngnatError if it is unfinished."""
    try:
        return [folder / split / name for name in json.loads((folder / _SHARDS).read_text())[split]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PngnatError(f"{folder} holds no finished cache of utterances: run the preparation again") from error


def cached_utterances(folder: Path, split: str, most: int | None = None) -> Iterator[Utterance]:
    """Yield the utterances of a split of a finished cache, in order: all, or those of `most` evenly spread shards."""
    shards = cached_shards(folder, split)
    count = len(shards) if most is None else min(most, len(shards))
    for place in range(count):
        yield from read_shard(shards[place * len(shards) // count])


def frontend_digest(lexicon: Path | None) -> str:
    """Return a digest of the front end's code and data and of the lexicon: if it changes, phonemes may change."""
    root = Path(pngnat.text.__file__).parent
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return digest(*(part for path in [*files, *([lexicon] if lexicon else [])] for part in (path.name, path)))


def _text_shards(sources: Iterable[TextSource], build: CorpusBuild, front_end: str) -> Iterator[TextShard]:
    """Yield the text in shards of about `shard_characters`, for each split apart."""
    waiting: dict[str, list[Passage]] = {split: [] for split in SPLITS}
    sizes, counts = dict.fromkeys(SPLITS, 0), dict.fromkeys(SPLITS, 0)

    def shard(split: str) -> TextShard:
        passages, folder = tuple(waiting[split]), build.shards(split)
        path = folder.path(folder.name(counts[split], front_end, *map(asdict, passages)))
        waiting[split], sizes[split] = [], 0
        counts[split] += 1
        return TextShard(sum(counts.values()) - 1, path, passages)

    for source in sources:
        for passage in source.passages():
            split = SPLITS[passage.held_out]
            waiting[split].append(passage)
            sizes[split] += len(passage.text)
            if sizes[split] >= build.shard_characters:
                yield shard(split)
    yield from (shard(split) for split in SPLITS if waiting[split])


_NO_MARKUP = str.maketrans("[]{}", "()()")  # a book's brackets are not the front end's markup


class ShardMaker:
    """A worker that writes shards. Each process has one, because a front end reads the dictionary."""

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None) -> None:
        self._frontend = Frontend(lexicon)

    def __call__(self, shard: TextShard) -> int:
        """Write a shard, and return the characters of its text."""
        write_shard(shard.path, self._utterances(shard))
        return shard.characters

    def _utterances(self, shard: TextShard) -> Iterator[Utterance]:
        for passage in shard.passages:
            try:
                yield from self._frontend.utterances(
                    passage.text if passage.markup else passage.text.translate(_NO_MARKUP)
                )
            except Exception as error:
                raise PngnatError(f"the front end fails ({error!r}) on: {passage.text[:300]}") from error


def write_shard(path: Path, utterances: Iterable[Utterance]) -> None:
    """Write a shard atomically, one utterance a line."""
    with atomic_write(path) as beside, open(beside, "wb") as file:
        # Without a name and a time: shards of the same text have the same bytes. Level 9 takes twice as long for 1 %.
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            for utterance in utterances:
                packed.write(json.dumps(utterance_to_dict(utterance), ensure_ascii=False).encode() + b"\n")


def read_shard(path: Path) -> Iterator[Utterance]:
    """Yield the utterances of a shard, in order. Raise PngnatError if the file is missing or damaged."""
    try:
        if not path.stat().st_size:
            raise EOFError("it is empty")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield utterance_from_dict(json.loads(line))
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PngnatError(
            f"the cached utterances {path} cannot be read ({error}): delete the file and prepare the text again"
        ) from error
