"""The first stage of a fine-tuning: the recordings checked and aligned, and whether enough of them is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pngnat.data.check_report import write_report
from pngnat.data.checks import check
from pngnat.data.corpus import read_corpus
from pngnat.data.prepare import REPORT, PrepareConfig, prepare
from pngnat.data.sources import Skipped, Source
from pngnat.errors import PngnatError
from pngnat.finetune.progress import Progress

# Shares of the recordings. Where more is left out than this, text and sound as a rule do not belong together.
_MANY, _TOO_MANY = 0.2, 0.5
# Reasons that are named.
_NAMED = 3


def prepare_target(
    sources: Sequence[Source], skipped: Sequence[Skipped], config: PrepareConfig, least: float, progress: Progress
) -> Mapping[str, Any]:
    """Prepare the recordings in `config.out`, with a report of what to look at in `checks`, and say how much came of them.

    least: minutes below which no voice can be made. Returns minutes by split, and counts.
    Raises PngnatError where too little is left to learn from, or most recordings could not be used.
    """
    report = prepare(sources, skipped, config, progress.share)
    recordings = read_corpus(config.out)
    warnings = check(recordings)
    write_report(config.out / "checks", recordings, warnings)
    if warnings:
        where = config.out / "checks" / "checks.txt"
        progress.say(f"{len({warned.id for warned in warnings})} recordings have warnings; see {where}")
    minutes = {split: round(part["seconds"] / 60, 2) for split, part in report["splits"].items()}
    progress.say(", ".join(f"{split} {value:.1f} min" for split, value in minutes.items()))
    lost = judge(report, minutes, least)
    if lost:
        progress.say(f"{lost}; see {config.out / REPORT}")
    return {"minutes": minutes, "left out": report["left out"], "warnings": len(warnings)}


def judge(report: Mapping[str, Any], minutes: Mapping[str, float], least: float) -> str:
    """What to say of the recordings that were left out, nothing where there are none. report: of `prepare`. minutes: of each split.

    Raises PngnatError where too little is left.
    """
    count = report["left out"] + report["prepared"]
    lost = f"{report['left out']} of {count} recordings could not be used ({_reasons(report['failed'])})" if report["left out"] else ""
    if report["left out"] > _TOO_MANY * count:
        raise PngnatError(f"{lost}; put the texts or the sounds right")
    missing = [split for split in ("train", "valid", "test") if not minutes.get(split)]
    if missing:
        raise PngnatError(f"no recording for '{missing[0]}' could be used: {lost or 'record more'}")
    if minutes["train"] < least:
        why = f", since {lost}" if lost else ", once silent ends are cut off"
        raise PngnatError(f"there are {minutes['train']:.1f} minutes to learn from{why}; {least:g} or more are needed (five for a preview)")
    return f"warning: {lost}" if report["left out"] > _MANY * count else lost


def _reasons(failed: Sequence[Mapping[str, str]]) -> str:
    """The commonest ones, each with how often and an example."""
    first: dict[str, str] = {}
    for one in failed:
        first.setdefault(one["reason"], one["id"])
    found = Counter(one["reason"] for one in failed)
    named = [f"{reason} ({count}, as {first[reason]})" for reason, count in found.most_common(_NAMED)]
    return "; ".join([*named, *(["other reasons"] if len(found) > _NAMED else [])])
