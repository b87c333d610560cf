"""Recordings and texts to a prepared corpus: read, align, trim, convert, in parallel, and again from where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.audio import wav
from pngnat.data.align import SAMPLE_RATE, Aligner, AlignerConfig
from pngnat.data.checks import measure
from pngnat.data.corpus import Prepared, cut_dict, write_manifest
from pngnat.data.parallel import run
from pngnat.data.segments import trim, word_spans
from pngnat.data.sources import Skipped, Source, safe_name
from pngnat.errors import PngnatError
from pngnat.files import write_text
from pngnat.stamps import digest, keep
from pngnat.text.frontend import Frontend
from pngnat.text.g2p import Pronouncer
from pngnat.text.utterance import Boundary, Utterance

PROGRESS = "progress.jsonl"
REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """How to prepare a corpus, wherever its recordings come from."""

    sample_rate: int = 24000
    """Hz of the sound written."""
    silence: float = 0.1
    """Seconds that remain at most at both ends."""
    aligner: AlignerConfig = field(default_factory=AlignerConfig)
    """How to align."""
    workers: int = 1
    """Processes that align."""


@dataclass(frozen=True)
class PrepareConfig(PrepareOptions):
    """What to prepare, and how."""

    out: Path
    """The folder to make."""
    lexicon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pronunciations that win over the dictionary, see `load_lexicon`."""

    @property
    def made_of(self) -> dict[str, Any]:
        """What an interrupted run must have in common with the one that goes on."""
        lexicon = digest(self.lexicon) if self.lexicon else None
        return {"sample_rate": self.sample_rate, "silence": self.silence, "lexicon": lexicon, "aligner": asdict(self.aligner)}


class Preparer:
    """Prepares one recording at a time. Each worker process has one."""

    def __init__(self, config: PrepareConfig) -> None:
        self.config = config
        self._frontend = Frontend(config.lexicon)
        self._aligner = Aligner(Pronouncer(config.lexicon).variants, config.aligner)

    def __call__(self, source: Source) -> dict[str, Any]:
        """The recording as a cut, its sound written. Raises PngnatError where it cannot be used."""
        utterance = one_utterance(self._frontend.utterances(source.text))
        original, original_rate = self._read(source)
        mono = original.mean(axis=1)
        alignment = self._aligner.align(wav.resample(mono, original_rate, SAMPLE_RATE), utterance)
        rate = self.config.sample_rate
        samples = wav.resample(mono, original_rate, rate)
        first, count, segments = trim(alignment.segments, self.config.silence, rate)
        # Resampling may round the length the other way; the missing sample is silence.
        samples = np.pad(samples, (0, max(0, first + count - len(samples))))[first : first + count]
        place = Path("audio") / safe_name(source.speaker) / f"{safe_name(source.id)}.flac"
        (self.config.out / place.parent).mkdir(parents=True, exist_ok=True)
        wav.write(self.config.out / place, samples, rate)
        silences = alignment.segments[0].duration, alignment.segments[-1].duration
        return cut_dict(
            Prepared(
                id=safe_name(source.id),
                speaker=source.speaker,
                split=source.split,
                source=place.as_posix(),
                sample_rate=rate,
                samples=count,
                utterance=alignment.utterance,
                segments=segments,
                words=word_spans(alignment.utterance, segments, [word.score for word in alignment.words]),
                measures={**measure(original, original_rate, *silences), "original": str(source.path)},
            )
        )

    def _read(self, source: Source) -> tuple[np.ndarray, int]:
        samples, rate = wav.read_as_is(source.path)
        first = round(source.start * rate)
        last = len(samples) if source.duration is None else first + round(source.duration * rate)
        if first >= len(samples):
            raise PngnatError(f"{source.path}: ends before {source.start:.2f} s, where the recording should begin")
        return samples[first:last], rate


def one_utterance(utterances: Iterable[Utterance]) -> Utterance:
    """All sentences of a recording as one utterance. Raises PngnatError where there is nothing to say."""
    parts = list(utterances)
    if not parts:
        raise PngnatError("the text has nothing that can be spoken")
    words = tuple(word for part in parts for word in part.words)
    boundaries = list(parts[0].boundaries)
    for part in parts[1:]:
        before, after = boundaries.pop(), part.boundaries[0]
        marks = f"{before.marks.rstrip()} {after.marks.lstrip()}" if before.marks.strip() or after.marks.strip() else ""
        boundaries += [Boundary(marks, before.pause or after.pause), *part.boundaries[1:]]
    return Utterance(words, tuple(boundaries), parts[-1].ends_paragraph)


def prepare(
    sources: Sequence[Source], skipped: Sequence[Skipped], config: PrepareConfig, on_share: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """Prepare a corpus in `config.out` and return its report (also written there): how many, how long, who is left out and why.

    on_share: is told how much is done, 0 to 1. A run that was stopped goes on where it was. Raises PngnatError where no recording at all
    could be used, or where the folder was begun with other settings.
    """
    from tqdm import tqdm

    keep(config.out, config.made_of)
    done = _resume(config.out / PROGRESS)
    todo = [source for source in sources if safe_name(source.id) not in done]
    with open(config.out / PROGRESS, "a", encoding="utf-8") as progress:
        results = run(Preparer, (config,), todo, config.workers)
        # Who is told shares has a bar of their own; None leaves it out where nobody looks.
        title, hidden = f"preparing {config.out.name}", True if on_share else None
        for source, result in tqdm(results, title, len(todo), unit="rec", dynamic_ncols=True, disable=hidden):
            entry = _entry(source, result)
            done[entry["id"]] = entry
            if not entry.get("unexpected"):
                progress.write(json.dumps(entry, ensure_ascii=False) + "\n")
                progress.flush()
            if on_share:
                on_share(len(done) / len(sources))
    entries = [done[safe_name(source.id)] for source in sources]
    cuts = [{**entry["cut"]} for entry in entries if "cut" in entry]
    failed = [asdict(item) for item in skipped] + [entry for entry in entries if "reason" in entry]
    report = _report(cuts, failed)
    write_text(config.out / REPORT, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if not cuts:
        reasons = "; ".join(f"{item['id']}: {item['reason']}" for item in failed[:3])
        raise PngnatError(f"none of {len(failed)} recordings could be used ({reasons or 'the corpus is empty'})")
    write_manifest(config.out, cuts)
    return report


def _entry(source: Source, result: dict[str, Any] | Exception) -> dict[str, Any]:
    """A line of the progress file; what is unexpected is not written there, so that the next run tries it again."""
    name = safe_name(source.id)
    if isinstance(result, PngnatError):
        return {"id": name, "reason": str(result)}
    if isinstance(result, Exception):
        return {"id": name, "reason": f"{type(result).__name__}: {result}", "unexpected": True}
    return {"id": name, "cut": result}


def _resume(path: Path) -> dict[str, Any]:
    """What an earlier run has done, by id."""
    done = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # the line that was being written when the run was stopped
        done[entry["id"]] = entry
    return done


def _report(cuts: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    splits: dict[str, dict[str, float]] = {}
    converted = {"resampled": 0, "mixed to mono": 0}
    for cut in cuts:
        custom = cut["supervisions"][0]["custom"]
        split = splits.setdefault(custom["split"], {"recordings": 0, "seconds": 0.0})
        split["recordings"] += 1
        split["seconds"] = round(split["seconds"] + cut["duration"], 3)
        converted["resampled"] += custom["measures"]["sample_rate"] != cut["recording"]["sampling_rate"]
        converted["mixed to mono"] += custom["measures"]["channels"] > 1
    speakers = sorted({cut["supervisions"][0]["speaker"] for cut in cuts})
    return {
        "prepared": len(cuts),
        "left out": len(failed),
        "speakers": speakers,
        "splits": splits,
        "converted": converted,
        "failed": list(failed),
    }
