"""The preparation of one recording: read, align, trim, convert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pngnat.audio import wav
from pngnat.data.align import SAMPLE_RATE, Aligner, AlignerConfig
from pngnat.data.checks import measure
from pngnat.data.corpus import Prepared, cut_dict
from pngnat.data.segments import trim, word_spans
from pngnat.data.sources import Source, safe_name
from pngnat.errors import PngnatError
from pngnat.stamps import digest
from pngnat.text.frontend import Frontend
from pngnat.text.g2p import Pronouncer
from pngnat.text.utterance import Boundary, Utterance
from pngnat.workers.pool import WorkerSettings


@dataclass(frozen=True, kw_only=True)
class PrepareOptions(WorkerSettings):
    """Settings of a preparation, for any source of recordings."""

    sample_rate: int = 24000
    """Sample rate of the written sound in Hz."""
    silence: float = 0.1
    """Longest silence at either end in seconds."""
    aligner: AlignerConfig = field(default_factory=AlignerConfig)
    """Settings of the aligner."""


@dataclass(frozen=True)
class PrepareConfig(PrepareOptions):
    """Settings of a preparation with its output."""

    out: Path
    """The folder of the corpus."""
    lexicon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pronunciations that take precedence over the dictionary, see `load_lexicon`."""

    @property
    def provenance(self) -> dict[str, Any]:
        """The settings that a resumed run must share with the interrupted one."""
        lexicon = digest(self.lexicon) if self.lexicon else None
        return {
            "sample_rate": self.sample_rate,
            "silence": self.silence,
            "lexicon": lexicon,
            "aligner": asdict(self.aligner),
        }


class Preparer:
    """A preparer of single recordings. Each worker has one."""

    def __init__(self, config: PrepareConfig) -> None:
        self.config = config
        self._frontend = Frontend(config.lexicon)
        self._aligner = Aligner(Pronouncer(config.lexicon).variants, config.aligner)

    def __call__(self, source: Source) -> dict[str, Any]:
        """Write the sound of a recording, and return its cut. Raise PngnatError if it cannot be used."""
        utterance = one_utterance(self._frontend.utterances(source.text))
        original, original_rate = self._read(source)
        mono = original.mean(axis=1)
        alignment = self._aligner.align(wav.resample(mono, original_rate, SAMPLE_RATE), utterance)
        rate = self.config.sample_rate
        samples = wav.resample(mono, original_rate, rate)
        first, count, segments = trim(alignment.segments, self.config.silence, rate)
        # Resampling may round the length the other way; silence replaces the missing sample.
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
    """Join all sentences of a recording to one utterance. Raise PngnatError for an empty text."""
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
