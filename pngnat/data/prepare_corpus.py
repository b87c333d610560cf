"""A corpus that lies somewhere, its own layout or a public one's, to a prepared corpus."""

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
    """Which recordings to prepare, and how."""

    path: Path
    """Where the recordings are."""
    out: Path
    """The folder to make."""
    corpus: str = "folder"
    """folder (sound files and a metadata.csv), or a public corpus: ljspeech, libritts, librittsr, vctk, cmu_arctic."""
    speaker: str | None = None
    """Name of the speaker where the corpus gives none; null is the folder's name."""
    held_out: float = 0.025
    """Share of the texts for "valid", and as much for "test", where the corpus has no splits."""
    lexicon: Path | None = None
    """File of pronunciations that win over the dictionary."""


def prepare_corpus(settings: CorpusSettings) -> dict[str, Any] | None:
    """Prepare the corpus, or a share of it; returns the report, see `prepare_shards.prepare`, None while other shares
    are missing.

    Raises PngnatError for an unknown corpus or one that cannot be read.
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
