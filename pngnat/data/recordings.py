"""Recordings of corpora, read one by one: only the data by which they are chosen is in memory.

Folders of `pngnat prepare` are parsed completely; sharded corpora (`pngnat bulk shards`) have an index, see `shar`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

import numpy as np

from pngnat.data.corpus import MANIFEST, SPLITS, Recording, manifest_lines, read_manifest
from pngnat.data.shar import CUTS_PATTERN, SHARDS, SharCorpus, is_shar
from pngnat.errors import PngnatError
from pngnat.stamps import digest


def cut_lines(folder: Path) -> Iterator[str]:
    """Yield the lines of all manifests of a prepared corpus, in a folder or in shards, one cut each. Raise PngnatError
    if there is none."""
    if not is_shar(folder):
        yield from manifest_lines(folder)
        return
    for path in sorted((folder / SHARDS).glob(CUTS_PATTERN)):
        with open(path, encoding="utf-8") as lines:
            yield from lines


@dataclass(frozen=True)
class Recordings(Sequence[Recording]):
    """A sequence of recordings that are read one by one.

    sources: corpora. source, place: (n,) the corpus of a recording, and its index there. seconds: (n,) float32.
    speaker: (n,) indices of `names`. split: (n,) indices of SPLITS. shard: (n,) numbers of the shards, over all
    sources.
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
            return self.chosen(np.arange(len(self))[index])
        return self.sources[self.source[index]][int(self.place[index])]

    def __iter__(self) -> Iterator[Recording]:
        return (self[index] for index in range(len(self)))

    def part(self, split: str) -> Recordings:
        """Return the recordings of a split."""
        return self.chosen(np.flatnonzero(self.split == SPLITS.index(split)))

    def spoken_by(self, speakers: Sequence[str]) -> Recordings:
        """Return the recordings of these speakers."""
        rows = [row for row, name in enumerate(self.names) if name in speakers]
        return self.chosen(np.flatnonzero(np.isin(self.speaker, rows)))

    def chosen(self, rows: np.ndarray | Sequence[int]) -> Recordings:
        """Return the recordings at these indices, in this order."""
        places = np.asarray(rows, np.int64)
        return replace(self, **{name: getattr(self, name)[places] for name in _COLUMNS})

    @property
    def speakers(self) -> list[str]:
        """Names of the speakers, in alphabetical order."""
        return sorted({self.names[index] for index in np.unique(self.speaker)})

    @property
    def is_sharded(self) -> bool:
        """Whether some recordings lie in shards, which are fast to read in order."""
        return any(isinstance(source, SharCorpus) for source in self.sources)


_COLUMNS = ("source", "place", "seconds", "speaker", "split", "shard")
# A corpus in memory has shards of the same size as one on disk.
_SHARD = 1000


def as_recordings(recordings: Sequence[Recording]) -> Recordings:
    """Return recordings in memory as `Recordings`. Raise PngnatError for an unknown split."""
    return recordings if isinstance(recordings, Recordings) else _joined([recordings])


def open_corpora(folders: Sequence[str | Path]) -> Recordings:
    """Return the recordings of prepared corpora, in folders or in shards.

    Raises PngnatError if a folder is not a prepared corpus, or is damaged.
    """
    return _joined([SharCorpus(Path(folder)) if is_shar(Path(folder)) else read_manifest(folder) for folder in folders])


def read_corpus(folder: str | Path, split: str | None = None, speakers: Sequence[str] | None = None) -> Recordings:
    """Return the recordings of a prepared corpus, or of one split ("train", "valid", "test"), in order.

    speakers: their names; None is all. Sound files are named, not opened. Raises PngnatError as `open_corpora` does,
    and if no recording is left.
    """
    recordings, where = open_corpora([folder]), f" in the split '{split}'" if split else ""
    if split is not None:
        recordings = recordings.part(split)
    if not recordings:
        raise PngnatError(f"{folder} has no recordings{where}")
    if speakers is not None and not (recordings := recordings.spoken_by(speakers)):
        raise PngnatError(f"{folder} has recordings of none of the speakers {', '.join(speakers)}{where}")
    return recordings


def is_corpus(folder: str | Path) -> bool:
    """Return whether a folder holds a prepared corpus."""
    return (Path(folder) / MANIFEST).is_file() or is_shar(Path(folder))


def corpus_digest(folder: str | Path) -> str:
    """Return a digest of a corpus. Raise PngnatError if it cannot be read."""
    return digest(*(SharCorpus(Path(folder)).files if is_shar(Path(folder)) else [Path(folder) / MANIFEST]))


def _joined(sources: Sequence[Sequence[Recording]]) -> Recordings:
    names: dict[str, int] = {}
    parts: list[dict[str, np.ndarray]] = []
    shards = 0
    for number, corpus in enumerate(sources):
        if isinstance(corpus, SharCorpus):
            speakers = corpus.speakers
            seconds, spoken, split, shard = (
                np.array(corpus.rows[name]) for name in ("seconds", "speaker", "split", "shard")
            )
        else:
            speakers = sorted({recording.speaker for recording in corpus})
            rows = {name: row for row, name in enumerate(speakers)}
            seconds = np.array([recording.seconds for recording in corpus], np.float32)
            spoken = np.array([rows[recording.speaker] for recording in corpus], np.int32)
            split = np.array([_split(recording) for recording in corpus], np.int8)
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
    columns = {name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS}
    return Recordings(tuple(sources), tuple(names), **columns)


def _split(recording: Recording) -> int:
    if recording.split not in SPLITS:
        raise PngnatError(f"{recording.path}: is in the split '{recording.split}'; there are {', '.join(SPLITS)}")
    return SPLITS.index(recording.split)


def total_seconds(recordings: Sequence[Recording]) -> float:
    """Return the total duration."""
    return float(as_recordings(recordings).seconds.sum(dtype=np.float64))
