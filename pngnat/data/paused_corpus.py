"""A copy of a prepared corpus with pauses as its texts request them."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pngnat.audio import wav
from pngnat.data.corpus import Recording, write_manifest
from pngnat.data.pauses import PauseRules, change_pauses, changed_cut, pause_changes
from pngnat.data.recordings import cut_lines, read_corpus
from pngnat.data.sources import plain_text, safe_name
from pngnat.errors import PngnatError


@dataclass(frozen=True)
class PauseSettings:
    """Settings of a paused corpus."""

    path: Path
    """A prepared corpus."""
    out: Path
    """The new corpus."""
    without: tuple[Path, ...] = ()
    """Files of test sentences, which must not be in the training data."""
    most: int | None = None
    """Largest number of changes in a recording; recordings with more are left out. null is no limit."""
    rules: PauseRules = field(default_factory=PauseRules)
    """Durations of pauses."""


def change_corpus(settings: PauseSettings) -> dict[str, int]:
    """Write the new corpus, and return counts. Raise PngnatError if it would replace the old one."""
    path, out, rules = settings.path, settings.out, settings.rules
    if out.resolve() == path.resolve():
        raise PngnatError(f"{out} is the corpus itself; name another folder with out=")
    recordings = read_corpus(path)
    without = {plain_text(text) for name in settings.without for text in name.read_text(encoding="utf-8").splitlines()}
    counts: Counter[str] = Counter()
    cuts: list[dict] = []
    for line, recording in tqdm(
        zip(cut_lines(path), recordings, strict=True), total=len(recordings), unit="rec", disable=None
    ):
        cut = json.loads(line)
        if plain_text(recording.utterance.text) in without:
            counts["left out by their text"] += 1
            continue
        rate = cut["recording"]["sampling_rate"]
        changes = pause_changes(recording.utterance, recording.durations, recording.id, rate, rules)
        if settings.most is not None and len(changes) > settings.most:
            counts["left out with too many"] += 1
            continue
        source = (
            f"audio/{safe_name(recording.speaker)}/{recording.id}.flac"
            if recording.span
            else cut["recording"]["sources"][0]["source"]
        )
        cut["recording"]["sources"] = [{"type": "file", "channels": [0], "source": source}]
        if changes or recording.span:
            samples = recording.sound(rate)
            _write(out / source, change_pauses(samples, _borders(recording, rate), changes, rate), rate)
            cut = changed_cut(cut, changes, rate)
        else:
            _link(recording.path, out / source)
        counts["recordings"] += 1
        counts["changed"] += bool(changes)
        counts["pauses"] += len(changes)
        cuts.append(cut)
    write_manifest(out, cuts)
    return dict(counts)


def _borders(recording: Recording, rate: int) -> np.ndarray:
    return np.rint(np.cumsum([0.0, *recording.durations], dtype=np.float64) * rate).astype(np.int64)


def _write(path: Path, samples: np.ndarray, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Do not write through an earlier run's link to the original sound.
    path.unlink(missing_ok=True)
    wav.write(path, samples, rate)


def _link(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    to.unlink(missing_ok=True)
    try:
        os.link(path, to)
    except OSError:
        shutil.copyfile(path, to)
