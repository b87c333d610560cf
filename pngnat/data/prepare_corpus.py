"""The preparation of a corpus in its own layout, or in that of a public corpus."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pngnat.data.prepare import PrepareConfig, PrepareOptions
from pngnat.data.prepare_shards import Preparation
from pngnat.data.public_corpora import read_public
from pngnat.data.sources import assign_splits, read_folder
from pngnat.text.lexicon import load_lexicon
from pngnat.workers.pool import WorkerSettings


@dataclass(frozen=True)
class CorpusSettings(PrepareOptions):
    """Settings of the preparation of a corpus."""

    path: Path
    """Folder of the recordings."""
    out: Path
    """The folder of the prepared corpus."""
    corpus: str = "folder"
    """folder (sound files and a metadata.csv), or a public corpus: ljspeech, libritts, librittsr, vctk, cmu_arctic."""
    speaker: str | None = None
    """Speaker of a corpus without speakers; null is the folder's name."""
    held_out: float = 0.025
    """Fraction of the texts for "valid", and the same for "test", for a corpus without splits."""
    lexicon: Path | None = None
    """File of pronunciations that take precedence over the dictionary."""


def prepare_corpus(settings: CorpusSettings) -> dict[str, Any] | None:
    """Prepare a corpus, or a partition of it; return the report of `prepare_shards.prepare`, or None while shards of
    other partitions are missing.

    Raises PngnatError for an unknown corpus, or one that cannot be read.
    """
    if settings.corpus == "folder":
        sources, skipped = read_folder(settings.path, settings.speaker)
    else:
        sources, skipped = read_public(settings.corpus, settings.path)
    config = PrepareConfig(
        settings.out,
        load_lexicon(settings.lexicon) if settings.lexicon else {},
        sample_rate=settings.sample_rate,
        silence=settings.silence,
        aligner=settings.aligner,
        **{one.name: getattr(settings, one.name) for one in fields(WorkerSettings)},
    )
    preparation = Preparation(assign_splits(sources, settings.held_out), config)
    preparation.make()
    return preparation.join(skipped) if preparation.is_complete() else None
