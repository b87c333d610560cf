"""Text to a cache of utterances on disk, in parallel processes, at flat memory, and from where it stopped.

The cache is a folder with `train/` and `held_out/`, each with shards named by their place and by what they were made
from: a shard that is there already is not made again, and where text or front end have changed there is a new one.
`shards.json` is written last."""

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
from pngnat.workers.run import run_shards

SPLITS = ("train", "held_out")
# Names the shards, and is written last.
_SHARDS = "shards.json"
_SUFFIX = ".jsonl.gz"
_FORMAT = 2


@dataclass(frozen=True)
class CorpusBuild:
    """How a cache is built.

    folder: where. workers: who does the work. shard_characters: text of one shard, the most that an interruption costs
    a worker.
    lexicon: a file of the user's pronunciations (see load_lexicon).
    """

    folder: Path
    workers: Workers = field(default_factory=Workers)
    shard_characters: int = 500_000
    lexicon: Path | None = None


@dataclass(frozen=True)
class Chunk:
    """The text of one shard. number: its place among those of both splits."""

    number: int
    path: Path
    passages: tuple[Passage, ...]

    @property
    def characters(self) -> int:
        """How many characters of text."""
        return sum(len(passage.text) for passage in self.passages)


def build_cache(sources: Sequence[TextSource], build: CorpusBuild) -> bool:
    """Make what is missing of the cache, with a progress bar; nothing where it is finished and its sources are
    unchanged.

    Returns whether it is finished, which it is not while shards of other shares are missing.

    Raises PngnatError for text that cannot be read, and for a folder that another version made.
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

        def missing() -> Iterator[Chunk]:
            for chunk in _chunks(sources, build, front_end):
                names[chunk.path.parent.name].append(chunk.path.name)
                if chunk.path.exists():
                    bar.update(chunk.characters)
                else:
                    yield chunk

        lexicon = load_lexicon(build.lexicon) if build.lexicon else None
        for _, result in run_shards(ShardMaker, (lexicon,), build.workers.mine(missing()), build.workers):
            if isinstance(result, Exception):
                raise result
            bar.update(result)
    if not names["train"]:
        raise PngnatError("the text sources hold no text to train on: look at their patterns and held-out spans")
    return _finish(build.folder, names)


def _finish(folder: Path, names: Mapping[str, list[str]]) -> bool:
    """Name the shards of a cache where all are there, and remove others."""
    if not all((folder / split / name).exists() for split in SPLITS for name in names[split]):
        return False
    for split in SPLITS:
        for stale in {path.name for path in (folder / split).glob(f"*{_SUFFIX}")} - set(names[split]):
            (folder / split / stale).unlink(missing_ok=True)  # two shares may end at once
    write_text(folder / _SHARDS, json.dumps(names, indent=1))
    return True


def _damage(folder: Path) -> str:
    """What is wrong with a finished cache, nothing where it is whole."""
    try:
        missing = [shard for split in SPLITS for shard in cached_shards(folder, split) if not shard.exists()]
    except PngnatError:
        return f"{_SHARDS} is damaged"
    return f"{missing[0]} is missing" if missing else ""


def cached_shards(folder: Path, split: str) -> list[Path]:
    """The shards of a finished cache, in order. Raises PngnatError where it is unfinished."""
    try:
        return [folder / split / name for name in json.loads((folder / _SHARDS).read_text())[split]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PngnatError(f"{folder} holds no finished cache of utterances: run the preparation again") from error


def cached_utterances(folder: Path, split: str, most: int | None = None) -> Iterator[Utterance]:
    """All utterances of one split of a finished cache, in the order of the text, or those of `most` shards, evenly
    spread over all."""
    shards = cached_shards(folder, split)
    count = len(shards) if most is None else min(most, len(shards))
    for place in range(count):
        yield from read_shard(shards[place * len(shards) // count])


def frontend_digest(lexicon: Path | None) -> str:
    """Other digits where the front end's code, data or lexicon are others: then phonemes may be."""
    root = Path(pngnat.text.__file__).parent
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return digest(*(part for path in [*files, *([lexicon] if lexicon else [])] for part in (path.name, path)))


def _chunks(sources: Iterable[TextSource], build: CorpusBuild, front_end: str) -> Iterator[Chunk]:
    """The text in pieces of about `shard_characters`, each split apart; the shards' names tell text and front end."""
    waiting: dict[str, list[Passage]] = {split: [] for split in SPLITS}
    sizes, counts = dict.fromkeys(SPLITS, 0), dict.fromkeys(SPLITS, 0)

    def chunk(split: str) -> Chunk:
        passages = tuple(waiting[split])
        name = f"{counts[split]:06d}-{digest(front_end, *map(asdict, passages))}{_SUFFIX}"
        waiting[split], sizes[split] = [], 0
        counts[split] += 1
        return Chunk(sum(counts.values()) - 1, build.folder / split / name, passages)

    for source in sources:
        for passage in source.passages():
            split = SPLITS[passage.held_out]
            waiting[split].append(passage)
            sizes[split] += len(passage.text)
            if sizes[split] >= build.shard_characters:
                yield chunk(split)
    yield from (chunk(split) for split in SPLITS if waiting[split])


_NO_MARKUP = str.maketrans("[]{}", "()()")  # a book's brackets are not the front end's markup


class ShardMaker:
    """Makes one shard at a time. Each worker process has one, since building a front end reads the dictionary."""

    def __init__(self, lexicon: Mapping[str, tuple[str, ...]] | None) -> None:
        self._frontend = Frontend(lexicon)

    def __call__(self, chunk: Chunk) -> int:
        """The shard's characters of text, once it is written."""
        write_shard(chunk.path, self._utterances(chunk))
        return chunk.characters

    def _utterances(self, chunk: Chunk) -> Iterator[Utterance]:
        for passage in chunk.passages:
            try:
                yield from self._frontend.utterances(
                    passage.text if passage.markup else passage.text.translate(_NO_MARKUP)
                )
            except Exception as error:
                raise PngnatError(f"the front end fails ({error!r}) on: {passage.text[:300]}") from error


def write_shard(path: Path, utterances: Iterable[Utterance]) -> None:
    """Write a shard, one utterance a line, whole or not at all."""
    with atomic_write(path) as beside, open(beside, "wb") as file:
        # Without a name and a time, which a shard of the same text shall not differ by; 9, the usual level, takes twice
        # as long for 1 %.
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            for utterance in utterances:
                packed.write(json.dumps(utterance_to_dict(utterance), ensure_ascii=False).encode() + b"\n")


def read_shard(path: Path) -> Iterator[Utterance]:
    """The utterances of a shard, in order. Raises PngnatError where the file is missing or damaged."""
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
