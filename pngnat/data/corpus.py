"""A prepared corpus: a folder with sound, words, phonemes and their times, as a lhotse manifest.

`cuts.jsonl.gz` holds one cut an utterance; `audio/SPEAKER/ID.flac` its sound, mono, with the ends trimmed. A cut's one
supervision has the normalized text, the speaker, the alignments "phoneme" (each token of the phoneme segment) and
"word", and in `custom` the split, the utterance and what was measured when it was prepared."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.audio import wav
from pngnat.data.segments import Segment, WordSpan
from pngnat.errors import PngnatError
from pngnat.files import atomic_write
from pngnat.text.utterance import Boundary, Utterance, Word

MANIFEST = "cuts.jsonl.gz"
SPLITS = ("train", "valid", "test")


@dataclass
class Recording:
    """One aligned utterance of a prepared corpus.

    path: its sound file. span: where its sound begins in that file, and how many bytes it has; None where it is the
    whole file.
    durations: seconds of the N phoneme-segment tokens, float32 (N,); their sum is the sound's length.
    symbols: those tokens. words: W spans. measures: what `checks.measure` found in the original sound.
    """

    id: str
    speaker: str
    split: str
    path: Path
    utterance: Utterance
    durations: np.ndarray
    symbols: tuple[str, ...] = ()
    words: tuple[WordSpan, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    span: tuple[int, int] | None = None

    def sound(self, sample_rate: int) -> np.ndarray:
        """Its sound as mono at `sample_rate` Hz, float32 (S,). Raises PngnatError as `wav.read` does."""
        return wav.read(self.path, sample_rate, self.span)

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return float(self.durations.sum(dtype=np.float64))


def read_manifest(folder: str | Path) -> list[Recording]:
    """The recordings of a corpus in a folder, in the manifest's order; `recordings.read_corpus` takes corpora in
    shards, too.

    Raises PngnatError where the folder is no prepared corpus, or is damaged.
    """
    folder = Path(folder)
    try:
        return [recording_of(json.loads(line), folder) for line in manifest_lines(folder)]
    except (ValueError, LookupError, TypeError) as error:
        raise PngnatError(f"{folder / MANIFEST} is damaged ({error!r}); prepare the corpus again") from error


def recording_of(cut: Mapping[str, Any], folder: Path) -> Recording:
    """A recording of its cut. Raises LookupError, TypeError or ValueError where the cut is none of a prepared
    corpus."""
    supervision = cut["supervisions"][0]
    tokens = [_item(item) for item in supervision["alignment"]["phoneme"]]
    return Recording(
        id=cut["id"],
        speaker=supervision["speaker"],
        split=supervision["custom"]["split"],
        path=folder / cut["recording"]["sources"][0]["source"],
        utterance=utterance_from_dict(supervision["custom"]["utterance"]),
        durations=np.array([duration for _, _, duration, _ in tokens], dtype=np.float32),
        symbols=tuple(symbol for symbol, _, _, _ in tokens),
        words=tuple(WordSpan(*_item(item)) for item in supervision["alignment"]["word"]),
        measures=supervision["custom"].get("measures", {}),
    )


def _item(item: list | Mapping[str, Any]) -> tuple[str, float, float, float | None]:
    """An alignment item, which lhotse writes as a list with or without a score."""
    if isinstance(item, Mapping):
        return item["symbol"], item["start"], item["duration"], item.get("score")
    symbol, start, duration, *score = item
    return symbol, start, duration, score[0] if score else None


@dataclass(frozen=True)
class Prepared:
    """What preparing one recording gave. source: the sound's place in the folder. samples: its length. segments: N
    tokens that fill it."""

    id: str
    speaker: str
    split: str
    source: str
    sample_rate: int
    samples: int
    utterance: Utterance
    segments: tuple[Segment, ...]
    words: tuple[WordSpan, ...]
    measures: Mapping[str, Any]


def cut_dict(prepared: Prepared) -> dict[str, Any]:
    """A recording as a lhotse MonoCut, in the form in which lhotse writes it."""
    from lhotse import AudioSource, MonoCut, SupervisionSegment
    from lhotse import Recording as Sound
    from lhotse.supervision import AlignmentItem

    seconds = prepared.samples / prepared.sample_rate
    sources = [AudioSource("file", [0], prepared.source)]
    sound = Sound(prepared.id, sources, prepared.sample_rate, prepared.samples, seconds, channel_ids=[0])
    alignment = {
        "phoneme": [AlignmentItem(s.symbol, s.start, s.duration, s.score) for s in prepared.segments],
        "word": [AlignmentItem(w.text, w.start, w.duration, w.score) for w in prepared.words],
    }
    custom = {
        "split": prepared.split,
        "utterance": utterance_to_dict(prepared.utterance),
        "measures": dict(prepared.measures),
    }
    supervision = SupervisionSegment(
        id=prepared.id,
        recording_id=prepared.id,
        start=0.0,
        duration=seconds,
        text=prepared.utterance.text,
        language="English",
        speaker=prepared.speaker,
        alignment=alignment,
        custom=custom,
    )
    return MonoCut(prepared.id, 0.0, seconds, 0, [supervision], recording=sound).to_dict()


def manifest_lines(folder: Path) -> Iterator[str]:
    """The lines of a prepared corpus's manifest, a cut each. Raises PngnatError where there is none, or it is
    damaged."""
    if not (folder / MANIFEST).is_file():
        raise PngnatError(
            f"{folder} is no prepared corpus: it has no {MANIFEST}; make one with: pngnat prepare RECORDINGS --out CORPUS"
        )
    try:
        with gzip.open(folder / MANIFEST, "rt", encoding="utf-8") as lines:
            yield from lines
    except (OSError, EOFError, ValueError) as error:
        raise PngnatError(f"{folder / MANIFEST} is damaged ({error!r}); prepare the corpus again") from error


def write_manifest(folder: Path, cuts: Iterable[Mapping[str, Any]]) -> None:
    """Write `cuts.jsonl.gz`, beside and renamed. Raises PngnatError where the folder cannot be written."""
    with atomic_write(Path(folder) / MANIFEST) as beside, gzip.open(beside, "wt", encoding="utf-8") as file:
        for cut in cuts:
            file.write(json.dumps(cut, ensure_ascii=False) + "\n")


def utterance_to_dict(utterance: Utterance) -> dict[str, Any]:
    """An utterance as JSON can hold it."""
    return {
        "words": [[word.text, " ".join(word.phonemes)] for word in utterance.words],
        # A pace is rare, and what an older version wrote has none.
        "boundaries": [
            [b.marks, b.pause] if b.pace is None else [b.marks, b.pause, b.pace] for b in utterance.boundaries
        ],
        "ends_paragraph": utterance.ends_paragraph,
    }


def utterance_from_dict(content: Mapping[str, Any]) -> Utterance:
    """What utterance_to_dict wrote. Raises ValueError, LookupError or TypeError where it is something else."""
    return Utterance(
        tuple(Word(text, tuple(phonemes.split())) for text, phonemes in content["words"]),
        tuple(Boundary(*boundary) for boundary in content["boundaries"]),
        content.get("ends_paragraph", False),
    )
