"""What a fine-tuning learns from and what it keeps out: the target's recordings in three parts, checked and aligned,
and professionals'."""

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

# With fewer sentences, choices and figures are left to chance.
_LEAST_TEXTS = 6
# Shares of the recordings. Where more is left out than this, text and sound as a rule do not belong together.
_MANY, _TOO_MANY = 0.2, 0.5
# Reasons that are named.
_NAMED = 3


@dataclass(frozen=True)
class TargetData:
    """The target's recordings."""

    target: Path
    """Folder with sound files and a metadata.csv of lines `id|text`."""
    held_out: float = 0.08
    """Share of the texts that goes to "valid", for choices, and as much to "test", for the figures of the card, six to
    each at least where that is no more than a tenth; neither is trained on."""
    minutes: float | None = None
    """Most minutes of recordings to learn from, null for all; fewer minutes are always a part of more."""
    least: float = 1.0
    """Minutes without which no voice is made."""


def target_sources(data: TargetData, speaker: str) -> tuple[list[Source], list[Skipped]]:
    """The recordings to prepare as `speaker`'s, with their splits, and the lines of metadata.csv that cannot be used.

    Which recordings are kept out, and which are left away for the sake of `minutes`, depends only on their texts and
    names; splits in metadata.csv win. Raises PngnatError where there is too little, or where several people speak."""
    sources, skipped = read_folder(data.target, speaker)
    speakers = sorted({source.speaker for source in sources})
    if len(speakers) > 1:
        raise PngnatError(
            f"{data.target} has recordings of {', '.join(speakers)}; a voice is made of one person's: keep the others out"
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
            f"{data.target} has {seconds / 60:.1f} minutes to learn from; record {data.least:g} or more (five for a preview)"
        )
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


def prepare_target(
    sources: Sequence[Source], skipped: Sequence[Skipped], config: PrepareConfig, least: float, progress: Progress
) -> Mapping[str, Any]:
    """Prepare the recordings in `config.out`, with a report of what to look at in `checks`, and say how much came of
    them.

    least: minutes below which no voice can be made. Returns minutes by split, and counts.
    Raises PngnatError where too little is left to learn from, or most recordings could not be used.
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
    """What to say of the recordings that were left out, nothing where there are none. report: of `prepare`. minutes: of
    each split.

    Raises PngnatError where too little is left.
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
            f"there are {minutes['train']:.1f} minutes to learn from{why}; {least:g} or more are needed (five for a preview)"
        )
    return f"warning: {lost}" if report["left out"] > _MANY * count else lost


def _reasons(failed: Sequence[Mapping[str, str]]) -> str:
    """The commonest ones, each with how often and an example."""
    first: dict[str, str] = {}
    for one in failed:
        first.setdefault(one["reason"], one["id"])
    found = Counter(one["reason"] for one in failed)
    named = [f"{reason} ({count}, as {first[reason]})" for reason, count in found.most_common(_NAMED)]
    return "; ".join([*named, *(["other reasons"] if len(found) > _NAMED else [])])


def read_professionals(folders: Sequence[str | Path], known: Sequence[str]) -> list[Recording]:
    """The training recordings of prepared corpora, under names that no other corpus has.

    known: the base voice's speakers. Raises PngnatError for a corpus with a speaker that the voice does not know.
    """
    recordings = []
    for folder in folders:
        for recording in read_corpus(folder, "train"):
            if recording.speaker not in known:
                raise PngnatError(
                    f"{folder} has the speaker '{recording.speaker}', whom the base voice does not know ({', '.join(known)})"
                )
            recordings.append(replace(recording, id=f"{Path(folder).name}-{recording.id}"))
    return recordings


def mixed(target: Sequence[Recording], professionals: Sequence[Recording], share: float) -> list[Recording]:
    """What one pass of the training sees: the professionals' recordings once, and the target's so often that the
    professionals have about `share` of the time. All of it is the target's where there are no professionals or the
    share is 0."""
    if not professionals or share <= 0:
        return list(target)
    own, others = (sum(recording.seconds for recording in part) for part in (target, professionals))
    times = max(1, round(others * (1 - share) / (share * own)))
    return [*professionals, *list(target) * times]
