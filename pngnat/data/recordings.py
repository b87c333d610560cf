"""The recordings of corpora, of which only what chooses them is in memory: a recording is read when it is drawn.

Folders of `pngnat prepare` are parsed whole; those in shards (`pngnat bulk shards`) have an index, see `shar_corpus`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

import numpy as np

from pngnat.data.corpus import SPLITS, Recording, read_corpus
from pngnat.data.shar_corpus import SharCorpus, is_shar
from pngnat.errors import PngnatError


@dataclass(frozen=True)
class Recordings(Sequence[Recording]):
    """Recordings that are read one by one, with what must be known of all of them.

    sources: whole corpora. source, place: (n,) which of them a recording is in, and where there. seconds: (n,) float32.
    speaker: (n,) indices of `names`. split: (n,) indices of SPLITS. shard: (n,) numbers of the shards that they lie in, over all sources.
    """

    sources: tuple[Sequence[Recording], ...]
    names: tuple[str, ...]
    source: np.ndarray
    place: np.ndarray
    seconds: np.ndarray
    speaker: np.ndarray
    split: np.ndarray
    shard: np.ndarray

    def __len__(self) -> int:
        return len(self.place)

    @overload
    def __getitem__(self, index: int) -> Recording: ...

    @overload
    def __getitem__(self, index: slice) -> Recordings: ...

    def __getitem__(self, index: int | slice) -> Recording | Recordings:
        if isinstance(index, slice):
            return self._chosen(np.arange(len(self))[index])
        return self.sources[self.source[index]][int(self.place[index])]

    def __iter__(self) -> Iterator[Recording]:
        return (self[index] for index in range(len(self)))

    def part(self, split: str) -> Recordings:
        """Those of a split."""
        return self._chosen(np.flatnonzero(self.split == SPLITS.index(split)))

    @property
    def speakers(self) -> list[str]:
        """Their speakers' names, in alphabetical order."""
        return sorted({self.names[index] for index in np.unique(self.speaker)})

    @property
    def is_sharded(self) -> bool:
        """Whether some lie in shards, which should be read one after the other."""
        return any(isinstance(source, SharCorpus) for source in self.sources)

    def _chosen(self, rows: np.ndarray) -> Recordings:
        columns = ("source", "place", "seconds", "speaker", "split", "shard")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})


# Of a corpus that is in memory: as many recordings make a shard as of one on disk.
_SHARD = 1000


def open_corpora(folders: Sequence[str | Path]) -> Recordings:
    """The recordings of prepared corpora, in folders or in shards, one after the other.

    Raises PngnatError where a folder is no prepared corpus, or is damaged.
    """
    names: dict[str, int] = {}
    sources: list[Sequence[Recording]] = []
    parts: list[dict[str, np.ndarray]] = []
    shards = 0
    for number, folder in enumerate(folders):
        corpus: Sequence[Recording]
        if is_shar(Path(folder)):
            corpus = SharCorpus(Path(folder))
            index, speakers = corpus.rows, corpus.speakers
            seconds, spoken, split, shard = (np.array(index[name]) for name in ("seconds", "speaker", "split", "shard"))
        else:
            corpus = read_corpus(folder)
            speakers = sorted({recording.speaker for recording in corpus})
            rows = {name: row for row, name in enumerate(speakers)}
            seconds = np.array([recording.seconds for recording in corpus], np.float32)
            spoken = np.array([rows[recording.speaker] for recording in corpus], np.int32)
            split = np.array([_split(recording, folder) for recording in corpus], np.int8)
            shard = (np.arange(len(corpus)) // _SHARD).astype(np.int32)
        for name in speakers:
            names.setdefault(name, len(names))
        parts.append(
            {
                "source": np.full(len(corpus), number, np.int16),
                "place": np.arange(len(corpus), dtype=np.int32),
                "seconds": seconds,
                "speaker": np.array([names[name] for name in speakers], np.int32)[spoken],
                "split": split,
                "shard": shard + shards,
            }
        )
        shards += int(shard.max(initial=-1)) + 1
        sources.append(corpus)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Recordings(tuple(sources), tuple(names), **columns)


def _split(recording: Recording, folder: str | Path) -> int:
    if recording.split not in SPLITS:
        raise PngnatError(f"{folder}: {recording.id} is in the split '{recording.split}'; there are {', '.join(SPLITS)}")
    return SPLITS.index(recording.split)


def total_seconds(recordings: Sequence[Recording]) -> float:
    """How long they all are together."""
    return float(seconds_of(recordings).sum(dtype=np.float64))


def seconds_of(recordings: Sequence[Recording]) -> np.ndarray:
    """How long each is, (n,)."""
    return recordings.seconds if isinstance(recordings, Recordings) else np.array([one.seconds for one in recordings])


def speakers_of(recordings: Sequence[Recording]) -> list[str]:
    """Their speakers' names in alphabetical order, which is the order of the model's speaker table."""
    return recordings.speakers if isinstance(recordings, Recordings) else sorted({recording.speaker for recording in recordings})
