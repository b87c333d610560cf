"""What a fine-tuning learns from and what it keeps out: the target's recordings in three parts, and professionals' beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pngnat.audio import wav
from pngnat.data.corpus import Recording, read_corpus
from pngnat.data.sources import SPLITS, Skipped, Source, assign_splits, read_folder
from pngnat.errors import PngnatError

# With fewer sentences, choices and figures hang on chance.
_LEAST_TEXTS = 6


@dataclass(frozen=True)
class TargetData:
    """The target's recordings.

    folder: sound files with a metadata.csv. held_out: share of the texts that goes to "valid", for choices, and as much to "test", for the
    figures of the card, six to each at least where that is no more than a tenth; neither is trained on.
    minutes: how much of "train" to use at most, None for all; fewer minutes are always a part of more.
    least: minutes below which no voice can be made.
    """

    folder: Path
    held_out: float = 0.08
    minutes: float | None = None
    least: float = 1.0


def target_sources(data: TargetData, speaker: str) -> tuple[list[Source], list[Skipped]]:
    """The recordings to prepare as `speaker`'s, with their splits, and the lines of metadata.csv that cannot be used.

    Which recordings are kept out, and which are left away for the sake of `minutes`, hangs on their texts and names alone; splits in
    metadata.csv win. Raises PngnatError where there is too little, or where several people speak.
    """
    sources, skipped = read_folder(data.folder, speaker)
    speakers = sorted({source.speaker for source in sources})
    if len(speakers) > 1:
        raise PngnatError(f"{data.folder} has recordings of {', '.join(speakers)}; a voice is made of one person's: keep the others out")
    split = assign_splits([replace(source, speaker=speaker) for source in sources], data.held_out, _LEAST_TEXTS)
    missing = [name for name in SPLITS if name not in {source.split for source in split}]
    if missing:
        raise PngnatError(f"{data.folder} has {len(sources)} recordings, none of them for '{missing[0]}'; ten or more are needed")
    kept = _limited(split, data.minutes)
    seconds = speech_seconds([source for source in kept if source.split == "train"])
    if seconds < 60 * data.least:
        raise PngnatError(f"{data.folder} has {seconds / 60:.1f} minutes to learn from; record {data.least:g} or more (five for a preview)")
    return kept, skipped


def _limited(sources: Sequence[Source], minutes: float | None) -> list[Source]:
    """Without those recordings of the split "train" that go beyond `minutes`."""
    if minutes is None:
        return list(sources)
    train = [source for source in sources if source.split == "train"]
    chosen, seconds = set(), 0.0
    for source in sorted(train, key=lambda source: hashlib.sha256(f"use {source.id}".encode()).digest()):
        seconds += speech_seconds([source])
        if seconds > 60 * minutes:
            break
        chosen.add(source.id)
    return [source for source in sources if source.split != "train" or source.id in chosen]


def speech_seconds(sources: Sequence[Source]) -> float:
    """Seconds of sound in these files; a file that cannot be read has none, and is named when it is prepared."""
    seconds = 0.0
    for source in sources:
        try:
            seconds += wav.duration(source.path)
        except PngnatError:
            continue
    return seconds


def read_professionals(folders: Sequence[str | Path], known: Sequence[str]) -> list[Recording]:
    """The training recordings of prepared corpora, under names that no other corpus has.

    known: the base voice's speakers. Raises PngnatError for a corpus with a speaker that the voice does not know.
    """
    recordings = []
    for folder in folders:
        for recording in read_corpus(folder, "train"):
            if recording.speaker not in known:
                raise PngnatError(f"{folder} has the speaker '{recording.speaker}', whom the base voice does not know ({', '.join(known)})")
            recordings.append(replace(recording, id=f"{Path(folder).name}-{recording.id}"))
    return recordings


def mixed(target: Sequence[Recording], professionals: Sequence[Recording], share: float) -> list[Recording]:
    """What one pass of the training sees: the professionals' recordings once, and the target's so often that the professionals have about
    `share` of the time. All of it is the target's where there are no professionals or the share is 0."""
    if not professionals or share <= 0:
        return list(target)
    own, others = (sum(recording.seconds for recording in part) for part in (target, professionals))
    times = max(1, round(others * (1 - share) / (share * own)))
    return [*professionals, *list(target) * times]
