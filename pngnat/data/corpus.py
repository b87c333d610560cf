"""A prepared corpus: a folder with sounds, words, phonemes and their times, as a lhotse manifest.

`cuts.jsonl.gz` holds one cut an utterance; `audio/SPEAKER/ID.flac` its sound, mono, with trimmed ends. The supervision
of a cut has the normalized text, the speaker, the alignments "phoneme" (each token of the phoneme segment) and "word",
and in `custom` the split, the utterance and the measures of its preparation.
"""

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
    """An aligned utterance of a prepared corpus.

    path: its sound file. span: offset and bytes of its sound in that file; None is the complete file. durations:
    seconds of the N phoneme-segment tokens, float32 (N,); they add up to the duration of the sound. symbols: these
    tokens. words: W spans. measures: result of `checks.measure` for the original sound.
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
        """Read the sound as mono at `sample_rate` Hz, float32 (S,). Raise PngnatError as `wav.read` does."""
        return wav.read(self.path, sample_rate, self.span)

    @property
    def seconds(self) -> float:
        """Duration of the sound."""
        return float(self.durations.sum(dtype=np.float64))


def read_manifest(folder: str | Path) -> list[Recording]:
    """Return the recordings of a corpus in a folder, in the manifest's order. `recordings.read_corpus` reads sharded
    corpora too.

    Raises PngnatError if the folder is not a prepared corpus, or is damaged.
    """
    folder = Path(folder)
    try:
        return [recording_of(json.loads(line), folder) for line in manifest_lines(folder)]
    except (ValueError, LookupError, TypeError) as error:
        raise PngnatError(f"{folder / MANIFEST} is damaged ({error!r}); prepare the corpus again") from error


def recording_of(cut: Mapping[str, Any], folder: Path) -> Recording:
    """Return the recording of a cut. Raise LookupError, TypeError or ValueError for a cut of another kind."""
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
    """Return an alignment item, which lhotse writes as a list with or without a score."""
    if isinstance(item, Mapping):
        return item["symbol"], item["start"], item["duration"], item.get("score")
    symbol, start, duration, *score = item
    return symbol, start, duration, score[0] if score else None


@dataclass(frozen=True)
class Prepared:
    """Result of preparing a recording. source: path of the sound in the folder. samples: its length. segments: N tokens
    that fill it."""

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
    """Return a recording as a lhotse MonoCut, in the form of lhotse."""
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
    """Yield the lines of a manifest, one cut each. Raise PngnatError if it is missing or damaged."""
    if not (folder / MANIFEST).is_file():
        raise PngnatError(
            f"{folder} is no prepared corpus: it has no {MANIFEST}; make one with: pngnat prepare RECORDINGS --out "
            "CORPUS"
        )
    try:
        with gzip.open(folder / MANIFEST, "rt", encoding="utf-8") as lines:
            yield from lines
    except (OSError, EOFError, ValueError) as error:
        raise PngnatError(f"{folder / MANIFEST} is damaged ({error!r}); prepare the corpus again") from error


def write_manifest(folder: Path, cuts: Iterable[Mapping[str, Any]]) -> None:
    """Write `cuts.jsonl.gz` atomically. Raise PngnatError if the folder cannot be written."""
    with atomic_write(Path(folder) / MANIFEST) as beside, gzip.open(beside, "wt", encoding="utf-8") as file:
        for cut in cuts:
            file.write(json.dumps(cut, ensure_ascii=False) + "\n")


def utterance_to_dict(utterance: Utterance) -> dict[str, Any]:
    """Return an utterance as JSON values."""
    return {
        "words": [[word.text, " ".join(word.phonemes)] for word in utterance.words],
        # A pace is rare, and left out where there is none.
        "boundaries": [
            [b.marks, b.pause] if b.pace is None else [b.marks, b.pause, b.pace] for b in utterance.boundaries
        ],
        "ends_paragraph": utterance.ends_paragraph,
    }


def utterance_from_dict(content: Mapping[str, Any]) -> Utterance:
    """Return the utterance of `utterance_to_dict`'s values. Raise ValueError, LookupError or TypeError for others."""
    return Utterance(
        tuple(Word(text, tuple(phonemes.split())) for text, phonemes in content["words"]),
        tuple(Boundary(*boundary) for boundary in content["boundaries"]),
        content.get("ends_paragraph", False),
    )
