"""Text to a cache of utterances on disk, in parallel processes, at flat memory, and from where it stopped.

The cache is a folder with `train/` and `held_out/`, each with shards named by their place and by what they were made from: a shard that
is there already is not made again, and where text or front end have changed there is a new one. `cache.json` is written last.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import pngnat.text
from pngnat.data.pretraining.sources import Passage, TextSource
from pngnat.data.pretraining.utterance_codec import read_shard, write_shard
from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.text.frontend import Frontend, load_lexicon
from pngnat.text.utterance import Utterance

SPLITS = ("train", "held_out")
_MANIFEST = "cache.json"
_FORMAT = 1


@dataclass(frozen=True)
class CorpusBuild:
    """How a cache is built.

    folder: where. workers: processes; 1 works in this one. shard_characters: text of one shard, the most that an interruption costs
    a worker. lexicon: a file of the user's pronunciations (see load_lexicon).
    """

    folder: Path
    workers: int = 1
    shard_characters: int = 500_000
    lexicon: Path | None = None


@dataclass(frozen=True)
class Chunk:
    """The text of one shard."""

    path: Path
    passages: tuple[Passage, ...]

    @property
    def characters(self) -> int:
        return sum(len(passage.text) for passage in self.passages)


def in_order(work: Callable, items: Iterable, workers: int, initializer: Callable, arguments: tuple) -> Iterator:
    """work(item) of each item, in order, by `workers` processes, with only a few items in memory at a time."""
    if workers <= 1:
        initializer(*arguments)
        yield from map(work, items)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer, arguments) as pool:
        pending: deque[Future] = deque()
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def build_cache(sources: Sequence[TextSource], build: CorpusBuild) -> None:
    """Make what is missing of the cache, with a progress bar; nothing where it is finished and its sources are unchanged.

    Raises PngnatError for text that cannot be read.
    """
    from tqdm import tqdm

    manifest = build.folder / _MANIFEST
    frontend = frontend_digest(build.lexicon)
    made_from = [source.fingerprint() for source in sources] + [frontend, build.shard_characters]
    if manifest.exists() and json.loads(manifest.read_text()).get("made_from") == json.loads(json.dumps(made_from)):
        return
    for split in SPLITS:
        (build.folder / split).mkdir(parents=True, exist_ok=True)
    manifest.unlink(missing_ok=True)
    names: dict[str, list[str]] = {split: [] for split in SPLITS}

    with tqdm(unit="char", unit_scale=True, desc="text to phonemes") as bar:

        def missing() -> Iterator[Chunk]:
            for chunk in _chunks(sources, build, frontend):
                names[chunk.path.parent.name].append(chunk.path.name)
                if chunk.path.exists():
                    bar.update(chunk.characters)
                else:
                    yield chunk

        for characters in in_order(_make_shard, missing(), build.workers, _start_worker, (build.lexicon,)):
            bar.update(characters)
    if not names["train"]:
        raise PngnatError("the text sources hold no text to train on: look at their patterns and held-out spans")
    for split in SPLITS:
        for stale in {path.name for path in (build.folder / split).glob("*.utt")} - set(names[split]):
            (build.folder / split / stale).unlink()
    write_text(manifest, json.dumps({"format": _FORMAT, "made_from": made_from, "shards": names}, indent=1))


def cached_shards(folder: Path, split: str) -> list[Path]:
    """The shards of a finished cache, in order. Raises PngnatError where it is unfinished."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise PngnatError(f"{folder} holds no finished cache of utterances: run the preparation again") from error
    if manifest.get("format") != _FORMAT:
        raise PngnatError(f"the cache {folder} comes from another version of pngnat: build it again in another folder")
    return [folder / split / name for name in manifest["shards"][split]]


def cached_utterances(folder: Path, split: str) -> Iterator[Utterance]:
    """All utterances of one split of a finished cache, in the order of the text."""
    for shard in cached_shards(folder, split):
        yield from read_shard(shard)


def frontend_digest(lexicon: Path | None) -> str:
    """A hash of the front end's code, data and lexicon: where one of them changes, phonemes may."""
    root = Path(pngnat.text.__file__).parent
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in [*files, *([lexicon] if lexicon else [])]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _chunks(sources: Iterable[TextSource], build: CorpusBuild, frontend: str) -> Iterator[Chunk]:
    """The text in pieces of about `shard_characters`, each split apart; the shards' names tell text and front end."""
    waiting: dict[str, list[Passage]] = {split: [] for split in SPLITS}
    sizes, counts = dict.fromkeys(SPLITS, 0), dict.fromkeys(SPLITS, 0)

    def chunk(split: str) -> Chunk:
        passages = tuple(waiting[split])
        content = json.dumps([frontend, *(asdict(passage) for passage in passages)]).encode()
        name = f"{counts[split]:06d}-{hashlib.sha256(content).hexdigest()[:16]}.utt"
        waiting[split], sizes[split] = [], 0
        counts[split] += 1
        return Chunk(build.folder / split / name, passages)

    for source in sources:
        for passage in source.passages():
            split = SPLITS[passage.held_out]
            waiting[split].append(passage)
            sizes[split] += len(passage.text)
            if sizes[split] >= build.shard_characters:
                yield chunk(split)
    yield from (chunk(split) for split in SPLITS if waiting[split])


_frontend: Frontend | None = None  # one a process; building it reads the dictionary
_NO_MARKUP = str.maketrans("[]{}", "()()")  # a book's brackets are not the front end's markup


def _start_worker(lexicon: Path | None) -> None:
    global _frontend
    _frontend = Frontend(load_lexicon(lexicon) if lexicon else None)


def _make_shard(chunk: Chunk) -> int:
    def utterances() -> Iterator[Utterance]:
        for passage in chunk.passages:
            try:
                yield from _frontend.utterances(passage.text if passage.markup else passage.text.translate(_NO_MARKUP))
            except Exception as error:
                raise PngnatError(f"the front end fails ({error!r}) on: {passage.text[:300]}") from error

    write_shard(chunk.path, utterances())
    return chunk.characters
