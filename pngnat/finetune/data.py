"""Data of a fine-tuning: the target's recordings in three splits, checked and aligned, and recordings of professionals."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pngnat.audio import wav
from pngnat.data.check_report import CheckSettings, check_corpus
from pngnat.data.corpus import SPLITS, Recording
from pngnat.data.prepare import PrepareConfig
from pngnat.data.prepare_shards import REPORT, prepare
from pngnat.data.recordings import read_corpus
from pngnat.data.sources import Skipped, Source, assign_splits, read_folder
from pngnat.errors import PngnatError
from pngnat.finetune.progress import Progress

# With fewer sentences, choices and figures are chance.
_LEAST_TEXTS = 6
# Fractions of the recordings. If more are left out, text and sound usually do not belong together.
_MANY, _TOO_MANY = 0.2, 0.5
# Number of reasons in a message.
_NAMED = 3


@dataclass(frozen=True)
class TargetData:
    """The target's recordings."""

    target: Path
    """Folder with sound files and a metadata.csv of lines `id|text`."""
    held_out: float = 0.08
    """Fraction of the texts for "valid", for choices, and the same for "test", for the card's figures; at least six
    texts each if that is at most a tenth. Neither is trained on."""
    minutes: float | None = None
    """Minutes of training recordings at most; null is all. Fewer minutes are a subset of more."""
    least: float = 1.0
    """Minutes of recordings that a voice needs at least."""


def target_sources(data: TargetData, speaker: str) -> tuple[list[Source], list[Skipped]]:
    """Return the recordings of `speaker` with their splits, and the lines of metadata.csv that cannot be used.

    The held-out recordings, and those beyond `minutes`, depend on texts and names alone; splits in metadata.csv take
    precedence. Raises PngnatError for too few recordings, and for several speakers.
    """
    sources, skipped = read_folder(data.target, speaker)
    speakers = sorted({source.speaker for source in sources})
    if len(speakers) > 1:
        raise PngnatError(
            f"{data.target} has recordings of {', '.join(speakers)}; a voice is made of one person's: keep the others "
            "out"
        )
    split = assign_splits([replace(source, speaker=speaker) for source in sources], data.held_out, _LEAST_TEXTS)
    missing = [name for name in SPLITS if name not in {source.split for source in split}]
    if missing:
        raise PngnatError(
            f"{data.target} has {len(sources)} recordings, none of them for '{missing[0]}'; ten or more are needed"
        )
    kept = _limited(split, data.minutes)
    seconds = speech_seconds([source for source in kept if source.split == "train"])
    if seconds < 60 * data.least:
        raise PngnatError(
            f"{data.target} has {seconds / 60:.1f} minutes to learn from; record {data.least:g} or more (five for a "
            "preview)"
        )
    return kept, skipped


def _limited(sources: Sequence[Source], minutes: float | None) -> list[Source]:
    """Return the recordings without those of the split "train" beyond `minutes`."""
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
    """Return the seconds of sound in these files; an unreadable file counts as none, and is named when it is prepared."""
    seconds = 0.0
    for source in sources:
        try:
            seconds += wav.duration(source.path)
        except PngnatError:
            continue
    return seconds


def prepare_target(
    sources: Sequence[Source], skipped: Sequence[Skipped], config: PrepareConfig, least: float, progress: Progress
) -> Mapping[str, Any]:
    """Prepare the recordings in `config.out`, write a report of warnings to `checks`, and return minutes by split and
    counts.

    least: minutes that a voice needs. Raises PngnatError if too little is left, or most recordings could not be used.
    """
    report = prepare(sources, skipped, config, progress.share)
    checked = check_corpus(CheckSettings(config.out, config.out / "checks"))
    if checked and checked.warned:
        where = config.out / "checks" / "checks.txt"
        progress.say(f"{checked.warned} recordings have warnings; see {where}")
    minutes = {split: round(part["seconds"] / 60, 2) for split, part in report["splits"].items()}
    progress.say(", ".join(f"{split} {value:.1f} min" for split, value in minutes.items()))
    lost = what_is_lost(report, minutes, least)
    if lost:
        progress.say(f"{lost}; see {config.out / REPORT}")
    return {"minutes": minutes, "left out": report["left out"], "warnings": checked.warned if checked else 0}


def what_is_lost(report: Mapping[str, Any], minutes: Mapping[str, float], least: float) -> str:
    """Return a message about the recordings that were left out, or an empty one. report: of `prepare`. minutes: of each
    split.

    Raises PngnatError if too little is left.
    """
    count = report["left out"] + report["prepared"]
    lost = (
        f"{report['left out']} of {count} recordings could not be used ({_reasons(report['failed'])})"
        if report["left out"]
        else ""
    )
    if report["left out"] > _TOO_MANY * count:
        raise PngnatError(f"{lost}; put the texts or the sounds right")
    missing = [split for split in ("train", "valid", "test") if not minutes.get(split)]
    if missing:
        raise PngnatError(f"no recording for '{missing[0]}' could be used: {lost or 'record more'}")
    if minutes["train"] < least:
        why = f", since {lost}" if lost else ", once silent ends are cut off"
        raise PngnatError(
            f"there are {minutes['train']:.1f} minutes to learn from{why}; {least:g} or more are needed (five for a "
            "preview)"
        )
    return f"warning: {lost}" if report["left out"] > _MANY * count else lost


def _reasons(failed: Sequence[Mapping[str, str]]) -> str:
    """Return the most common reasons, each with its count and an example."""
    first: dict[str, str] = {}
    for one in failed:
        first.setdefault(one["reason"], one["id"])
    found = Counter(one["reason"] for one in failed)
    named = [f"{reason} ({count}, as {first[reason]})" for reason, count in found.most_common(_NAMED)]
    return "; ".join([*named, *(["other reasons"] if len(found) > _NAMED else [])])


def read_professionals(folders: Sequence[str | Path], known: Sequence[str]) -> list[Recording]:
    """Return the training recordings of prepared corpora, with names that are unique across corpora.

    known: the base voice's speakers. Raises PngnatError for a corpus with an unknown speaker.
    """
    recordings = []
    for folder in folders:
        for recording in read_corpus(folder, "train"):
            if recording.speaker not in known:
                raise PngnatError(
                    f"{folder} has the speaker '{recording.speaker}', whom the base voice does not know "
                    f"({', '.join(known)})"
                )
            recordings.append(replace(recording, id=f"{Path(folder).name}-{recording.id}"))
    return recordings


def mixed(target: Sequence[Recording], professionals: Sequence[Recording], share: float) -> list[Recording]:
    """Return the recordings of one epoch: the professionals' once, and the target's repeated so that the professionals
    have about the fraction `share` of the duration. Without professionals, or with a share of 0, all are the target's.
    """
    if not professionals or share <= 0:
        return list(target)
    own, others = (sum(recording.seconds for recording in part) for part in (target, professionals))
    times = max(1, round(others * (1 - share) / (share * own)))
    return [*professionals, *list(target) * times]
