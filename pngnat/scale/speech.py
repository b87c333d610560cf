"""Speech in bulk: shards of lines to shards of sound, with a manifest of the times of words and phonemes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pngnat.data.remote_files import size_of
from pngnat.data.shar import UNFINISHED, shar_shard
from pngnat.errors import PngnatError
from pngnat.files import make_folder, write_text
from pngnat.scale.lines import Line, Lines, read_lines, split_lines
from pngnat.stamps import check_stamp, digest
from pngnat.workers.pool import Workers
from pngnat.workers.sharded import compute_missing

SHAR, REPORTS = "shar", "reports"
# Lossless, or with a tenth of the bytes.
FORMATS = ("flac", "opus")


@dataclass(frozen=True)
class BulkSpeech:
    """Settings of a bulk synthesis."""

    texts: tuple[str, ...]
    """Files of lines, see `split_lines`."""
    out: Path
    """The output folder: shar/ has sounds and manifest, reports/ the lines that could not be spoken."""
    voice: str | None = None
    """Voice, as for `synthesize`."""
    vocoder: str | None = None
    """Vocoder, as for `load_voice`."""
    engine: str | None = None
    """Engine, as for `load_voice`."""
    device: str | None = None
    """Device, as for `load_voice`."""
    threads: int | None = None
    """Threads of each worker."""
    batch_size: int = 1
    """Sentences in a batch of the models."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of `synthesize`, the same for all lines."""
    format: str = "flac"
    """One of FORMATS."""
    lines: int = 1000
    """Lines of a shard: the most that a killed worker loses."""

    @property
    def provenance(self) -> dict[str, Any]:
        """The settings that runs into one folder must share. The voice is resolved from its name."""
        from pngnat.voice.card import CARD, find_voice

        voice = digest(find_voice(self.voice).resolve() / CARD)
        texts = {Path(path).name: size_of(path) for path in self.texts}
        # Options that are off are left out, so that a run of an older version without the option continues.
        options = {name: str(value) for name, value in self.options.items() if value is not None and value is not False}
        return {
            "texts": texts,
            "voice": voice,
            "vocoder": self.vocoder,
            "options": options,
            "format": self.format,
            "lines": self.lines,
        }


@dataclass
class ShardReport:
    """Report of a shard."""

    spoken: int = 0
    seconds: float = 0.0
    """Seconds of sound."""
    wall: float = 0.0
    """Seconds of computation."""
    failed: list[dict[str, str]] = field(default_factory=list)
    """Lines that cannot be spoken: id and reason."""


@dataclass
class Total:
    """Report of all lines of a partition."""

    lines: int = 0
    failed: int = 0
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)
    """Shards that failed, with the reason; the same command tries them again."""


def speak_in_bulk(work: BulkSpeech, workers: Workers, on_shard: Callable[[ShardReport], None] | None = None) -> Total:
    """Synthesize the missing lines of this partition, and return the report of all.

    on_shard: receives the report of each complete shard. The same call continues a stopped one; several calls may run
    at once, on one partition or several. Raises PngnatError for impossible settings, and for another run's settings.
    """
    if work.format not in FORMATS:
        raise PngnatError(f"'{work.format}' is not a format for shards; use one of {', '.join(FORMATS)}")
    if work.lines < 1:
        raise PngnatError(f"a shard has 1 line or more, and not {work.lines}")
    check_stamp(make_folder(work.out), work.provenance)
    for name in (SHAR, REPORTS):
        make_folder(work.out / name)
    total, shards = Total(), list(split_lines(work.texts, work.lines))
    there = {shard.number: _report(work.out, shard.number) for shard in workers.own_shards(shards)}
    for report in filter(None, there.values()):
        _count(total, report, on_shard)
    for shard, result in compute_missing(
        SpeechWorker, (work,), shards, workers, lambda shard: there[shard.number] is not None
    ):
        if isinstance(result, ShardReport):
            _count(total, result, on_shard)
        else:
            total.lost.append(f"shard {shard.number}: {result}")
    if all(_place(work.out, shard.number).is_file() for shard in shards):
        # Remains of killed workers.
        shutil.rmtree(work.out / UNFINISHED, ignore_errors=True)
    return total


def _count(total: Total, report: ShardReport, on_shard: Callable[[ShardReport], None] | None) -> None:
    total.lines += report.spoken + len(report.failed)
    total.failed += len(report.failed)
    total.seconds += report.seconds
    if on_shard:
        on_shard(report)


class SpeechWorker:
    """A worker that synthesizes shards."""

    def __init__(self, work: BulkSpeech) -> None:
        from pngnat.engine.loading import load_voice

        self.work = work
        self.voice = load_voice(work.voice, work.vocoder, work.engine, work.device, work.threads)

    def __call__(self, shard: Lines) -> ShardReport:
        """Synthesize a shard, and return its report, which is written last: a shard with a report is complete."""
        if (report := _report(self.work.out, shard.number)) is not None:
            return report  # somebody else was quicker
        from pngnat.synthesis.synthesize import each_result

        report, begun = ShardReport(), time.monotonic()
        lines = read_lines(shard)
        good = [line for line in lines if not line.error]
        spoken = each_result(
            [line.text for line in good], self.voice, batch_size=self.work.batch_size, **self.work.options
        )
        report.failed += [{"id": line.id, "reason": line.error} for line in lines if line.error]
        with shar_shard(self.work.out / SHAR, shard.number) as add:
            for line, result in zip(good, spoken, strict=True):
                if isinstance(result, PngnatError):
                    report.failed.append({"id": line.id, "reason": str(result)})
                else:
                    self._add(add, line, result)
                    report.spoken += 1
                    report.seconds += result.duration
        report.wall = round(time.monotonic() - begun, 3)
        write_text(_place(self.work.out, shard.number), json.dumps(asdict(report), ensure_ascii=False))
        return report

    def _add(self, add: Callable, line: Line, speech: Any) -> None:
        from pngnat.audio.sound_writer import encoded

        ending = f".{self.work.format}"
        add(speech_cut(line, speech), encoded(speech.samples, ending, speech.sample_rate, speech.tags), ending)


def speech_cut(line: Line, speech: Any) -> dict[str, Any]:
    """Return a line's speech as a lhotse MonoCut. The supervision's text is the spoken text; `custom` has the line as
    written."""
    seconds = speech.duration
    alignment = {
        "word": [[word.text, word.start, round(word.end - word.start, 6), None] for word in speech.words],
        "phoneme": [[one.symbol, one.start, round(one.duration, 6), None] for one in speech.phonemes],
    }
    supervision = {
        "id": line.id,
        "recording_id": line.id,
        "start": 0.0,
        "duration": seconds,
        "channel": 0,
        "text": speech.normalized_text,
        "speaker": speech.speaker,
        "custom": {"written": line.text, "voice": speech.voice, "skipped": speech.skipped},
        "alignment": alignment,
    }
    recording = {
        "id": line.id,
        "sources": [],
        "sampling_rate": speech.sample_rate,
        "num_samples": len(speech.samples),
        "duration": seconds,
        "channel_ids": [0],
    }
    return {
        "id": line.id,
        "start": 0.0,
        "duration": seconds,
        "channel": 0,
        "supervisions": [supervision],
        "recording": recording,
        "type": "MonoCut",
    }


def _place(out: Path, number: int) -> Path:
    return out / REPORTS / f"{number:06d}.json"


def _report(out: Path, number: int) -> ShardReport | None:
    """Return the report of a complete shard, or None."""
    try:
        return ShardReport(**json.loads(_place(out, number).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise PngnatError(
            f"{_place(out, number)}: is damaged ({error}); remove it, and the shard is made again"
        ) from error
